import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input, Static

from chatapp.commands.registry import COMMANDS
from chatapp.core.messages import ModelRef
from chatapp.core.records import ConversationHeader
from chatapp.ui.day_heading import day_heading, local_day, short_day
from chatapp.ui.widgets.composer import Composer
from chatapp.ui.widgets.key_hint import KeyHint
from chatapp.ui.widgets.row_list import RowList
from chatapp.ui.widgets.sidebar import Sidebar
from chatapp.ui.widgets.sidebar_rows import SidebarRow, by_day
from chatapp.ui.widgets.slash_menu import SlashMenu
from tests.ui.widgets.widget_bench import KEYMAP, Bench, can_run

NOW = datetime(2026, 3, 18, 12).timestamp()
"""A Wednesday."""

TODAY = date(2026, 3, 18)
MODEL = ModelRef("openai", "gpt-4o")
DAY_S = 86_400.0


def conversation(name: str, title: str = "", days_ago: float = 0.0) -> SidebarRow:
    at = NOW - days_ago * DAY_S
    return SidebarRow(ConversationHeader(name, title or f"Title {name}", at, at, MODEL))


def pinned(row: SidebarRow) -> SidebarRow:
    return replace(row, header=replace(row.header, is_pinned=True))


ROWS = (
    replace(conversation("a", "Prime numbers"), is_current=True),
    conversation("b", "Why is the sky blue?", 1),
    conversation("c", "京都之旅", 2),
    conversation("d", "Blue cheese", 30),
)


class Shown:
    """A sidebar beside a composer, with the focus in it."""

    def __init__(self, rows: Sequence[SidebarRow] = ROWS) -> None:
        self.sidebar = Sidebar(KEYMAP.key_of, lambda: NOW)
        menu = SlashMenu(COMMANDS, KEYMAP, can_run)
        self.composer = Composer(menu)
        self.bench = Bench(self.sidebar, menu, self.composer)
        self.rows = rows

    async def focus(self, pilot: Pilot[None]) -> None:
        self.sidebar.show(self.rows)
        self.sidebar.focus()
        await pilot.pause()

    def text(self) -> str:
        rows = self.sidebar.query_one(RowList)
        return "\n".join(rows.render_line(y).text.rstrip() for y in range(rows.size.height))

    def selected(self) -> str | None:
        return self.sidebar.selected_id

    def shows_selection(self) -> bool:
        return self.sidebar.query_one(RowList).shows_selection

    def is_renaming(self) -> bool:
        return bool(self.sidebar.query_one(".-title", Input).display)

    def note(self) -> str:
        note = self.sidebar.query_one(".-note", Static)
        return str(note.content) if note.display else ""

    def hint(self) -> str:
        hint = self.sidebar.query_one(KeyHint)
        return " ".join(hint.render().plain.split()) if hint.region else ""


async def test_conversations_stand_under_their_times_the_pinned_above() -> None:
    earlier = conversation("e", "Earlier", 9), conversation("f", "A title that takes the line", 10)
    shown = Shown((*ROWS[1:], *earlier, pinned(conversation("p", "Shopping", 400)), ROWS[0]))
    async with shown.bench.shown(100, 30) as pilot:
        await shown.focus(pilot)
        assert shown.text().rstrip().splitlines() == [
            " Pinned",
            "   Shopping",
            " Today",
            "▎  Prime numbers",
            " Yesterday",
            "   Why is the sky blue?",
            " Monday",
            "   京都之旅",
            " Earlier this month",
            "   Earlier",
            "   A title that takes the line",
            " February",
            "   Blue cheese",
        ]
        await pilot.resize_terminal(80, 30)
        await pilot.pause()
        rows = [line for line in shown.text().splitlines() if line.startswith(("   ", "▎"))]
        assert [" ".join(row[50:].split()) for row in rows] == [
            *("11 Feb 2025", "", "", "", "9 Mar", "8 Mar", "16 Feb"),
        ]


