"""The last fence before the terminal: whatever a widget paints, nothing in it can act."""

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from chatapp.core.safe_text import safe_text


class PaintFence(LineFilter):
    """Makes every painted cell safe, whichever widget forgot to.

    Textual strips only BEL, BS, VT, FF and CR from content: ESC would pass. A link's target
    goes out inside an escape sequence of its own, so a target that could end it is dropped.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments, made safe where they were not, of unchanged width."""
        if all(map(_is_safe, segments)):
            return segments
        return [_safe(segment) for segment in segments if segment.control is None]


def _is_safe(segment: Segment) -> bool:
    text, style, control = segment
    if control is not None or (not (text.isascii() and text.isprintable()) and text != _fit(text)):
        return False
    return style is None or style.link is None or style.link.isprintable()


def _fit(text: str) -> str:
    return safe_text(text).replace("\n", " ").replace("\t", " ")


def _safe(segment: Segment) -> Segment:
    text, style, _ = segment
    safe = _fit(text)
    if safe != text:
        width = segment.cell_length
        safe = Segment(safe).split_cells(width)[0].text.ljust(width) if width else ""
    return Segment(safe, _without_unsafe_link(style))


def _without_unsafe_link(style: Style | None) -> Style | None:
    if style is None or style.link is None or style.link.isprintable():
        return style
    return style.update_link(None)
