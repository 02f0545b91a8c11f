"""Commands that talk to the model: stop, retry, continue, switch, sum up."""

from chatapp.commands.command import Command, CommandContext
from chatapp.core.messages import ModelRef


def _is_busy(context: CommandContext) -> bool:
    return context.session.is_busy


def _can_retry(context: CommandContext) -> bool:
    return context.session.can_retry


def _can_continue(context: CommandContext) -> bool:
    return context.session.can_continue


def _stop(context: CommandContext, _argument: str) -> None:
    context.session.stop()


def _retry(context: CommandContext, _argument: str) -> None:
    context.session.retry()


def _continue(context: CommandContext, _argument: str) -> None:
    context.session.continue_reply()


def _can_compact(context: CommandContext) -> bool:
    return context.session.can_compact


def _compact(context: CommandContext, _argument: str) -> None:
    context.session.compact()


def _model(context: CommandContext, argument: str) -> None:
    if not argument:
        context.open_model_picker()
        return
    endpoint, slash, model = argument.partition("/")
    if not slash or endpoint not in context.endpoint_names:
        endpoint, model = context.session.conversation.model.endpoint, argument
    context.select_model(ModelRef(endpoint, model))


STOP = Command(
    name="stop",
    help="Stop the reply; what arrived stays.",
    run=_stop,
    keys=("escape",),
    label="stop",
    is_available=_is_busy,
    why_not="no reply is streaming",
)
INTERRUPT = Command(
    name="interrupt",
    help=STOP.help,
    run=_stop,
    keys=("ctrl+c",),
    label=STOP.label,
    is_available=_is_busy,
    why_not=STOP.why_not,
)
"""What the bottom line shows where the key of STOP is another's: a key that always stops.

None of the `COMMANDS`, for the key means more than that: see `chatapp.ui.interrupt`.
"""

RETRY = Command(
    name="retry",
    help="Answer the last message anew, in place of the last reply.",
    run=_retry,
    keys=("f5",),
    is_available=_can_retry,
    why_not="there is nothing to answer, or a reply is streaming",
)
CONTINUE = Command(
    name="continue",
    help="Let the model go on where the last reply broke off.",
    run=_continue,
    keys=("f6",),
    is_available=_can_continue,
    why_not="there is no reply that broke off",
)
MODEL = Command(
    name="model",
    help="Choose the model of the next request.",
    run=_model,
    keys=("ctrl+l", "f2"),
    argument="NAME",
    values=lambda context: context.model_names,
    label="model",
)
COMPACT = Command(
    name="compact",
    help="Let the model sum up what was said, and go on from the summary.",
    run=_compact,
    is_available=_can_compact,
    why_not="there is too little to sum up, or a reply is streaming",
)

COMMANDS = (STOP, RETRY, CONTINUE, MODEL, COMPACT)
