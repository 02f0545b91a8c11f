"""What a key changed is painted by itself, and what else changed with the next frame."""

from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.widgets import Static

from chatapp.ui.key_echo import KeyEcho
from chatapp.ui.row_compositor import RowCompositor


class Painted(Static):
    """Notes which of its rows are painted."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.rows: list[Sequence[int]] = []

    def render_lines(self, crop: Region) -> list[Strip]:
        self.rows.append(crop.line_range)
        return super().render_lines(crop)


class TwoScreen(Screen[None]):
    def __init__(self) -> None:
        super().__init__()
        self._compositor = RowCompositor()


class TwoApp(App[None]):
    def get_default_screen(self) -> Screen[None]:
        return TwoScreen()

    def compose(self) -> ComposeResult:
        self.typed, self.streamed = Painted("typed"), Painted("streamed")
        yield self.typed
        yield self.streamed

    def forget(self) -> None:
        self.typed.rows.clear()
        self.streamed.rows.clear()


async def test_one_is_painted_at_once_and_the_other_still_with_the_next_frame() -> None:
    app = TwoApp()
    async with app.run_test() as pilot:
        echo = KeyEcho(app.typed)
        await pilot.pause()
        app.forget()
        app.streamed.refresh()
        app.typed.refresh()
        echo.paint()
        assert app.typed.rows
        assert not app.streamed.rows
        await pilot.pause()
        assert app.streamed.rows


async def test_many_keys_at_once_are_painted_with_the_next_frame() -> None:
    app = TwoApp()
    async with app.run_test() as pilot:
        echo = KeyEcho(app.typed)
        await pilot.pause()
        app.forget()
        for _ in range(3):
            app.typed.refresh()
            echo.paint()
        assert len(app.typed.rows) == 1
        await pilot.pause()
        assert len(app.typed.rows) == 2


@pytest.mark.parametrize("is_covered", [True, False], ids=["covered", "about to grow"])
async def test_what_has_no_lasting_place_on_top_is_left_to_the_next_frame(is_covered: bool) -> None:
    app = TwoApp()
    async with app.run_test() as pilot:
        echo = KeyEcho(app.typed)
        await pilot.pause()
        if is_covered:
            await app.push_screen(ModalScreen())
            await pilot.pause()
        app.forget()
        app.typed.refresh(layout=not is_covered)
        echo.paint()
        assert not app.typed.rows
        await pilot.pause()
        assert app.typed.rows


def test_nothing_is_painted_before_there_is_a_screen() -> None:
    widget = Painted("early")
    KeyEcho(widget).paint()
    assert not widget.rows