async def test_what_goes_on_in_a_conversation_is_marked() -> None:
    waiting = replace(conversation("w", "Waiting"), is_running=True, awaits_person=True)
    running = replace(conversation("r", "Running"), is_running=True, is_unread=True)
    unread = replace(conversation("u", "Unread"), is_unread=True)
    shown = Shown((waiting, running, unread, replace(unread, is_current=True)))
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        lines = shown.text().splitlines()[1:5]
        assert lines == [" ◐ Waiting", " ● Running", " • Unread", "▎• Unread"]


async def test_unsent_text_is_marked_where_it_is_not_in_view_and_the_mark_is_explained() -> None:
    rows = [replace(row, header=replace(row.header, has_unsent_text=True)) for row in ROWS]
    long = conversation("l", "A title that is longer than the list is wide", 60)
    rows.append(replace(long, header=replace(long.header, has_unsent_text=True)))
    shown = Shown(rows)
    async with shown.bench.shown(100, 30) as pilot:
        await shown.focus(pilot)
        lines = shown.text().rstrip().splitlines()
        marked = [line for line in lines if line.endswith("✎")]
        assert [line.split()[0] for line in marked] == ["Why", "京都之旅", "Blue", "A"]
        assert "…" in marked[-1]
        assert shown.hint().endswith("✎ unsent text")
        shown.sidebar.show(ROWS)
        await pilot.pause()
        assert "✎" not in shown.text() + shown.hint()


async def test_the_neighbour_is_selected_when_the_one_in_view_goes() -> None:
    shown = Shown((ROWS[1], replace(ROWS[0], is_current=False), replace(ROWS[2], is_current=True)))
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        shown.sidebar.show((*shown.rows, ROWS[3]))
        assert shown.selected() == "c"
        shown.sidebar.show((*shown.rows[:2], ROWS[3]))
        assert shown.selected() == "d"


@pytest.mark.parametrize(
    ("keys", "selected"),
    [
        (("down",), "b"),
        (("down", "down", "up"), "b"),
        (("end",), "d"),
        (("end", "home"), "a"),
        (("pagedown",), "d"),
        (("pagedown", "pageup"), "a"),
        (("up",), "a"),
    ],
)
async def test_keys_move_and_enter_opens(keys: tuple[str, ...], selected: str) -> None:
    shown = Shown()
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        await pilot.press(*keys)
        assert shown.selected() == selected
        await pilot.press("enter")
        assert shown.bench.posted(Sidebar.Opened) == [Sidebar.Opened(selected)]


async def test_a_click_opens_what_is_under_it() -> None:
    shown = Shown()
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        await pilot.click(RowList, offset=(5, 3))
        await pilot.click(RowList, offset=(5, 2))  # a heading
        assert shown.bench.posted(Sidebar.Opened) == [Sidebar.Opened("b")]


@pytest.mark.parametrize("key", ["r", "f2"])
async def test_renaming_in_place(key: str) -> None:
    shown = Shown()
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        await pilot.press("down", key)
        assert shown.hint() == "Enter keep Esc cancel"
        await pilot.press("end", *" \u6df1?", "up", "enter")
        expected = Sidebar.Renamed("b", "Why is the sky blue? \u6df1?")
        assert shown.bench.posted(Sidebar.Renamed) == [expected]
        assert shown.sidebar.has_focus
        assert shown.selected() == "b"
        assert not shown.bench.posted(Sidebar.Opened)


async def test_typing_replaces_the_old_title() -> None:
    shown = Shown()
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        await pilot.press("r", *"drup", "enter")
        assert shown.bench.posted(Sidebar.Renamed) == [Sidebar.Renamed("a", "drup")]


async def test_a_title_is_given_up_by_escape_by_leaving_and_when_it_is_empty_or_the_same() -> None:
    shown = Shown()
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        await pilot.press("r", "x", "escape")
        assert shown.sidebar.has_focus
        await pilot.press("r", "enter")
        await pilot.press("r", "space", "enter")
        await pilot.press("r", "x")
        shown.composer.focus()
        await pilot.pause()
        assert not shown.is_renaming()
        await pilot.press("r", "x")
        shown.sidebar.focus()
        await pilot.press("r", "x")
        assert shown.is_renaming()
        shown.sidebar.show(ROWS[1:])
        await pilot.pause()
        assert not shown.is_renaming()
        assert shown.bench.posted(Sidebar.Renamed) == []
        assert shown.bench.posted(Sidebar.Closed) == []


