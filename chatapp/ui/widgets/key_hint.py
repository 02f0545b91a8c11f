"""A few keys and what they do, on as many lines as they take."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from chatapp.ui.ink import KEY, MUTED

KeyLabel = tuple[str, str]
"""A key as a person reads it, and what it does in a word."""

_GAP = 2
"""Cells between two keys."""


class KeyHint(Widget):
    """Says which keys do something now; a key is never parted from its word."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[KeyLabel, ...] = ()

    def show(self, keys: Sequence[KeyLabel]) -> None:
        """Show these keys from now on."""
        if tuple(keys) != self._keys:
            self._keys = tuple(keys)
            self.refresh(layout=True)

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """As many lines as the keys take at a width."""
        return len(list(self._lines(width)))

    def render(self) -> Content:
        """Return the lines at the present width."""
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> Iterator[Content]:
        line = Content("")
        for key, label in self._keys:
            if line and line.cell_length + _GAP + cell_len(f"{key} {label}") > width:
                yield line
                line = Content("")
            gap = " " * _GAP if line else ""
            line = Content.assemble(line, gap, (key, KEY), (f" {label}", MUTED))
        yield line
