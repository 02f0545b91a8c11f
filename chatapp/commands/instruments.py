"""Commands that show what goes on behind the chat."""

from chatapp.commands.command import Command, CommandContext


def _inspector(context: CommandContext, _argument: str) -> None:
    context.toggle_inspector()


INSPECTOR = Command(
    name="inspector",
    help="Watch the stream event by event, beside the chat; again: hide it.",
    run=_inspector,
    keys=("ctrl+backslash", "f12"),
)

COMMANDS = (INSPECTOR,)
"""Every command of this kind, in the order in which menus show them."""
