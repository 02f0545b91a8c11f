"""What stands above a message's text: who speaks, when, and which of its alternatives it is."""

from collections.abc import Sequence

from rich.cells import cell_len

from chatapp.core.local_time import local_time
from chatapp.core.messages import ALONE, ChatMessage, Role, SiblingPlace
from chatapp.core.safe_text import safe_line
from chatapp.ui.transcript import inks
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.sections import LabelSection, Span, label_line

SUMMARY = "Summary of what came before"
SUMMARISING = "Summarising…"
UNFINISHED_SUMMARY = "Unfinished summary"


class HeaderSection(LabelSection):
    """The line above a message; `place`, where there are alternatives, can be clicked.

    A ruled one is drawn on to the end of its width.
    """

    def __init__(
        self, spans: Sequence[Span], place: SiblingPlace, *, is_ruled: bool = False
    ) -> None:
        self._place_words = _place_words(place)
        gap: list[Span] = [("  ", inks.muted)] if self._place_words else []
        super().__init__([*spans, *gap, (self._place_words, inks.bullet)])
        self._place_start = sum(cell_len(text) for text, _style in [*spans, *gap])
        self._is_ruled = is_ruled
        self._width = 0

    def layout(self, width: int, palette: Palette) -> None:
        """Set the width in cells and the styles."""
        self._width = width
        spans = self._spans
        if self._is_ruled:
            used = sum(cell_len(text) for text, _style in spans)
            spans = [*spans, (" " + "─" * max(0, width - used - 1), inks.rule)]
        self._line = label_line(spans, width, palette)

    def branch_step_at(self, cell: int) -> int:
        """Which way a click on a cell flips: back (-1), on (1), or not at all (0)."""
        offset = cell - self._place_start
        length = cell_len(self._place_words)
        if not 0 <= offset < length or cell >= self._width:
            return 0
        return -1 if offset < length / 2 else 1


def header(message: ChatMessage, place: SiblingPlace, *, is_open: bool) -> HeaderSection:
    """Author and local time, or what a summary is, and the place among the alternatives."""
    clock_time = f"{local_time(message.created_at):%H:%M}"
    if message.is_summary:
        spans: list[Span] = [
            ("── ", inks.rule),
            (_summary_title(message, is_open=is_open), inks.assistant),
            (f"  {author(message)}  {clock_time}", inks.muted),
        ]
        return HeaderSection(spans, place, is_ruled=True)
    style = inks.user if message.role is Role.USER else inks.assistant
    return HeaderSection([(author(message), style), (f"  {clock_time}", inks.muted)], place)


def author(message: ChatMessage) -> str:
    """Who speaks, safe to show."""
    match message.role:
        case Role.USER:
            return "You"
        case Role.ASSISTANT:
            return safe_line(message.model.model) if message.model else "Assistant"
        case _:
            return message.role.value.capitalize()


def _summary_title(message: ChatMessage, *, is_open: bool) -> str:
    if is_open:
        return SUMMARISING
    return SUMMARY if message.replaces_history else UNFINISHED_SUMMARY


def _place_words(place: SiblingPlace) -> str:
    return "" if place == ALONE else f"‹{place.position}/{place.count}›"
