"""Only the rows that are painted are asked for, and the picture is the same."""

from collections.abc import Sequence

import pytest
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from chatapp.ui.row_compositor import RowCompositor

LINES = "\n".join(f"line {number} of some text" for number in range(12))


class Asked(Static):
    """Notes which of its rows are asked for."""

    def __init__(self, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(LINES, id=id)
        self.rows: list[Sequence[int]] = []

    def render_lines(self, crop: Region) -> list[Strip]:
        self.rows.append(crop.line_range)
        return super().render_lines(crop)


class Layers(Screen[None]):
    """Widgets beside, above and scrolled behind one another."""

    CSS = """
    Layers { layers: below above; }
    #over { layer: above; width: 9; height: 4; offset: 12 3; background: red; border: round; }
    VerticalScroll { height: 5; background: blue; }
    #first { height: 6; margin: 1 2; border: round green; }
    #second { height: 12; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._compositor = RowCompositor()

    def compose(self) -> ComposeResult:
        yield Asked("first")
        with VerticalScroll():
            yield Asked("second")
        yield Static("over", id="over")


class LayersApp(App[None]):
    def get_default_screen(self) -> Screen[None]:
        return Layers()


def picture(screen: Screen[object], compositor: Compositor) -> list[list[tuple[str, object]]]:
    compositor.reflow(screen, screen.size)
    return [
        [(segment.text, segment.style) for segment in strip.simplify()]
        for strip in compositor.render_strips()
    ]


@pytest.mark.parametrize("scrolled", [0, 3, 7])
async def test_the_picture_is_that_of_textual(scrolled: int) -> None:
    app = LayersApp()
    async with app.run_test(size=(40, 16)) as pilot:
        app.screen.query_one(VerticalScroll).scroll_to(y=scrolled, animate=False)
        await pilot.pause()
        drawn = picture(app.screen, RowCompositor())
        assert drawn == picture(app.screen, Compositor())
        assert "over" in str(drawn)


async def test_a_widget_is_asked_for_the_changed_rows_alone() -> None:
    app = LayersApp()
    async with app.run_test(size=(40, 16)) as pilot:
        first, second = (
            app.screen.query_one("#first", Asked),
            app.screen.query_one("#second", Asked),
        )
        await pilot.pause()
        first.rows.clear()
        second.rows.clear()
        Widget.refresh(first, Region(0, 2, 10, 1))
        await pilot.pause()
        assert [list(rows) for rows in first.rows] == [[2]]
        assert not second.rows
