"""Textual's compositor, which asks widgets for no more rows than are painted."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip


class RowCompositor(Compositor):
    """Asks a widget only for rows that have to be painted, and others not at all.

    Textual's own asks every widget on the screen for all its rows in every frame, and throws
    away what has not changed: while a reply streams, half of what a frame costs.
    """

    _is_painted: Callable[[int], bool]

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        self._is_painted = is_rendered_line
        return super()._render_chops(crop, is_rendered_line)

    def _get_renders(
        self, crop: Region | None = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        for widget, (region, clip) in self.visible_widgets.items():
            visible = region.intersection(clip)
            rows = [y for y in visible.line_range if self._is_painted(y)]
            if rows:
                painted = Region(visible.x, rows[0], visible.width, rows[-1] + 1 - rows[0])
                yield painted, clip, widget.render_lines(painted.translate(-region.offset))
