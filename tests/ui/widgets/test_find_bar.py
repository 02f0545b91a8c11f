from textual.widgets import Static

from chatapp.ui.widgets.find_bar import FindBar
from tests.ui.widgets.widget_bench import Bench


async def test_typing_posts_changes_and_keys_post_steps() -> None:
    bar = FindBar()
    bench = Bench(bar)
    async with bench.shown() as pilot:
        assert not bar.is_open
        bar.open()
        await pilot.press(*"ab", "enter", "down", "up", "escape")
        assert [message.text for message in bench.posted(FindBar.Changed)] == ["", "a", "ab"]
        assert len(bench.posted(FindBar.Next)) == 2
        assert len(bench.posted(FindBar.Previous)) == 1
        assert len(bench.posted(FindBar.Closed)) == 1
        assert not bar.is_open


async def test_the_count_is_shown() -> None:
    bar = FindBar()
    async with Bench(bar).shown() as pilot:
        bar.open()
        count = bar.query(Static).last()
        await pilot.press("a")
        bar.show_count(3, 17)
        assert str(count.content) == "3/17"
        bar.show_count(0, 0)
        assert str(count.content) == "not found"
        assert count.has_class("-none")
        await pilot.press("backspace")
        bar.show_count(0, 0)
        assert str(count.content) == ""


async def test_opened_again_the_old_text_is_replaced_by_typing() -> None:
    bar = FindBar()
    bench = Bench(bar)
    async with bench.shown() as pilot:
        bar.open()
        await pilot.press(*"old", "escape")
        bar.open()
        await pilot.press("n")
        assert [message.text for message in bench.posted(FindBar.Changed)][-2:] == ["old", "n"]