async def test_pinning_deleting_and_undoing_are_asked_for() -> None:
    shown = Shown()
    async with shown.bench.shown(80, 24) as pilot:
        await shown.focus(pilot)
        await pilot.press("p", "down", "d", "down", "delete")
        assert shown.bench.posted(Sidebar.PinToggled) == [Sidebar.PinToggled("a")]
        deleted = [Sidebar.DeleteRequested("b"), Sidebar.DeleteRequested("c")]
        assert shown.bench.posted(Sidebar.DeleteRequested) == deleted
        await pilot.press("u", "u")
        assert len(shown.bench.posted(Sidebar.UndoRequested)) == 2


async def test_nothing_can_be_done_to_no_conversation() -> None:
    shown = Shown(())
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        await pilot.press("enter", "r", "p", "d", "down", "pagedown", "end")
        kinds = (Sidebar.Opened, Sidebar.PinToggled, Sidebar.DeleteRequested)
        assert [shown.bench.posted(kind) for kind in kinds] == [[], [], []]
        assert shown.note().startswith("No conversations yet")
        assert shown.hint() == "Esc back"


@pytest.mark.parametrize("typed", [("slash", *"blue"), tuple("blue"), tuple("\u4eac\u90fd")])
async def test_a_title_is_found_by_a_slash_or_by_just_typing(typed: tuple[str, ...]) -> None:
    shown = Shown()
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        await pilot.press(*typed)
        words = shown.sidebar.query_one(".-filter", Input).value
        listed = [row for row in ROWS if words in row.header.title.casefold()]
        assert words
        lines = [line for line in shown.text().splitlines() if line.startswith("   ")]
        assert len(lines) == len(listed)
        assert shown.selected() == listed[0].header.conversation_id
        await pilot.press("down", "enter")
        last = listed[-1].header.conversation_id
        assert shown.bench.posted(Sidebar.Opened) == [Sidebar.Opened(last)]
        assert "Prime numbers" in shown.text()
        assert shown.selected() == last
        assert shown.sidebar.has_focus


async def test_letters_that_are_keys_are_letters_in_the_filter() -> None:
    shown = Shown((*ROWS, conversation("e", "drupr \u4e2d")))
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        await pilot.press("slash", *"drupr/")
        assert shown.note().startswith("No title has these words")
        await pilot.press("backspace")
        assert shown.selected() == "e"
        assert shown.hint() == "Enter open Esc show all"
        await pilot.press("f2", *"new", "enter")
        assert shown.bench.posted(Sidebar.Renamed) == [Sidebar.Renamed("e", "new")]
        assert not shown.bench.posted(Sidebar.DeleteRequested)
        assert not shown.bench.posted(Sidebar.PinToggled)


@pytest.mark.parametrize("typed", ["blurp", "/blurp", "/drupr/ d"])
async def test_what_is_typed_faster_than_the_focus_moves_is_filtered_by_too(typed: str) -> None:
    shown = Shown()
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        for letter in typed:
            pilot.app.post_message(Key("slash" if letter == "/" else letter, letter))
        await pilot.pause()
        assert shown.sidebar.query_one(".-filter", Input).value == typed.removeprefix("/")
        assert not shown.bench.posted(Sidebar.UndoRequested)
        assert not shown.bench.posted(Sidebar.DeleteRequested)
        assert not shown.is_renaming()


async def test_a_title_is_typed_faster_than_the_focus_moves() -> None:
    shown = Shown()
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        for key in "r\u4eacdp":
            pilot.app.post_message(Key(key, key))
        await pilot.pause()
        await pilot.press("enter")
        assert shown.bench.posted(Sidebar.Renamed) == [Sidebar.Renamed("a", "\u4eacdp")]
        assert not shown.bench.posted(Sidebar.DeleteRequested)


