"""Commands that show what goes on behind the chat."""

from chatapp.commands.command import Command, CommandContext


def _inspector(context: CommandContext, _argument: str) -> None:
    context.toggle_inspector()


def _context(context: CommandContext, _argument: str) -> None:
    context.open_context()


def _request(context: CommandContext, _argument: str) -> None:
    context.open_request()


def _stats(context: CommandContext, _argument: str) -> None:
    context.open_statistics()


CONTEXT = Command(
    name="context",
    help="Show what fills the model's context window.",
    run=_context,
)
REQUEST = Command(
    name="request",
    help="Show the exact request that would be sent now.",
    run=_request,
)
STATS = Command(
    name="stats",
    help="Show tokens, cost and speed of the last 30 days.",
    run=_stats,
)
INSPECTOR = Command(
    name="inspector",
    help="Watch the stream event by event; the same key in it hides it.",
    run=_inspector,
    keys=("ctrl+backslash", "f12"),
)

COMMANDS = (
    CONTEXT,
    REQUEST,
    STATS,
    INSPECTOR,
)
"""Every command of this kind, in the order in which menus show them."""
