"""A scrolling widget of painted rows, on Textual's Line API: what is in view, kept as strips."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

_THUMB_EVERY_S = 0.25
"""How often growing contents move the scroll bar's thumb: drawing the bar takes as long as all
the rest of a frame."""


@dataclass(frozen=True, slots=True)
class ScrollPlace:
    """The view begins at line `top` of `line_count`; `is_pushed` when growth moves it on."""

    top: int
    line_count: int
    is_pushed: bool


class LineCanvas(ScrollView, inherit_bindings=False):
    """Shows the rows that a subclass paints, and refreshes only those that differ.

    Textual's scroll figures follow from where the subclass says that it is, not the other way
    round, and are set without its watchers: `virtual_size` would otherwise lay the screen out
    again for every line that comes.

    A subclass writes `settle`, `paint`, `scroll_place` and `move`. It calls `come_to_rest` when
    its contents changed, and `present` when only what is in view of them did.
    """

    DEFAULT_CSS = """
    LineCanvas {
        overflow-x: hidden;
        overflow-y: scroll;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.ground = Style.null()
        """What blank rows look like; `settle` sets it."""
        self._strips: list[Strip] = []
        self._painted_size = Size(0, 0)
        self._thumb = (0, 0)
        self._thumb_due_at = 0.0

    # -- what a subclass writes ------------------------------------------------------------

    @property
    def scroll_place(self) -> ScrollPlace:
        """Where the view is in its contents."""
        raise NotImplementedError

    def settle(self, *, keeps_still: bool) -> None:
        """Take over size and theme, and find the place to show after contents or size changed.

        Contents that became shorter may stay where they are when the view `keeps_still`.
        """
        raise NotImplementedError

    def paint(self) -> list[Strip]:
        """A strip for every row of the view; a row that looks as before is the same object."""
        raise NotImplementedError

    def move(self, old: int, new: int) -> None:
        """Go as a scroll bar does that went from line `old` to `new`; `present` follows."""
        raise NotImplementedError

    # -- showing ---------------------------------------------------------------------------

    def come_to_rest(self, *, keeps_still: bool = True) -> None:
        """Settle after something changed, and show it."""
        if self.size:
            self.settle(keeps_still=keeps_still)
            self.present()
        else:
            # Hidden: what is on the screen next is painted when it is asked for.
            self._painted_size = Size(0, 0)

    def present(self) -> None:
        """Show the rows at the present place; refresh those that differ."""
        if not self.size:
            return
        before = self._strips
        is_resized = self._painted_size != self.size
        if is_resized:
            self.settle(keeps_still=False)
        self._paint()
        self._set_scroll(self.scroll_place)
        if is_resized:
            self.refresh()
        else:
            self._refresh_changed_rows(before)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of a region of the view, as they stand; rarely is anything painted here."""
        size = self.size
        if self._painted_size != size:
            self.settle(keeps_still=False)
            self._paint()
        strips = self._strips[crop.y : crop.bottom]
        strips += [Strip.blank(size.width, self.ground)] * (crop.height - len(strips))
        if (crop.x, crop.width) != (0, size.width):
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        for line_filter in self.get_line_filters():
            background = self.background_colors[1]
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return strips

    def _paint(self) -> None:
        self._painted_size = self.size
        self._strips = self.paint()

    def _refresh_changed_rows(self, before: Sequence[Strip]) -> None:
        width = self.size.width
        changed = [
            Region(0, y, width, 1)
            for y, (old, new) in enumerate(zip(before, self._strips, strict=True))
            if old is not new and old != new
        ]
        if len(changed) * 2 > len(before):
            self.refresh(self.size.region)
        elif changed:
            self.refresh(*changed)

    # -- scrolling -------------------------------------------------------------------------

    def scroll_to(self, x: float | None = None, y: float | None = None, **_options: object) -> None:
        """Scroll at once, never animated: a moving target would be met by a moving text."""
        self._scroll_to(x, y, animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Move as the wheel, the bar or a selection at the edge ask."""
        if round(new_value) == round(old_value) or self._painted_size != self.size:
            return  # of another size, it is Textual keeping its figures within bounds
        self.move(round(old_value), round(new_value))
        self.present()
        # Dragging and selecting scroll by fractions of a line: keep what is left over.
        fraction = new_value - round(new_value)
        self.set_reactive(Widget.scroll_y, max(0.0, self.scroll_y + fraction))

    def _set_scroll(self, place: ScrollPlace) -> None:
        """Tell Textual where we are, without a layout or a second paint."""
        width, height = self.size
        top, total = place.top, max(place.line_count, place.top + height)
        self.set_reactive(Widget.virtual_size, Size(width, total))
        self.set_reactive(Widget.scroll_y, float(top))
        self.set_reactive(Widget.scroll_target_y, float(top))
        if not self.show_vertical_scrollbar:
            return
        thumb = round(top * height * 8 / total), round(height * height * 8 / total)
        bar = self.vertical_scrollbar
        now = monotonic()
        if thumb != self._thumb and not (place.is_pushed and now < self._thumb_due_at):
            self._thumb, self._thumb_due_at = thumb, now + _THUMB_EVERY_S
            bar.window_virtual_size, bar.window_size, bar.position = total, height, top
        else:
            bar.set_reactive(type(bar).window_virtual_size, total)
            bar.set_reactive(type(bar).position, float(top))

    # -- events ----------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show what was given before there was a screen."""
        self.come_to_rest(keeps_still=False)

    def on_resize(self) -> None:
        """Lay out for the new size, around the same line."""
        self.come_to_rest(keeps_still=False)

    def notify_style_update(self) -> None:
        """Take over another theme."""
        super().notify_style_update()
        if self.is_mounted:
            self.come_to_rest()

    def selection_updated(self, selection: Selection | None) -> None:
        """Paint the rows whose selection changed."""
        self.present()
