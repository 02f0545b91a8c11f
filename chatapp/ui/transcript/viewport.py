"""What is in view of a conversation, and how the reader moves: everything but the widget."""

from collections.abc import Iterator, Mapping, Sequence

from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip

from chatapp.core.changes import Change, PathCut
from chatapp.core.messages import ChatMessage, ModelRef, SiblingPlace
from chatapp.ui.transcript.ending_sections import can_go_on
from chatapp.ui.transcript.find import ConversationFinder, FoundPlace, needles_in
from chatapp.ui.transcript.follow import ReadingPosition
from chatapp.ui.transcript.message_focus import MessageFocus
from chatapp.ui.transcript.painter import Highlights, RowPainter
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.reading_keys import FocusedMessage
from chatapp.ui.transcript.sections import Clock, KeyOf
from chatapp.ui.transcript.text_flow import CodeBlock
from chatapp.ui.transcript.timeline import Timeline

_JUMP_SCREENS = 3
"""A scroll over more screens than this goes to the guessed place, not line by line."""

_FOCUS_SCROLL = 3
"""Lines that moving the focus scrolls within a message larger than the view."""


class Viewport:
    """A window of `height` lines onto a timeline.

    What changes the timeline is followed by `settle`; moving needs none.
    """

    def __init__(self, key_of: KeyOf, clock: Clock | None = None) -> None:
        self.timeline = Timeline(key_of, clock)
        self.height = 0
        self.finder: ConversationFinder | None = None
        self.focus = MessageFocus(self.timeline)
        self._position = ReadingPosition(self.timeline)
        self._painter = RowPainter(self.timeline)
        self._seen = (0, 0)

    # -- the conversation ------------------------------------------------------------------

    def show(
        self,
        path: Sequence[ChatMessage],
        draft: ChatMessage | None,
        model: ModelRef,
        places: Mapping[str, SiblingPlace],
    ) -> None:
        """Show another conversation from its end."""
        self.timeline.show(path, draft, model, places)
        self.finder = self.focus.message_id = None
        self._position.reset()

    def apply(self, changes: Sequence[Change]) -> None:
        """Take in what became different."""
        kept: int | None = None
        for change in changes:
            if isinstance(change, PathCut):
                self.focus.note_cut(change.length)
                kept = change.length if kept is None else min(kept, change.length)
            self.timeline.apply(change)
        if kept is not None:
            self._come_out_of_cut(kept)
        if not self.is_following:
            self.timeline.measure_growing()

    def _come_out_of_cut(self, kept: int) -> None:
        """Let another branch below the first `kept` messages not move the reader."""
        self.focus.recover()
        if not self.height or self.timeline.is_growing:
            return
        self._seen = (len(self.timeline), 0)  # what another branch says is not new
        if self._position.entry > kept:
            self._position.go_to(max(0, min(kept, len(self.timeline) - 1)), 0, self.height)
        else:
            self._position.hold(self.height)

    def settle(self, *, keeps_still: bool = True) -> None:
        """Come to rest after the timeline or the height changed; see ReadingPosition."""
        self._position.settle(self.height, keeps_still=keeps_still)

    # -- where the reader is ---------------------------------------------------------------

    @property
    def is_following(self) -> bool:
        """Whether the newest line is kept in view."""
        return self._position.is_following

    @property
    def top(self) -> int:
        """The line at the top, counted from the first by present knowledge."""
        return self.timeline.top(self._position.entry) + self._position.line

    @property
    def places(self) -> list[tuple[int, int]]:
        """Entry and line of every row with text, as last painted."""
        return self._painter.places

    @property
    def unseen_count(self) -> int:
        """Lines that came below what was ever in view."""
        entry, line = self._seen
        if self.is_following or entry >= len(self.timeline):
            return 0
        return max(0, self.timeline.height - self.timeline.top(entry) - line)

    def scroll_by(self, lines: int) -> None:
        """Move over exactly so many lines, down when positive."""
        self._position.scroll_by(lines, self.height)

    def scroll_from_to(self, old: int, new: int, largest: int) -> None:
        """Move as a scroll bar that went from `old` to `new` of at most `largest`."""
        if abs(new - old) <= self.height * _JUMP_SCREENS:
            self.scroll_by(new - old)
        elif new >= largest:
            self.scroll_to_end()
        else:
            self._position.jump(new, self.height)

    def scroll_to_start(self) -> None:
        """Go to the first message."""
        self._position.go_to(0, 0, self.height)

    def scroll_to_end(self) -> None:
        """Go to the end and follow it."""
        self._position.go_to_end(self.height)

    # -- folding ---------------------------------------------------------------------------

    def fold_all(self) -> None:
        """Unfold everything, or fold it again."""
        self.timeline.fold_all(not self.timeline.is_all_unfolded)
        self._hold()

    def fold_message(self, index: int) -> None:
        """Unfold all that is folded in a message, or else fold it."""
        parts = self.timeline.entry(index).foldable_parts
        self.timeline.fold(index, parts, is_unfolded=not self._is_unfolded(index))
        self._hold()

    def fold_at(self, index: int, line: int) -> None:
        """Fold or unfold the part whose label stands on a line, if one does."""
        entry = self.timeline.entry(index)
        part = entry.fold_at(line)
        if part is not None:
            self.timeline.fold(index, (part,), is_unfolded=not entry.is_unfolded(part))
            self._hold()

    def _hold(self) -> None:
        """Let a fold not move the reader; only a running reply is still followed."""
        if not self.timeline.is_growing:
            if self.is_following:
                self._seen = (len(self.timeline), 0)  # what unfolds is not new
            self._position.hold(self.height)
        self.settle()

    # -- find ------------------------------------------------------------------------------

    def find(self, needle: str) -> None:
        """Mark `needle`, and go to its first match from here on."""
        self.finder = ConversationFinder(self.timeline, needle)
        self.find_step(1)

    def find_step(self, direction: int) -> None:
        """Go to the next match (1) or the one before (-1)."""
        if self.finder is None:
            return
        place = self.finder.step(direction, self._position.entry, self._position.line)
        if place is not None:
            self._bring_into_view(place)
        self.settle()

    def reveal(self, message_id: str, query: str) -> None:
        """Go to a message and focus it; mark what it has of a search's `query`."""
        index = self.timeline.index_of(message_id)
        if index is None:
            return
        self.focus.message_id = message_id
        self.finder = None
        self._position.go_to(index, 0, self.height)
        for needle in needles_in(self.timeline.sources(index), query):
            self.finder = ConversationFinder(self.timeline, needle)
            place = self.finder.step(1, index, 0)
            if place is not None and place.end:  # the source may have it where no line shows it
                self._bring_into_view(place)
                break

    def _bring_into_view(self, place: FoundPlace) -> None:
        self._painter.place_rows(self._position, self.height)
        in_clear_view = self.places[: max(1, self.height - 1)]
        if (place.entry, place.line) not in in_clear_view:
            self._position.go_to(place.entry, place.line - self.height // 3, self.height)

    # -- the focused message ---------------------------------------------------------------

    @property
    def chosen_index(self) -> int | None:
        """The message that keys act on: the focused or the last one."""
        if self.focus.index is not None:
            return self.focus.index
        return len(self.timeline) - 1 if len(self.timeline) else None

    @property
    def focused_message(self) -> FocusedMessage | None:
        """What the keys depend on, of the message that has the focus."""
        index = self.focus.index
        if index is None:
            return None
        message, is_settled = self.timeline.message(index), not self.timeline.is_growing
        return FocusedMessage(
            place=self.timeline.place(index),
            is_settled=is_settled,
            is_summary=message.is_summary,
            can_go_on=is_settled and can_go_on(message),
            is_unfolded=self._is_unfolded(index) if self.timeline.is_made(index) else None,
            can_undelete=self.timeline.has_removed,
        )

    def _is_unfolded(self, index: int) -> bool | None:
        """Whether all of a message is unfolded; None where there is nothing to fold."""
        entry = self.timeline.entry(index)
        parts = entry.foldable_parts
        return all(map(entry.is_unfolded, parts)) if parts else None

    def focus_some(self) -> None:
        """Focus the last message in view unless one in view has the focus already."""
        in_view = {entry for entry, _line in self.places}
        if in_view and self.focus.index not in in_view:
            self.focus.message_id = self.timeline.message(self.places[-1][0]).message_id

    def move_focus(self, direction: int) -> None:
        """Focus the neighbouring message, or go on through one larger than the view."""
        index = self.focus.index
        if index is None or not self.places:
            self.focus_some()
            return
        first, last = self.places[0], self.places[-1]
        is_cut_below = last[0] == index and last[1] < self.timeline.measure(index) - 1
        is_cut_above = first[0] == index and first[1] > 0
        if is_cut_below if direction > 0 else is_cut_above:
            self.scroll_by(direction * _FOCUS_SCROLL)
        elif 0 <= index + direction < len(self.timeline):
            self._focus(index + direction)
        elif direction > 0:
            self.scroll_to_end()

    def _focus(self, index: int) -> None:
        self.focus.message_id = self.timeline.message(index).message_id
        height = self.timeline.measure(index)
        rows_in_view = sum(1 for entry, _line in self.places if entry == index)
        if rows_in_view < min(self.height, height):
            is_above = (index, 0) < (self._position.entry, self._position.line)
            line = 0 if is_above else min(0, height - self.height)
            self._position.go_to(index, line, self.height)

    def code_block(self) -> CodeBlock | None:
        """The last block of code in view, else the last of a message in view.

        The focused message comes first.
        """
        for index in self._indexes_to_look_at():
            blocks = self.timeline.entry(index).code_blocks()
            in_view = [block for block in blocks if (index, block.first_line) in self.places]
            if blocks:
                return (in_view or blocks)[-1]
        return None

    def _indexes_to_look_at(self) -> Iterator[int]:
        if self.focus.index is not None:
            yield self.focus.index
        yield from sorted({entry for entry, _line in self.places}, reverse=True)

    # -- painting --------------------------------------------------------------------------

    def paint(
        self,
        width: int,
        palette: Palette,
        base: Style,
        selection: Selection | None,
        *,
        shows_focus: bool,
    ) -> list[Strip]:
        """A strip for every row; a row that looks as before is the same object."""
        self._painter.place_rows(self._position, self.height)
        self._mark_seen()
        if self.places:
            self.timeline.drop_far_entries(self.places[0][0], self.places[-1][0])
        over = Highlights(
            focused_entry=self.focus.index if shows_focus else None,
            selection=selection,
            finder=self.finder,
            unseen_count=self.unseen_count,
        )
        return self._painter.paint(width, self.height, palette, base, over)

    def _mark_seen(self) -> None:
        count = len(self.timeline)
        if self.is_following:
            self._seen = (count - 1, self.timeline.measure(count - 1)) if count else (0, 0)
        elif self.places:
            entry, line = self.places[-1]
            self._seen = min(max(self._seen, (entry, line + 1)), (count, 0))
