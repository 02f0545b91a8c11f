"""Finds words in all conversations while they are being typed."""

import re
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from chatapp.core.errors import StorageError
from chatapp.core.messages import ModelRef
from chatapp.core.records import ConversationHeader, SearchHit
from chatapp.core.safe_text import safe_line, safe_text
from chatapp.ui.day_heading import local_day, short_day
from chatapp.ui.ink import ACCENT, FAINT, KEY, MUTED, WARNING
from chatapp.ui.line_fitting import ELLIPSIS
from chatapp.ui.widgets.row_list import Row, RowList
from chatapp.ui.widgets.sidebar_rows import UNSENT_MARK

Found = SearchHit | ConversationHeader
Search = Callable[[str], Awaitable[Sequence[SearchHit]]]

MARK = f"bold underline {ACCENT}"
"""The style of what was looked for."""

TITLE_CHARACTERS = 200
SNIPPET_CHARACTERS = 1_000
"""As much of an outside text as is looked at; no line shows more."""

_RECENT_SHOWN = 100
_MARGIN = "  "


class SearchScreen(ModalScreen[Found | None]):
    """Lists where the typed words stand; dismissed with the chosen place, or with None.

    `search` is asked at every keystroke and may raise StorageError; what it answers to words
    that are no longer those in the field is dropped. While nothing is typed there are the
    `recent` conversations to choose from. `clock` tells the time in seconds since the epoch;
    `limit` is how many hits there are at most, so that as many are not said to be all.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+r,f3", "close", "Close", show=False),
        Binding("up,ctrl+p", "move(-1)", "Up", show=False, priority=True),
        Binding("down,ctrl+n", "move(1)", "Down", show=False, priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]

    def __init__(
        self,
        search: Search,
        recent: Sequence[ConversationHeader],
        clock: Callable[[], float] = time.time,
        *,
        limit: int | None = None,
    ) -> None:
        super().__init__()
        self._search = search
        self._recent = tuple(recent[:_RECENT_SHOWN])
        self._today = local_day(clock())
        self._limit = limit
        self._is_searching = False
        self._opens_first = False
        self._input = Input(placeholder="Search all conversations")
        self._input.cursor_blink = False
        self._rows: RowList[Found] = RowList()
        self._note = Static("", markup=False, classes="-note")

    @property
    def words(self) -> str:
        """What is searched for."""
        return self._input.value.strip()

    def compose(self) -> ComposeResult:
        """Lay out the words above the places where they stand."""
        with Vertical() as panel:
            panel.border_title = "Search"
            panel.border_subtitle = "Enter open \u00b7 Esc close"
            yield self._input
            yield self._rows
            yield self._note

    def on_mount(self) -> None:
        """Show the recent conversations."""
        self._input.focus()
        self._show_recent()

    def action_close(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)

    def action_move(self, step: int) -> None:
        """Select another place."""
        self._opens_first = False
        self._rows.move(step)

    def action_page(self, direction: int) -> None:
        """Select a place a page away."""
        self._opens_first = False
        self._rows.page(direction)

    def on_click(self, event: Click) -> None:
        """Close on a click beside the search."""
        if event.widget is self:
            self.dismiss(None)

    @on(Input.Submitted)
    def _submit(self) -> None:
        if self._is_searching:
            self._opens_first = True  # what is on the screen answers other words
        else:
            self._choose()

    @on(RowList.Clicked)
    def _choose(self) -> None:
        if self._rows.selected is not None:
            self.dismiss(self._rows.selected)

    @on(Input.Changed)
    def _begin(self, event: Input.Changed) -> None:
        event.stop()
        self._opens_first = False
        words = event.value.strip()
        self._is_searching = bool(words)
        self.run_worker(self._find(words), group="search", exclusive=True)

    async def _find(self, words: str) -> None:
        if not words:
            self._show_recent()
            return
        try:
            hits = await self._search(words)
        except StorageError as error:
            if self._is_asked(words):
                self._say(str(error), WARNING)
        else:
            if self._is_asked(words):
                self._show_hits(hits)
        if self._is_asked(words):
            self._is_searching = False
            if self._opens_first:
                self._choose()

    def _is_asked(self, words: str) -> bool:
        return words == self._input.value.strip()

    def _show_hits(self, hits: Sequence[SearchHit]) -> None:
        if hits:
            self._show([_heading(self._count(hits)), *(self._hit_row(hit) for hit in hits)])
        else:
            self._say("Nothing found. All of the words must stand in one message.", MUTED)

    def _show_recent(self) -> None:
        if self._recent:
            pinned = [header for header in self._recent if header.is_pinned]
            recent = [header for header in self._recent if not header.is_pinned]
            groups = (("Pinned", pinned), ("Recent", recent))
            self._show([row for heading, group in groups for row in self._group(heading, group)])
        else:
            self._say("There are no conversations to search yet.", MUTED)

    def _show(self, rows: Sequence[Row[Found]]) -> None:
        self._note.display = False
        self._rows.display = True
        self._rows.show(rows)

    def _say(self, words: str, style: str) -> None:
        self._rows.show(())
        self._rows.display = False
        self._note.update(Content.styled(safe_text(words), style))
        self._note.display = True

    def _count(self, hits: Sequence[SearchHit]) -> str:
        places, conversations = len(hits), len({hit.conversation_id for hit in hits})
        return (
            f"{'The best ' if places == self._limit else ''}{places} place{'s' * (places > 1)}"
            f" in {conversations} conversation{'s' * (conversations > 1)}"
        )

    def _hit_row(self, hit: SearchHit) -> Row[Found]:
        def snippet(width: int) -> Content:
            return snippet_line(hit.snippet, hit.matches, width)

        return Row(_title(hit.title), hit, self._end(hit.at, hit.model), True, snippet)

    def _recent_row(self, header: ConversationHeader) -> Row[Found]:
        end = self._end(header.updated_at, header.model)
        if header.has_unsent_text:
            end = Content.assemble((f"{UNSENT_MARK} unsent", KEY), (" \u00b7 ", MUTED), end)
        return Row(_title(header.title), header, end, True)

    def _group(self, heading: str, headers: Sequence[ConversationHeader]) -> Iterator[Row[Found]]:
        if headers:
            yield _heading(heading)
            yield from map(self._recent_row, headers)

    def _end(self, at: float, model: ModelRef | None) -> Content:
        words = short_day(local_day(at), self._today)
        if model is not None and model.model:
            # "vendor/name" by its name, which says more in a few cells.
            name = model.model.rpartition("/")[2] or model.model
            words += f" \u00b7 {safe_line(name[:TITLE_CHARACTERS])}"
        return Content.styled(words, MUTED)


def snippet_line(snippet: str, matches: Sequence[tuple[int, int]], width: int) -> Content:
    """One line of at most `width` cells with the matches marked, the first of them in view.

    `matches` are (start, end) places in `snippet`, in characters; places beyond it are let be.
    """
    content = Content(_MARGIN)
    first_end = 0
    for piece, is_match in _pieces(snippet[:SNIPPET_CHARACTERS], matches):
        line = re.sub(r"\s+", " ", safe_text(piece))
        if content.plain.endswith(" "):
            line = line.lstrip()
        content = content.append(Content.styled(line, MARK if is_match else MUTED))
        first_end = first_end or (len(content) if is_match else 0)
    return _from_match(content, first_end, width)


def _pieces(text: str, matches: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    place = 0
    for start, end in matches:
        if place <= start < end:
            yield text[place:start], False
            yield text[start:end], True
            place = end
    yield text[place:], False


def _from_match(content: Content, match_end: int, width: int) -> Content:
    """Leave out so much of the start that the match comes into view."""
    plain = content.plain
    if cell_len(plain[:match_end]) < width:
        return content
    start, room = match_end, max(0, width * 2 // 3 - len(_MARGIN))
    while start > len(_MARGIN) and cell_len(plain[start - 1 : match_end]) < room:
        start -= 1
    return Content.assemble(_MARGIN, (ELLIPSIS, FAINT)).append(content[start:])


def _title(title: str) -> Content:
    return Content(_MARGIN + safe_line(title[:TITLE_CHARACTERS]))


def _heading(words: str) -> Row[Found]:
    return Row(Content.styled(words, f"bold {MUTED}"))