async def test_escape_shows_all_again_and_then_goes_back_to_typing() -> None:
    shown = Shown()
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        await pilot.press(*"cheese", "escape")
        assert shown.selected() == "d"
        assert "Prime numbers" in shown.text()
        assert shown.bench.posted(Sidebar.Closed) == []
        await pilot.press("escape")
        assert len(shown.bench.posted(Sidebar.Closed)) == 1
        assert shown.selected() == "a"


async def test_the_selection_stays_with_its_conversation_whatever_is_shown() -> None:
    shown = Shown()
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        await pilot.press("down", "down")
        newer = conversation("n", "New")
        shown.sidebar.show((newer, *ROWS))
        assert shown.selected() == "c"
        shown.sidebar.show((newer, *ROWS[:2], ROWS[3]))
        assert shown.selected() == "d"
        shown.sidebar.show((newer, *ROWS[:2]))
        assert shown.selected() == "b"
        shown.sidebar.show((replace(newer, is_current=True), ROWS[1]))
        assert shown.selected() == "n"
        shown.sidebar.show(())
        assert shown.selected() is None
        shown.sidebar.show(ROWS)
        assert shown.selected() == "a"


async def test_what_is_the_same_is_not_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Shown()
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        painted: list[int] = []
        rows = shown.sidebar.query_one(RowList)
        monkeypatch.setattr(rows, "refresh", lambda *_args, **_options: painted.append(1))
        shown.sidebar.show(list(ROWS))
        assert painted == []
        shown.sidebar.show((replace(ROWS[0], is_running=True), *ROWS[1:]))
        assert painted == [1]


async def test_a_mark_that_changes_leaves_the_view_where_it_was_scrolled_to() -> None:
    many = [conversation(f"{number}", "", number / 100) for number in range(200)]
    shown = Shown(many)
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        rows = shown.sidebar.query_one(RowList)
        rows.scroll_to(y=50, animate=False)
        await pilot.pause()
        shown.sidebar.show((replace(many[0], is_unread=True), *many[1:]))
        await pilot.pause()
        assert rows.scroll_offset.y == 50


async def test_the_selection_and_the_keys_are_seen_only_with_the_focus() -> None:
    shown = Shown()
    async with shown.bench.shown(100, 30) as pilot:
        await shown.focus(pilot)
        assert shown.shows_selection()
        assert shown.hint().startswith("Enter open r rename p pin d delete")
        await pilot.press("slash")
        assert shown.shows_selection()
        shown.composer.focus()
        await pilot.pause()
        assert not shown.shows_selection()
        assert shown.hint() == ""
        shown.sidebar.display = False
        await pilot.pause()
        shown.sidebar.display = True
        shown.sidebar.focus()
        await pilot.pause()
        assert shown.sidebar.query_one(KeyHint).content_size.height == 2


async def test_it_lies_over_the_chat_where_there_is_no_room_beside_it() -> None:
    shown = Shown()
    async with shown.bench.shown(120, 24) as pilot:
        await shown.focus(pilot)
        assert shown.composer.region.x >= shown.sidebar.region.width == 32
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert shown.composer.region.width > 70
        assert shown.sidebar.region.width == 64
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert shown.sidebar.region.width == 54
        await pilot.resize_terminal(90, 24)
        await pilot.pause()
        assert shown.composer.region.x >= shown.sidebar.region.width == 32


HOSTILE = (
    "\x1b[31mred\x1b]0;x\x07",
    "[red]markup[/] [@click=app.bell]x[/]",
    "\u202eabc \u200b\u2066",
    "a\nb\r\n\tc",
    "\u4e2d\u6587" * 400,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e8\U0001f1f3 " * 20,
)


async def test_hostile_titles_are_seen_and_do_nothing() -> None:
    shown = Shown([conversation(str(place), title) for place, title in enumerate(HOSTILE)])
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        text = shown.text()
        assert not set(text) & set("\x1b\x07\u202e\u200b\u2066\r\t")
        assert "\u241b[31mred" in text
        assert "[red]markup[/] [@click" in text
        assert "   a b c" in text
        rows = shown.sidebar.query_one(RowList)
        assert {rows.render_line(y).cell_length for y in range(7)} == {rows.region.width}
        await pilot.press("r")
        assert shown.sidebar.query_one(".-title", Input).value == "\u241b[31mred\u241b]0;x\u2407"


