"""The lines of the sidebar: conversations with their marks, under the days they belong to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial

from textual.content import Content

from chatapp.core.records import ConversationHeader
from chatapp.core.safe_text import safe_line
from chatapp.ui.day_heading import day_heading, is_within_week, local_day, short_day
from chatapp.ui.ink import ACCENT, KEY, MUTED, WARNING
from chatapp.ui.widgets.row_list import Row

UNSENT_MARK = "\u270e"
"""A pencil: something was written and not sent."""

TITLE_CHARACTERS = 200
"""As much of a title as is looked at; no screen shows more."""

_UNSENT = Content.styled(f"{UNSENT_MARK} ", KEY)


@dataclass(frozen=True, slots=True)
class SidebarRow:
    """A conversation and how it stands now.

    `is_unread` says that something came while it was out of view, `awaits_person` that a
    tool call in it waits for an answer.
    """

    header: ConversationHeader
    is_current: bool = False
    is_running: bool = False
    is_unread: bool = False
    awaits_person: bool = False

    @property
    def shows_unsent(self) -> bool:
        """Whether it is marked to have unsent text; what is in view is seen without a mark."""
        return self.header.has_unsent_text and not self.is_current


def in_order(rows: Sequence[SidebarRow]) -> tuple[SidebarRow, ...]:
    """The pinned before the others, of both the newest first."""
    return tuple(sorted(rows, key=lambda row: (not row.header.is_pinned, -row.header.updated_at)))


def drawn_rows(rows: Sequence[SidebarRow], today: date, *, is_wide: bool = False) -> list[Row[str]]:
    """The lines of conversations that are in order; each has its id as value.

    Where it `is_wide`, there is room for the days that no heading tells.
    """
    return [
        _heading(line) if isinstance(line, str) else _row(line, today if is_wide else None)
        for line in by_day(rows, today)
    ]


def by_day(rows: Sequence[SidebarRow], today: date) -> Iterator[str | SidebarRow]:
    """Put headings between conversations that are in order."""
    heading = ""
    for row in rows:
        is_pinned = row.header.is_pinned
        own = "Pinned" if is_pinned else day_heading(local_day(row.header.updated_at), today)
        if own != heading:
            heading = own
            yield heading
        yield row


def shown_title(row: SidebarRow) -> str:
    """The title on one line."""
    return safe_line(row.header.title[:TITLE_CHARACTERS])


def current_id(rows: Sequence[SidebarRow]) -> str | None:
    """Which of them is in view."""
    return next((row.header.conversation_id for row in rows if row.is_current), None)


def _heading(words: str) -> Row[str]:
    return Row(Content.styled(f" {words}", f"bold {MUTED}"))


def _row(row: SidebarRow, today: date | None) -> Row[str]:
    """With a mark at its end, or its day if `today` is given."""
    end = _UNSENT if row.shows_unsent else None
    if today is not None and end is None:
        end = _day(local_day(row.header.updated_at), row.header.is_pinned, today)
    return Row(partial(_draw, row), row.header.conversation_id, end, keeps_end=True)


@lru_cache(maxsize=1_000)
def _day(day: date, is_pinned: bool, today: date) -> Content | None:
    is_told = is_within_week(day, today) and not is_pinned
    return None if is_told else Content.styled(f"{short_day(day, today)} ", MUTED)


def _draw(row: SidebarRow) -> Content:
    mark = (" ", "")
    if row.awaits_person:
        mark = ("\u25d0", WARNING)
    elif row.is_running:
        mark = ("\u25cf", ACCENT)
    elif row.is_unread:
        mark = ("\u2022", KEY)
    bar = "\u258e" if row.is_current else " "
    style = KEY if row.is_current else "bold" if row.is_unread else ""
    return Content.assemble((bar, ACCENT), mark, " ", (shown_title(row), style))
