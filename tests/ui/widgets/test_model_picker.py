import time

from textual.widgets import Input

from chatapp.core.messages import ModelRef
from chatapp.core.statistics import Speed
from chatapp.ui.model_choices import ModelGroup, speed_words
from chatapp.ui.widgets.model_picker import ModelPicker
from chatapp.ui.widgets.row_list import RowList
from tests.ui.widgets.widget_bench import Bench

CURRENT = ModelRef("openai", "gpt-4o")
LISTS = (
    ModelGroup("openai", ("gpt-4o", "gpt-4o-mini")),
    ModelGroup("openrouter", is_loading=True),
    ModelGroup("ollama", failure="connection \x1b[31mrefused"),
)


class Opened:
    """A dropdown above an empty app, and what it was dismissed with."""

    def __init__(self, lists: tuple[ModelGroup, ...] = LISTS) -> None:
        self.bench = Bench()
        self.picker = ModelPicker(lists, CURRENT)
        self.results: list[ModelRef | None] = []

    def open(self) -> None:
        self.bench.push_screen(self.picker, self.results.append)

    def screen_text(self) -> str:
        rows = self.picker.query_one(RowList)
        return "\n".join(rows.render_line(y).text.rstrip() for y in range(rows.size.height))

    def selected(self) -> ModelRef | None:
        return self.picker.query_one(RowList).selected


async def test_the_current_model_is_marked_and_selected() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        opened.open()
        await pilot.pause()
        assert "✓ gpt-4o\n" in opened.screen_text()
        assert opened.selected() == CURRENT
        await pilot.press("enter")
        assert opened.results == [CURRENT]


async def test_a_current_model_that_no_list_has_is_shown_all_the_same() -> None:
    opened = Opened((ModelGroup("openai", is_loading=True),))
    async with opened.bench.shown() as pilot:
        opened.open()
        await pilot.pause()
        assert "✓ gpt-4o" in opened.screen_text()
        assert opened.selected() == CURRENT


async def test_arrows_skip_headings_and_notes() -> None:
    opened = Opened((*LISTS, ModelGroup("groq", ("llama",))))
    async with opened.bench.shown() as pilot:
        opened.open()
        await pilot.press("down", "down")
        assert opened.selected() == ModelRef("groq", "llama")
        await pilot.press("down", "up", "up", "up", "enter")
        assert opened.results == [CURRENT]


async def test_failures_and_loading_are_one_safe_line_each() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        opened.open()
        await pilot.pause()
        assert "  loading …" in opened.screen_text()
        assert "  connection ␛[31mrefused" in opened.screen_text()


async def test_typing_filters_and_enter_chooses() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        opened.open()
        await pilot.press(*"mini 4o", "enter")
        assert opened.results == [ModelRef("openai", "gpt-4o-mini")]


async def test_a_typed_name_can_be_used_at_a_server_without_a_list() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        opened.open()
        await pilot.press(*"mistral:7b")
        assert "use “mistral:7b” at ollama" in opened.screen_text()
        await pilot.press("down", "down", "enter")
        assert opened.results == [ModelRef("ollama", "mistral:7b")]


async def test_a_list_that_comes_late_keeps_the_selection() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        opened.open()
        await pilot.press("down")
        opened.picker.show_models(ModelGroup("openrouter", ("anthropic/claude", "x/[red]y")))
        await pilot.pause()
        assert opened.selected() == ModelRef("openai", "gpt-4o-mini")
        assert "x/[red]y" in opened.screen_text()
        assert "loading" not in opened.screen_text()


async def test_escape_and_a_click_beside_leave_everything_as_it_was() -> None:
    for act in ("escape", "click"):
        opened = Opened()
        async with opened.bench.shown() as pilot:
            opened.open()
            await pilot.pause()
            await (pilot.press("escape") if act == "escape" else pilot.click(offset=(75, 2)))
            assert opened.results == [None], act


async def test_the_selected_row_is_one_ink_on_one_ground() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        opened.bench.theme = "ansi-dark"
        opened.open()
        await pilot.pause()
        rows = opened.picker.query_one(RowList)
        inks = {str(segment.style) for segment in rows.render_line(1) if segment.text.strip()}
        assert inks == {"bold color(0) on color(7)"}


async def test_a_click_chooses() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        opened.open()
        await pilot.pause()
        await pilot.click(RowList, offset=(5, 2))
        assert opened.results == [ModelRef("openai", "gpt-4o-mini")]


async def test_five_thousand_models_are_filtered_at_the_speed_of_typing() -> None:
    models = tuple(f"vendor-{number % 70}/model-{number}-instruct" for number in range(5_000))
    opened = Opened((ModelGroup("openrouter", models),))
    async with opened.bench.shown() as pilot:
        opened.open()
        await pilot.pause()
        began = time.process_time()
        await pilot.press(*"4999", "pagedown", "pagedown", "pageup", "pageup")
        assert time.process_time() - began < 2.0
        assert opened.picker.query_one(Input).value == "4999"
        await pilot.press("enter")
        assert opened.results == [ModelRef("openrouter", "vendor-29/model-4999-instruct")]


SPEEDS = {CURRENT: Speed(0.314, 45.3), ModelRef("openai", "gpt-4o-mini"): Speed(12.0)}


def row(opened: Opened, name: str) -> str:
    return next(line for line in opened.screen_text().splitlines() if f" {name} " in line + " ")


async def test_how_fast_a_model_was_stands_at_the_edge() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        opened.open()
        await pilot.press("down")
        assert "TTFT" not in opened.screen_text()
        opened.picker.show_speeds(SPEEDS)
        await pilot.pause()
        assert opened.selected() == ModelRef("openai", "gpt-4o-mini")
        assert row(opened, "gpt-4o").endswith("  TTFT 0.31 s    45 tok/s")
        assert row(opened, "gpt-4o-mini").endswith("  TTFT 12.00 s")
        rows = opened.picker.query_one(RowList)
        width = rows.scrollable_content_region.width
        assert len(row(opened, "gpt-4o")) == width
        aside = [segment for segment in rows.render_line(1) if "TTFT" in segment.text]
        name = [segment for segment in rows.render_line(1) if "gpt-4o" in segment.text]
        assert aside[0].style != name[0].style


async def test_a_long_name_and_its_endpoint_come_before_its_speed() -> None:
    long = ModelRef("openai", "a-name-of-thirty-characters-xx")
    opened = Opened((ModelGroup("openai", (long.model,)),))
    opened.picker = ModelPicker(
        (ModelGroup("openai", (long.model,)),), CURRENT, [long], {long: Speed(1.0, 99.5)}
    )
    async with opened.bench.shown() as pilot:
        opened.open()
        await pilot.pause()
        recent = row(opened, long.model)
        assert recent.endswith("openai")
        assert "TTFT" not in recent


def test_speeds_stand_below_each_other() -> None:
    told = [Speed(0.3, 45.0), Speed(1.25, 9.96, is_estimated=True), Speed(0.5, 1234.0)]
    assert [speed_words(speed) for speed in told] == [
        "TTFT 0.30 s    45 tok/s",
        "TTFT 1.25 s   ~10 tok/s",
        "TTFT 0.50 s  1234 tok/s",
    ]
