"""Commands that concern the program and its looks."""

from chatapp.commands.command import Command, CommandContext


def _editor(context: CommandContext, _argument: str) -> None:
    context.edit_in_editor()


def _theme(context: CommandContext, argument: str) -> None:
    context.choose_theme(argument)


def _palette(context: CommandContext, _argument: str) -> None:
    context.open_palette()


def _help(context: CommandContext, _argument: str) -> None:
    context.open_help()


def _doctor(context: CommandContext, _argument: str) -> None:
    context.open_doctor()


def _allow_key(context: CommandContext, _argument: str) -> None:
    context.allow_held_back_file()


def _is_held_back(context: CommandContext) -> bool:
    return context.has_held_back_file


def _quit(context: CommandContext, _argument: str) -> None:
    context.leave()


EDITOR = Command(
    name="editor",
    help="Write the message in your own editor ($VISUAL or $EDITOR).",
    run=_editor,
    keys=("ctrl+g",),
)
THEME = Command(
    name="theme",
    help="Choose the colours, for now and later starts.",
    run=_theme,
    argument="NAME",
    values=lambda context: context.theme_names,
)
PALETTE = Command(
    name="palette", help="Search all commands.", run=_palette, keys=("ctrl+p",), label="commands"
)
HELP = Command(name="help", help="Show keys and commands.", run=_help, keys=("f1",), label="help")
DOCTOR = Command(name="doctor", help="Look for what is wrong, and say what to do.", run=_doctor)
ALLOW_KEY = Command(
    name="allow-key",
    help="Let the address in this folder's .env have your own key.",
    run=_allow_key,
    is_available=_is_held_back,
    why_not="no .env file asks for a key of yours",
)
QUIT = Command(name="quit", help="Leave chatapp.", run=_quit, keys=("ctrl+q",), label="quit")

COMMANDS = (EDITOR, THEME, PALETTE, HELP, DOCTOR, ALLOW_KEY, QUIT)
