"""Commands that find, name, copy and delete conversations, or move them in and out."""

from chatapp.commands.command import Command, CommandContext


def _is_kept(context: CommandContext) -> bool:
    return bool(context.session.conversation.messages)


def _has_others(context: CommandContext) -> bool:
    return context.has_other_conversations


def _new(context: CommandContext, _argument: str) -> None:
    context.conversations.begin()


def _previous(context: CommandContext, _argument: str) -> None:
    context.conversations.go_back()


def _search(context: CommandContext, _argument: str) -> None:
    context.conversations.open_search()


def _sidebar(context: CommandContext, _argument: str) -> None:
    context.conversations.toggle_sidebar()


def _rename(context: CommandContext, argument: str) -> None:
    context.conversations.rename(argument)


def _pin(context: CommandContext, _argument: str) -> None:
    context.conversations.pin()


def _delete(context: CommandContext, _argument: str) -> None:
    context.conversations.delete()


def _undelete(context: CommandContext, _argument: str) -> None:
    context.conversations.undo_deletion()


def _fork(context: CommandContext, _argument: str) -> None:
    context.conversations.fork()


def _export(context: CommandContext, argument: str) -> None:
    context.conversations.export(argument)


def _import(context: CommandContext, argument: str) -> None:
    context.conversations.import_file(argument)


_NOTHING_THERE = "there are no messages yet"

NEW = Command(
    name="new",
    help="Begin a new conversation.",
    run=_new,
    keys=("ctrl+n",),
    label="new",
)
PREVIOUS = Command(
    name="previous",
    help="Go back to the conversation before this one.",
    run=_previous,
    is_available=_has_others,
    why_not="no other was opened in this run; search finds the others",
)
SEARCH = Command(
    name="search",
    help="Search all conversations, or open a recent one.",
    run=_search,
    keys=("ctrl+r", "f3"),
    label="chats",
)
SIDEBAR = Command(
    name="sidebar",
    help="Show the list of conversations beside this one, or hide it.",
    run=_sidebar,
    keys=("ctrl+t", "f4"),
)
RENAME = Command(
    name="rename",
    help="Give this conversation a title.",
    run=_rename,
    argument="TITLE",
    is_typed=True,
    is_available=_is_kept,
    why_not=_NOTHING_THERE,
)
PIN = Command(
    name="pin",
    help="Keep this conversation above the others, or no more.",
    run=_pin,
    is_available=_is_kept,
    why_not=_NOTHING_THERE,
)
DELETE = Command(
    name="delete",
    help="Delete this conversation; /undelete brings it back.",
    run=_delete,
    is_available=_is_kept,
    why_not=_NOTHING_THERE,
)
UNDELETE = Command(
    name="undelete",
    help="Bring back the message or conversation deleted last.",
    run=_undelete,
)
FORK = Command(
    name="fork",
    help="Go on in a copy of this conversation.",
    run=_fork,
    is_available=_is_kept,
    why_not=_NOTHING_THERE,
)
EXPORT = Command(
    name="export",
    help="Write this conversation to a file: md, json or html.",
    run=_export,
    argument="FORMAT FILE",
    is_available=_is_kept,
    why_not=_NOTHING_THERE,
)
IMPORT = Command(
    name="import",
    help="Take in conversations from a file of ours, ChatGPT, Claude or llm.",
    run=_import,
    argument="FILE",
    is_typed=True,
)

COMMANDS = (
    NEW,
    PREVIOUS,
    SEARCH,
    SIDEBAR,
    RENAME,
    PIN,
    DELETE,
    UNDELETE,
    FORK,
    EXPORT,
    IMPORT,
)