async def test_thousands_of_conversations_are_as_fast_as_a_few() -> None:
    many = [conversation(str(number), f"Chat {number}", number / 9) for number in range(5_000)]
    shown = Shown(many)
    async with shown.bench.shown() as pilot:
        began = time.process_time()
        await shown.focus(pilot)
        for number in range(10):
            shown.sidebar.show((replace(many[0], is_running=number % 2 == 0), *many[1:]))
            shown.sidebar.show(many)
        await pilot.press("end", "pageup", "pagedown", "slash", *"4999")
        assert time.process_time() - began < 3.0
        await pilot.press("enter")
        assert shown.bench.posted(Sidebar.Opened) == [Sidebar.Opened("4999")]


async def test_an_idle_sidebar_ticks_no_timer() -> None:
    shown = Shown([replace(row, is_running=True) for row in ROWS])
    async with shown.bench.shown() as pilot:
        await shown.focus(pilot)
        await pilot.press("slash")
        widgets = shown.sidebar.walk_children(with_self=True)
        timers = [timer for widget in widgets for timer in widget._timers]
        assert [timer for timer in timers if timer._active.is_set()] == []


# Days


@pytest.mark.parametrize(
    ("days_ago", "heading", "short"),
    [
        (-3, "Today", "Today"),
        (0, "Today", "Today"),
        (1, "Yesterday", "Yesterday"),
        (2, "Monday", "Mon"),
        (6, "Thursday", "Thu"),
        (7, "Earlier this month", "11 Mar"),
        (17, "Earlier this month", "1 Mar"),
        (18, "February", "28 Feb"),
        (77, "December 2025", "31 Dec 2025"),
        (370, "March 2025", "13 Mar 2025"),
    ],
)
def test_days_are_named_as_a_person_does(days_ago: int, heading: str, short: str) -> None:
    day = TODAY - timedelta(days=days_ago)
    assert (day_heading(day, TODAY), short_day(day, TODAY)) == (heading, short)


@given(st.dates(), st.dates())
def test_two_days_in_the_past_never_share_a_name(one: date, other: date) -> None:
    today = max(one, other)
    assert (short_day(one, today) == short_day(other, today)) == (one == other)
    is_one_month = (one.year, one.month) == (other.year, other.month)
    is_long_ago = (today - one).days >= 7 and (today - other).days >= 7
    is_one_heading = day_heading(one, today) == day_heading(other, today)
    assert is_one_heading == (one == other or (is_one_month and is_long_ago))


@given(st.dates(), st.lists(st.integers(0, 800), min_size=1))
def test_no_heading_comes_twice_down_the_list(today: date, days_ago: list[int]) -> None:
    days = [
        today - timedelta(days=ago) for ago in sorted(days_ago) if today - date.min > timedelta(ago)
    ]
    headings = [day_heading(day, today) for day in days]
    assert len(list(groupby(headings))) == len(set(headings))


@given(st.floats())
def test_any_number_is_some_day(at: float) -> None:
    assert date(1970, 1, 1) <= local_day(at) <= date(3000, 1, 2)


@given(st.lists(st.tuples(st.floats(0, 900), st.booleans()), max_size=30))
def test_every_heading_comes_once_and_every_conversation_below_its_own(
    drawn: list[tuple[float, bool]],
) -> None:
    rows = [conversation(str(place), "", age) for place, (age, _) in enumerate(drawn)]
    rows = [
        pinned(row) if is_pinned else row for row, (_, is_pinned) in zip(rows, drawn, strict=True)
    ]
    rows.sort(key=lambda row: (not row.header.is_pinned, -row.header.updated_at))
    lines = list(by_day(rows, TODAY))
    headings = [line for line in lines if isinstance(line, str)]
    assert len(set(headings)) == len(headings)
    assert [line for line in lines if isinstance(line, SidebarRow)] == rows
    heading = ""
    for line in lines:
        if isinstance(line, str):
            heading = line
        elif line.header.is_pinned:
            assert heading == "Pinned"
        else:
            assert heading == day_heading(local_day(line.header.updated_at), TODAY)
