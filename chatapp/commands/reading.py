"""Commands that move through the conversation and take text out of it."""

from collections.abc import Callable

from chatapp.commands.command import Command, CommandContext


def _scroll(where: str) -> Callable[[CommandContext, str], None]:
    return lambda context, _argument: context.scroll_transcript(where)


def _read(context: CommandContext, _argument: str) -> None:
    context.focus_transcript()


def _has_messages(context: CommandContext) -> bool:
    return bool(context.session.conversation.path)


def _find(context: CommandContext, _argument: str) -> None:
    context.find_in_conversation()


def _details(context: CommandContext, _argument: str) -> None:
    context.toggle_details()


def _copy(context: CommandContext, _argument: str) -> None:
    context.copy_last_reply()


_NOTHING_THERE = "there are no messages yet"

READ = Command(
    name="read",
    help="Move among the messages: copy, fold, retry one.",
    run=_read,
    keys=("shift+tab",),
    is_available=_has_messages,
    why_not=_NOTHING_THERE,
)
FIND = Command(
    name="find",
    help="Find text in this conversation.",
    run=_find,
    keys=("ctrl+f",),
    label="find",
    is_available=_has_messages,
    why_not=_NOTHING_THERE,
)
DETAILS = Command(
    name="details",
    help="Unfold all reasoning and tool calls, or fold them.",
    run=_details,
    keys=("ctrl+o",),
)
COPY = Command(name="copy", help="Copy the last reply.", run=_copy)
PAGE_UP = Command(
    name="page-up", help="Scroll back a page.", run=_scroll("page_up"), keys=("pageup",)
)
PAGE_DOWN = Command(
    name="page-down", help="Scroll on a page.", run=_scroll("page_down"), keys=("pagedown",)
)
START = Command(
    name="start", help="Go to the first message.", run=_scroll("home"), keys=("ctrl+home",)
)
LATEST = Command(
    name="latest",
    help="Go to the latest message and follow.",
    run=_scroll("end"),
    keys=("ctrl+end",),
)

COMMANDS = (READ, FIND, DETAILS, COPY, PAGE_UP, PAGE_DOWN, START, LATEST)
