"""Where the reader is: an anchor among the entries, and whether the view follows the tail."""

from typing import Protocol

from chatapp.ui.transcript.section_run import Mark


class MeasuredRun(Protocol):
    """Entries one below the other, measured when someone comes near."""

    def __len__(self) -> int: ...

    def measure(self, index: int) -> int:
        """The true height of an entry, in lines."""
        ...

    def find(self, y: int) -> tuple[int, int]:
        """The entry and the line in it at line `y` by present knowledge."""
        ...

    def mark(self, index: int, line: int) -> Mark:
        """Remember what stands on a line of an entry."""
        ...

    def line_of(self, index: int, mark: Mark) -> int | None:
        """Where that stands now; None when it is gone."""
        ...


class ReadingPosition:
    """The line at the top of the view, as a line of an entry and not as a distance.

    Distances change whenever a guessed height is corrected or something above is folded; the
    anchored line does not. Law: nothing but the reader's own scrolling, or the end of the
    anchored entry itself, moves the anchor of a view that does not follow.
    """

    def __init__(self, entries: MeasuredRun) -> None:
        self._entries = entries
        self._mark: Mark | None = None
        self.entry = 0
        self.line = 0
        self.is_following = True

    def reset(self) -> None:
        """Forget where the reader was: other entries are shown now, from their end."""
        self._mark = None
        self.entry = self.line = 0
        self.is_following = True

    def settle(self, height: int, *, keeps_still: bool = True) -> None:
        """Come to rest after the entries changed, in a view of `height` lines.

        A following view that has become shorter stays where it is while half of it is
        filled: a table that closes or a fold must not make the text jump down and up again.
        """
        is_lost = self.entry >= len(self._entries)
        if not is_lost:
            self._recover_line()
        if self.is_following or is_lost:
            tail = self._tail(height)
            is_pulled_down = not is_lost and tail < (self.entry, self.line)
            if not (is_pulled_down and keeps_still and self._is_half_full(height)):
                self.entry, self.line = tail
            self.is_following = True
        self._remember_line()

    def hold(self, height: int) -> None:
        """Stay on the anchored line after a fold, even at the end; follow if it still is."""
        if self.entry < len(self._entries):
            self._recover_line()
            self.is_following = self._rows_from_anchor(height) <= height
            self._remember_line()

    def scroll_by(self, lines: int, height: int) -> None:
        """Move over exactly `lines` lines, down when positive; reaching the end follows."""
        self.line += lines
        while self.line < 0 and self.entry > 0:
            self.entry -= 1
            self.line += self._entries.measure(self.entry)
        while self.entry < len(self._entries) - 1:
            entry_height = self._entries.measure(self.entry)
            if self.line < entry_height:
                break
            self.line -= entry_height
            self.entry += 1
        self.line = max(0, self.line)
        self._arrive(height)

    def jump(self, y: int, height: int) -> None:
        """Go to line `y`, counted with guessed heights where nobody was yet."""
        if not len(self._entries):
            return
        self.entry, self.line = self._entries.find(y)
        self.line = min(self.line, max(0, self._entries.measure(self.entry) - 1))
        self._arrive(height)

    def go_to(self, entry: int, line: int, height: int) -> None:
        """Put a line of an entry at the top, as far as there is enough below it."""
        self.entry, self.line = entry, 0
        self.scroll_by(line, height)

    def go_to_end(self, height: int) -> None:
        """Follow the tail from now on."""
        self.is_following = True
        self.settle(height, keeps_still=False)

    def _arrive(self, height: int) -> None:
        rows = self._rows_from_anchor(height)
        self.is_following = rows <= height
        if rows < height:
            self.entry, self.line = self._tail(height)
        self._remember_line()

    def _recover_line(self) -> None:
        """Find the anchored line again, where a fold or a new width has moved it."""
        if self._mark is None:
            return
        line = self._entries.line_of(self.entry, self._mark)
        line = self.line if line is None else line
        self.line = max(0, min(line, self._entries.measure(self.entry) - 1))

    def _remember_line(self) -> None:
        is_there = self.entry < len(self._entries)
        self._mark = self._entries.mark(self.entry, self.line) if is_there else None

    def _is_half_full(self, height: int) -> bool:
        return self._rows_from_anchor(height) * 2 > height

    def _rows_from_anchor(self, height: int) -> int:
        """Rows from the anchor to the end; counting stops one entry beyond the view."""
        rows = -self.line
        for index in range(self.entry, len(self._entries)):
            rows += self._entries.measure(index)
            if rows > height:
                break
        return rows

    def _tail(self, height: int) -> tuple[int, int]:
        rows, index = 0, len(self._entries)
        while index > 0 and rows < height:
            index -= 1
            rows += self._entries.measure(index)
        return (index, rows - height) if rows > height else (index if rows == height else 0, 0)
