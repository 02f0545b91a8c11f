from decimal import Decimal

import pytest

from chatapp.commands.registry import BY_NAME
from chatapp.core.changes import Phase
from chatapp.core.messages import ModelRef
from chatapp.core.usage import Timing, Usage
from chatapp.ui.cost import Cost
from chatapp.ui.status_figures import StatusFigures
from chatapp.ui.widgets.key_footer import KeyFooter
from chatapp.ui.widgets.status_bar import StatusBar
from tests.ui.widgets.widget_bench import KEYMAP, Bench

FULL = StatusFigures(
    ModelRef("deepseek", "deepseek-chat"),
    timing=Timing(0.42, 4.0, 4.5),
    usage=Usage(1234, 401, 1635, cached_tokens=1024, reasoning_tokens=210),
    cost=Cost(Decimal("0.0012")),
)
LABELLED = [BY_NAME[name] for name in ("model", "new", "find", "help")]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (30, ["ready"]),
        (60, ["deepseek/deepseek-chat", "ready", "100.0 tok/s"]),
        (80, ["1,234 in, 401 out", "100.0 tok/s"]),
        (100, ["1,234 in, 401 out", "100.0 tok/s", "TTFT 0.42 s", "$0.0012"]),
        (140, ["1,635 total", "210 reasoning", "1,024 cached", "TTFT 0.42 s", "$0.0012"]),
    ],
)
async def test_the_least_important_figures_go_first(width: int, expected: list[str]) -> None:
    bar = StatusBar(FULL)
    async with Bench(bar).shown(width):
        line = bar.render()
        assert line.cell_length <= bar.content_size.width
        for text in expected:
            assert text in line.plain


@pytest.mark.parametrize("width", [60, 80, 100, 120, 140])
async def test_every_width_is_used_without_running_over(width: int) -> None:
    bar = StatusBar(FULL)
    async with Bench(bar).shown(width):
        assert bar.render().cell_length == bar.content_size.width


async def test_a_long_hostile_wide_model_name_leaves_room_for_the_phase() -> None:
    model = ModelRef("某个端点", "\x1b[2J[red]" + "模型" * 40 + "-end")
    bar = StatusBar(StatusFigures(model, Phase.WAITING, timing=Timing(None, 0.0, 3.2)))
    async with Bench(bar).shown(60):
        line = bar.render()
        assert "waiting 3.2 s" in line.plain
        assert "-end" in line.plain
        assert "\x1b" not in line.plain
        assert line.cell_length <= bar.content_size.width


async def test_a_long_retry_reason_does_not_run_over() -> None:
    detail = "the server said a great many words " * 4
    bar = StatusBar(StatusFigures(FULL.model, Phase.RETRYING, detail))
    async with Bench(bar).shown(60):
        assert bar.render().cell_length <= bar.content_size.width


async def test_an_endpoint_without_a_chosen_model_says_so() -> None:
    bar = StatusBar(StatusFigures(ModelRef("vllm", "")))
    async with Bench(bar).shown(60):
        assert bar.render().plain.startswith("vllm: no model yet · ready")


async def test_it_repaints_only_when_its_text_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    bar = StatusBar(FULL)
    async with Bench(bar).shown():
        refreshes: list[object] = []
        monkeypatch.setattr(bar, "refresh", lambda *args, **kwargs: refreshes.append(args))
        bar.show(FULL)
        assert refreshes == []
        bar.show(StatusFigures(FULL.model))
        assert len(refreshes) == 1


async def test_a_click_on_the_model_is_posted_and_elsewhere_is_not() -> None:
    bar = StatusBar(FULL)
    bench = Bench(bar)
    async with bench.shown() as pilot:
        await pilot.click(bar, offset=(60, 0))
        assert bench.posted(StatusBar.ModelClicked) == []
        await pilot.click(bar, offset=(5, 0))
        assert len(bench.posted(StatusBar.ModelClicked)) == 1


async def test_the_footer_drops_keys_from_the_right() -> None:
    footer = KeyFooter(KEYMAP, LABELLED)
    async with Bench(footer).shown(80) as pilot:
        assert footer.render().plain.split("  ") == [
            "Ctrl+L model",
            "Ctrl+N new",
            "Ctrl+F find",
            "F1 help",
            "",
        ]
        await pilot.resize_terminal(34, 24)
        assert footer.render().plain.split("  ") == ["Ctrl+L model", "Ctrl+N new", ""]


async def test_the_footer_shows_what_it_is_told_and_posts_clicks() -> None:
    footer = KeyFooter(KEYMAP, LABELLED)
    bench = Bench(footer)
    async with bench.shown() as pilot:
        footer.show([BY_NAME["stop"], BY_NAME["retry"], BY_NAME["help"]])
        await pilot.pause()
        assert footer.render().plain == "Esc stop  F1 help  "
        await pilot.click(footer, offset=(2 + 11, 0))
        assert [message.command.name for message in bench.posted(KeyFooter.Clicked)] == ["help"]


async def test_other_keys_take_the_footer_while_there_are_any() -> None:
    footer = KeyFooter(KEYMAP, LABELLED)
    async with Bench(footer).shown(20) as pilot:
        before = footer.render().plain
        footer.show_hints([("e", "edit"), ("[ ]", "flip"), ("d", "delete")])
        assert footer.render().plain.split("  ") == ["e edit", "[ ] flip", ""]
        await pilot.click(KeyFooter, offset=(3, 0))
        footer.show_hints([])
        assert footer.render().plain == before
