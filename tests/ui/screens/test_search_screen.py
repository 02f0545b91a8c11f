"""Searching all conversations: what was typed last decides what is seen and opened."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import Input, Static

from chatapp.core.errors import StorageError
from chatapp.core.messages import ModelRef
from chatapp.core.records import ConversationHeader, SearchHit
from chatapp.core.safe_text import safe_line
from chatapp.ui.screens.search_screen import MARK, Found, SearchScreen, snippet_line
from chatapp.ui.widgets.row_list import RowList
from tests.ui.widgets.widget_bench import Bench

NOW = datetime(2026, 3, 18, 12).timestamp()
DAY_S = 86_400.0
MODEL = ModelRef("openrouter", "anthropic/claude-sonnet-4.5")


def header(name: str, title: str, days_ago: float = 0.0) -> ConversationHeader:
    at = NOW - days_ago * DAY_S
    return ConversationHeader(name, title, at, at, MODEL)


RECENT = (header("r1", "Prime numbers"), header("r2", "京都之旅", 2))


def hit(name: str, snippet: str, *matches: tuple[int, int], title: str = "A title") -> SearchHit:
    return SearchHit(name, f"{name}-message", title, snippet, matches, NOW - DAY_S, MODEL)


HITS = {
    "sky": (
        hit("a", "Why is the sky blue?", (11, 14)),
        hit("a", "The sky scatters light", (4, 7)),
        hit("b", "sky\nhigh", (0, 3), title="[red]\x1b[31mhostile\x1b]0;x\x07"),
    ),
    "唐": (hit("c", "唐詩三百首", (0, 1)),),
}


class Store:
    """Answers searches at once, or for some words when it is told to."""

    def __init__(self, *held: str) -> None:
        self.asked: list[str] = []
        self.cancelled: list[str] = []
        self.gates = {words: asyncio.Event() for words in held}

    async def search(self, words: str) -> Sequence[SearchHit]:
        self.asked.append(words)
        if words in self.gates:
            try:
                await self.gates[words].wait()
            except asyncio.CancelledError:
                self.cancelled.append(words)
                raise
        if words.startswith("locked"):
            raise StorageError("The database is locked by \x1b[31m[b]another[/b] program.")
        return HITS.get(words, ())


class Opened:
    """The search above an empty app, and what it was dismissed with."""

    def __init__(self, *held: str, recent: Sequence[ConversationHeader] = RECENT) -> None:
        self.bench = Bench()
        self.store = Store(*held)
        self.screen = SearchScreen(self.store.search, recent, lambda: NOW)
        self.results: list[Found | None] = []

    async def open(self, pilot: Pilot[None]) -> None:
        self.bench.push_screen(self.screen, self.results.append)
        await pilot.pause()

    def lines(self) -> list[str]:
        rows = self.screen.query_one(RowList)
        return [rows.render_line(y).text.strip() for y in range(rows.size.height)]

    def note(self) -> str:
        note = self.screen.query_one(".-note", Static)
        return str(note.content) if note.display else ""

    def selected(self) -> Found | None:
        selected: Found | None = self.screen.query_one(RowList).selected
        return selected


async def until(pilot: Pilot[None], is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():
            await pilot.pause()


async def test_without_words_the_recent_conversations_can_be_opened() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        lines = opened.lines()
        assert lines[0] == "Recent"
        assert lines[1].split("  ")[0] == "Prime numbers"
        assert lines[1].endswith("Today · claude-sonnet-4.5")
        assert lines[2].endswith("Mon · claude-sonnet-4.5")
        await pilot.press("down", "enter")
        assert opened.results == [RECENT[1]]
        assert opened.store.asked == []


async def test_recent_conversations_say_where_unsent_text_lies() -> None:
    opened = Opened(recent=(RECENT[0], replace(RECENT[1], has_unsent_text=True)))
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        _, sent, unsent = opened.lines()[:3]
        assert "✎" not in sent
        assert unsent.endswith("✎ unsent · Mon · claude-sonnet-4.5")


async def test_the_pinned_stand_above_the_recent_under_a_heading_of_their_own() -> None:
    opened = Opened(recent=(replace(RECENT[1], is_pinned=True), RECENT[0]))
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        firsts = [line.split("  ")[0] for line in opened.lines()[:4]]
        assert firsts == ["Pinned", "京都之旅", "Recent", "Prime numbers"]


async def test_nothing_was_ever_said() -> None:
    opened = Opened(recent=())
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        assert "no conversations" in opened.note()
        await pilot.press("enter", "down")
        assert opened.results == []


async def test_every_key_searches_and_a_hit_has_title_day_model_and_snippet() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        await pilot.press(*"sky")
        await until(pilot, lambda: "places" in opened.lines()[0])
        assert opened.store.asked == ["s", "sk", "sky"]
        lines = opened.lines()
        assert lines[0] == "3 places in 2 conversations"
        assert lines[1].startswith("A title  ")
        assert lines[1].endswith("Yesterday · claude-sonnet-4.5")
        assert lines[2] == "Why is the sky blue?"
        assert lines[6] == "sky high"
        assert not {*"\x1b\x07"} & {*"".join(lines)}
        assert lines[5].startswith("[red]␛[31mhostile␛]0;x␇")


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ((), 0),
        (("down",), 1),
        (("down", "down", "down", "up"), 1),
        (("ctrl+n", "ctrl+n", "up"), 1),
        (("pagedown",), 2),
        (("pagedown", "pageup"), 0),
    ],
)
async def test_keys_move_while_the_words_keep_the_focus(keys: tuple[str, ...], place: int) -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        await pilot.press(*"sky", *keys)
        assert opened.screen.query_one(Input).has_focus
        await pilot.press("enter")
        assert opened.results == [HITS["sky"][place]]


async def test_a_page_is_what_is_in_view_though_a_hit_takes_two_lines() -> None:
    opened = Opened()
    many = tuple(hit(str(number), "many", (0, 4)) for number in range(60))
    opened.screen = SearchScreen(lambda _words: answer(many), (), lambda: NOW)
    async with opened.bench.shown(80, 24) as pilot:
        await opened.open(pilot)
        await pilot.press("x")
        await until(pilot, lambda: opened.selected() == many[0])
        height = opened.screen.query_one(RowList).size.height
        await pilot.press("pagedown")
        assert opened.selected() == many[(height - 1) // 2]
        await pilot.press("pagedown", "pagedown", "pagedown", "pagedown", "pagedown", "pagedown")
        await pilot.press("pagedown", "pagedown")
        assert opened.selected() == many[-1]
        assert opened.lines()[-1] == "many"


async def test_no_more_than_the_limit_is_not_said_to_be_all() -> None:
    opened = Opened()
    opened.screen = SearchScreen(opened.store.search, (), lambda: NOW, limit=3)
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        await pilot.press(*"sky")
        await until(pilot, lambda: opened.lines()[0] == "The best 3 places in 2 conversations")
        assert opened.selected() == HITS["sky"][0]


async def answer(hits: Sequence[SearchHit]) -> Sequence[SearchHit]:
    return hits


async def test_one_chinese_character_is_searched() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        await pilot.press("唐")
        await until(pilot, lambda: opened.lines()[0] == "1 place in 1 conversation")
        assert opened.lines()[2] == "唐詩三百首"


@pytest.mark.parametrize("line", [1, 2])
async def test_a_click_on_either_line_chooses(line: int) -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        await pilot.press(*"sky")
        await until(pilot, lambda: opened.selected() == HITS["sky"][0])
        await pilot.click(RowList, offset=(5, 0))
        assert opened.results == []
        await pilot.click(RowList, offset=(5, 2 + line))
        assert opened.results == [HITS["sky"][1]]


@pytest.mark.parametrize("act", ["escape", "ctrl+r", "f3", "click"])
async def test_leaving_chooses_nothing(act: str) -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        await (pilot.click(offset=(40, 22)) if act == "click" else pilot.press(act))
        assert opened.results == [None]


async def test_the_answer_to_older_words_never_takes_the_place_of_a_newer_one() -> None:
    opened = Opened("sk")
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        await pilot.press(*"sky")
        await until(pilot, lambda: opened.selected() == HITS["sky"][0])
        assert opened.store.cancelled == ["sk"]
        opened.store.gates["sk"].set()
        await pilot.pause()
        assert opened.selected() == HITS["sky"][0]


async def test_an_answer_that_cannot_be_cancelled_is_dropped() -> None:
    opened = Opened()
    gate = asyncio.Event()

    async def stubborn(words: str) -> Sequence[SearchHit]:
        if words == "sk":
            try:
                await gate.wait()
            except asyncio.CancelledError:
                return HITS["唐"]
        return HITS.get(words, ())

    opened.screen = SearchScreen(stubborn, RECENT, lambda: NOW)
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        await pilot.press(*"sky")
        await until(pilot, lambda: opened.selected() is not None)
        await pilot.pause()
        assert opened.selected() == HITS["sky"][0]


async def test_enter_before_the_answer_opens_the_first_place_when_it_comes() -> None:
    opened = Opened("sky")
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        await pilot.press(*"sky", "enter")
        assert opened.results == []
        opened.store.gates["sky"].set()
        await until(pilot, lambda: bool(opened.results))
        assert opened.results == [HITS["sky"][0]]


async def test_enter_and_then_other_words_open_nothing() -> None:
    opened = Opened("sk")
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        await pilot.press(*"sk", "enter", "y")
        await until(pilot, lambda: opened.selected() == HITS["sky"][0])
        assert opened.results == []


async def test_nothing_found_and_a_broken_store_are_said_in_words() -> None:
    opened = Opened()
    async with opened.bench.shown() as pilot:
        await opened.open(pilot)
        await pilot.press("q")
        await until(pilot, lambda: opened.note() != "")
        assert opened.note().startswith("Nothing found")
        await pilot.press("enter", "backspace")
        await until(pilot, lambda: opened.note() == "")
        assert opened.lines()[0] == "Recent"
        await pilot.press(*"locked", "enter")
        await until(pilot, lambda: "locked" in opened.note())
        assert opened.note() == "The database is locked by ␛[31m[b]another[/b] program."
        assert opened.results == []


@given(st.data())
def test_what_is_marked_is_what_was_found(data: st.DataObject) -> None:
    snippet = data.draw(st.text("ab \n\t\r\x1b\x07\u202e唐[]👨\u200d", max_size=60))
    places = sorted(data.draw(st.lists(st.integers(0, len(snippet)), max_size=6)))
    pairs = list(zip(places[::2], places[1::2], strict=False))
    line = snippet_line(snippet, pairs, 10_000)
    shown = line.plain
    assert shown.strip() == safe_line(snippet)
    marked = "".join(shown[span.start : span.end] for span in line.spans if span.style == MARK)
    found = "".join(safe_line(snippet[start:end]) for start, end in pairs)
    assert marked.replace(" ", "") == found.replace(" ", "")


@given(st.text("ab 唐👍", max_size=150), st.integers(0, 150), st.integers(20, 80))
def test_the_first_match_is_in_view_at_any_width(before: str, after: int, width: int) -> None:
    line = snippet_line(before + "xyz" + "c" * after, [(len(before), len(before) + 3)], width)
    assert "xyz" in line.truncate(width, ellipsis=True).plain


@given(st.lists(st.tuples(st.integers(-5, 20), st.integers(-5, 20))))
def test_places_that_are_none_do_no_harm(places: list[tuple[int, int]]) -> None:
    assert snippet_line("one two", places, 60).plain == "  one two"
