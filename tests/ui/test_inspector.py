"""The inspector beside the chat: what goes over the wire, as it comes."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from chatapp.core.endpoints import Endpoint
from chatapp.core.exchange_log import ITEMS_KEPT, ExchangeLog
from chatapp.core.oddities import OddityKind
from chatapp.core.ports import ChatRequest
from chatapp.core.stream_events import TextDelta
from chatapp.core.wire import MASK, WireEvent, WireRequest
from chatapp.core.wire_chunks import EventKind
from chatapp.providers import wire_scribe
from chatapp.providers.playback import Playback
from chatapp.providers.recording import read_recording
from chatapp.providers.replay import Replay
from chatapp.ui.inspector import passing_note
from chatapp.ui.inspector.event_list import NONE_PASSES, EventList
from chatapp.ui.inspector.figures import NOTHING_YET, ExchangeFigures, figure_lines
from chatapp.ui.inspector.frames import FRAME_S
from chatapp.ui.inspector.panel import Inspector
from chatapp.ui.inspector.words import UNWATCHED
from tests.support.chat_server import (
    COMMENT,
    ChatServer,
    Exchange,
    Respond,
    Send,
    Sleep,
    Step,
    Wait,
    chunk,
    ending,
    reasoning_chunks,
    reply,
    sse,
    text_chunks,
)
from tests.support.full_disk import files_of_at_most
from tests.support.full_screen import Chat, chat_with

WIDE = (140, 40)
HOSTILE = "\x1b]0;owned\x07\x1b[31m\u202e"


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


def inspector(chat: Chat) -> Inspector:
    assert chat.screen.inspector is not None
    return chat.screen.inspector


def is_watched(chat: Chat) -> bool:
    return chat.screen.directory.taps.is_open


def rows(chat: Chat) -> list[str]:
    """The list in short: kinds of events, and in parentheses what is odd."""
    return [
        f"({row.oddity.kind})" if row.oddity else str(row.entry.reading.kind)
        for row in inspector(chat).events.rows
    ]


def selected(chat: Chat) -> int:
    entry = inspector(chat).events.selected
    assert entry is not None
    return entry.number


async def until_ended(chat: Chat) -> None:
    """Wait until the inspector shows the end of an exchange."""
    await chat.until_idle()
    await chat.until(lambda: (log := inspector(chat).exchange) and log.end, "an end")
    await chat.until(lambda: not inspector(chat).events.waiting, "the list to catch up")


async def watched(chat: Chat, *keys: str, question: str = "有透明的金属吗？") -> None:
    """Open the inspector, ask, wait for the whole reply, and press keys in the inspector."""
    await chat.pilot.press("f12", "escape")
    await chat.say(question)
    await until_ended(chat)
    await chat.pilot.press("f12", *keys)


async def test_every_event_is_shown_with_time_gap_size_and_kind(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(
        chunk({"role": "assistant", "content": ""}),
        *reasoning_chunks("想"),
        Sleep(0.3),
        *text_chunks("有，", "Al₂O₃"),
        *ending(usage=(39, 467)),
    )
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await chat.pilot.press("ctrl+backslash", "escape")
        await chat.until_shown(NOTHING_YET)
        await chat.say("有透明的金属吗？")
        await until_ended(chat)
        assert rows(chat) == [
            *("head", "empty", "reasoning", "(reasoning_field)", "text", "text"),
            *("finish", "usage", "done", "end"),
        ]
        await chat.until_shown("Al₂O₃", "39 prompt + 467", "7 events", "467 tokens, done")
        await chat.until_shown("TTFT", "median", "tokens/s", "1 odd: reasoning comes as")
        entries = [row.entry for row in inspector(chat).events.rows if row.oddity is None]
        assert entries[3].gap_s > 0.25 > entries[4].gap_s
        assert entries[3].after_s > 0.3
        size = len(chunk({"content": "有，"}).data)
        assert f" {size} text " in chat.text


async def test_it_can_be_opened_in_the_middle(chat_server: ChatServer, tmp_path: Path) -> None:
    gate = threading.Event()
    chat_server.enqueue(*text_chunks("before "), Wait(gate), *text_chunks("after"), *ending())
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await chat.say("go")
        await chat.until_shown("before")
        await chat.pilot.press("f12")
        await chat.until_shown('"before "', "1 event,", "streaming", UNWATCHED[:50])
        gate.set()
        await until_ended(chat)
        assert rows(chat) == ["head", "text", "text", "finish", "usage", "done", "end"]
        await chat.until_shown("TTFT", '"after"')


async def test_what_is_kept_no_longer_is_not_measured(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_scribe, "KEPT_BYTES", 1000)
    gate = threading.Event()
    chat_server.enqueue(*text_chunks("before" * 99), Wait(gate), *text_chunks("after"), *ending())
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await chat.say("go")
        await chat.until_shown("before")
        await chat.pilot.press("f12")
        await chat.until_shown(NOTHING_YET)
        gate.set()
        await until_ended(chat)
        assert rows(chat) == ["head", "text", "finish", "usage", "done", "end"]
        await chat.until_shown("watched from the middle on", '"after"')


async def test_closed_it_leaves_nothing_behind(chat_server: ChatServer, tmp_path: Path) -> None:
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        assert not is_watched(chat)
        await chat.pilot.press("f12")
        assert is_watched(chat)
        await chat.pilot.press("escape")
        await chat.say("once")
        await until_ended(chat)
        panel = inspector(chat)
        await chat.pilot.press("f12")
        assert inspector(chat).has_focus_within
        await chat.pilot.press("f12")
        await chat.until(lambda: not panel.is_attached, "the panel to go")
        assert not is_watched(chat)
        assert (chat.screen.inspector, chat.screen.directory.taps.all) == (None, ())
        assert not list(panel._timers)
        assert not chat.app.query(Inspector)
        assert chat.screen.composer.has_focus
        chat_server.enqueue(*reply("unseen"))
        await chat.say("twice")
        await chat.until_idle()
        await chat.pilot.press("f12")
        await chat.until_shown('"unseen"', UNWATCHED[:50])


async def test_what_is_odd_is_said_where_it_came(chat_server: ChatServer, tmp_path: Path) -> None:
    chat_server.enqueue(
        sse({"model": "m"}),
        COMMENT,
        sse(f"not JSON {HOSTILE}"),
        chunk({"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]}),
        *text_chunks(HOSTILE),
        chunk({}, "tool_calls"),
    )
    chat_server.enqueue(*reply("done"))
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await watched(chat, "left_square_bracket")
        shown = [row for row in rows(chat) if row.startswith("(")]
        assert {f"({kind})" for kind in ODD} <= set(shown)
        await chat.until_shown("! the data is not JSON", "! no [DONE] came")
        assert not {"\x1b", "\x07", "\u202e"} & set(chat.text)


ODD = (
    OddityKind.NO_CHOICES,
    OddityKind.KEEP_ALIVE,
    OddityKind.NOT_JSON,
    OddityKind.CALL_INDEX_MISSING,
    OddityKind.NO_DONE,
    OddityKind.USAGE_ABSENT,
)


async def test_keys_jump_to_what_is_odd_and_to_the_ends(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    words = text_chunks(*map(str, range(60)))
    chat_server.enqueue(*words[:30], COMMENT, *words[30:], COMMENT, *ending())
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await watched(chat)
        assert selected(chat) == 67
        await chat.pilot.press("home")
        assert (selected(chat), inspector(chat).events.is_following) == (1, False)
        for key, number in (("n", 32), ("n", 63), ("n", 63), ("N", 32), ("N", 32)):
            await chat.pilot.press(key)
            assert selected(chat) == number
        assert "keep-alive" in chat.text
        await chat.until_shown("Nothing odd before this event; n looks after it.")
        await chat.pilot.press("end")
        assert (selected(chat), inspector(chat).events.is_following) == (67, True)
        await chat.pilot.press("pageup", "up")
        assert selected(chat) < 50


async def test_where_nothing_is_odd_the_inspector_says_so(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    chat_server.enqueue(*text_chunks("one"), Wait(gate), *text_chunks("two"), *ending())
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await chat.pilot.press("f12", "escape")
        await chat.say("go")
        await chat.until_shown('"one"')
        await chat.pilot.press("f12", "n")
        await chat.until_shown("Nothing is odd so far.")
        gate.set()
        await until_ended(chat)
        await chat.pilot.press("n", "enter", "N")
        await chat.until_shown("Nothing is odd here.", "back to the events")
        assert not chat.notices
        monkeypatch.setattr(passing_note, "SAID_FOR_S", 0.01)
        await chat.pilot.press("n")
        await chat.until(lambda: "Nothing is odd" not in chat.text, "the note to pass")


async def test_a_whole_event_says_its_times_in_words(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(sse({"choices": []}, f"ping{HOSTILE}"), *text_chunks("a"), *ending())
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await watched(chat, "home", "down", "enter")
        await chat.until_shown("#2 ", "bytes", "ms after the request,", "after the one before")
        await chat.until_shown("event: ping␛]0;owned")
        assert not {"\x1b", "\x07", "\u202e"} & set(chat.text)


async def test_filters_by_oddity_kind_and_text(chat_server: ChatServer, tmp_path: Path) -> None:
    chat_server.enqueue(*text_chunks("熵总是", "增加", "entropy"), COMMENT, *ending())
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await watched(chat, "o")
        assert rows(chat) == ["comment", "(keep_alive)"]
        await chat.until_shown("only odd")
        await chat.pilot.press("o", "k")
        assert rows(chat) == ["text"] * 3
        await chat.until_shown("only text")
        await chat.pilot.press("k")
        assert rows(chat) == ["finish"]
        await chat.pilot.press("escape")
        assert len(rows(chat)) == 10
        await chat.pilot.press("slash", *"熵", "enter")
        assert rows(chat) == ["text"]
        await chat.until_shown("only “熵”", "熵总是")
        await chat.pilot.press("slash", *"x")
        assert rows(chat) == []
        await chat.until_shown(NONE_PASSES.strip())
        inspector(chat).events.move(1)
        assert inspector(chat).events.is_following
        await chat.pilot.press("escape")
        assert len(rows(chat)) == 10
        assert inspector(chat).has_focus
        await chat.pilot.press("escape")
        assert chat.screen.composer.has_focus


async def test_paused_the_list_stands_still(chat_server: ChatServer, tmp_path: Path) -> None:
    gate = threading.Event()
    chat_server.enqueue(*text_chunks("one"), Wait(gate), *text_chunks("two"), *ending())
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await chat.pilot.press("f12", "escape")
        await chat.say("go")
        await chat.until_shown('"one"')
        await chat.pilot.press("f12", "space")
        gate.set()
        await chat.until_idle()
        await chat.until_shown("paused, 5 more")
        assert rows(chat) == ["head", "text"]
        await chat.pilot.press("space")
        await chat.until_shown('"two"')
        assert rows(chat)[-1] == "end"
        assert "paused" not in chat.text


async def test_the_request_is_shown_without_the_key(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    key = "sk-very-secret-key"
    (tmp_path / "config.toml").write_text(
        f'[endpoints.work]\nbase_url = "{chat_server.base_url}"\napi_key = "{key}"\n'
    )
    flags = {"model": "work/test-model"}
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE, flags=flags) as chat:
        await watched(chat, "r")
        await chat.until_shown("chat/completions", 'model "test-model", stream true, messages: 1')
        await chat.until_shown("有透明的金属吗？", '"stream": true')
        await chat.pilot.press("end")
        await chat.until_shown(f'"authorization": "{MASK}"')
        log = inspector(chat).exchange
        assert log is not None
        assert log.request is not None
        assert chat_server.chats[0].headers["authorization"] == f"Bearer {key}"
        assert dict(log.request.headers)["authorization"] == MASK
        assert key not in chat.text + repr(log.request)
        await chat.pilot.press("escape", "home", "down", "down", "enter")
        await chat.until_shown('"content": "Hello"', "#3 text, ", "after the request")


async def test_what_was_seen_is_saved_and_can_be_replayed(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    chat_server.enqueue(*reply("第一"))
    chat_server.enqueue(Respond(400, {"error": {"message": "no"}}))
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await chat.pilot.press("f12", "s")
        await chat.until_shown("There is nothing to save yet.")
        await chat.pilot.press("escape")
        await chat.say("first")
        await until_ended(chat)
        await chat.say("second")
        await until_ended(chat)
        await chat.pilot.press("f12", "s")
        await chat.until(lambda: list(folder.glob("chatapp-*.jsonl")), "the file")
        await chat.until_shown("Saved 2 exchanges to")
        await chat.pilot.press("s")
        await chat.until(lambda: len(list(folder.iterdir())) == 2, "another file")
    recording = read_recording(min(folder.iterdir(), key=lambda file: len(file.name)))
    assert recording.base_url == chat_server.base_url
    assert len(recording.exchanges) == 2
    assert [item.status for e in recording.exchanges if (item := e.response)] == [200, 400]
    replay = Replay(Playback(recording), Endpoint("replay", "http://replay.invalid/v1"), speed=0)
    events = [event async for batch in replay.stream(ChatRequest("m", ())) for event in batch]
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "第一"
    await replay.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no such limits")
async def test_what_cannot_be_saved_is_told_and_leaves_no_file(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    chat_server.enqueue(*reply("a long reply " * 100))
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await watched(chat)
        with files_of_at_most(1000):
            await chat.pilot.press("s")
            await chat.until_told("Nothing was saved: ")
        assert "cannot be written: File too large" in chat.notices
        assert "Saved" not in chat.notices
        assert list(folder.iterdir()) == []
        await chat.pilot.press("s")
        await chat.until_told("Saved 1 exchange to")


async def test_exchanges_are_flipped_through(chat_server: ChatServer, tmp_path: Path) -> None:
    chat_server.enqueue(*reply("第一"))
    chat_server.enqueue(*reply("第二"))
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await watched(chat)
        await chat.pilot.press("escape")
        await chat.say("again")
        await until_ended(chat)
        await chat.until_shown('"第二"', "2/2")
        await chat.pilot.press("f12", "left_square_bracket")
        await chat.until_shown('"第一"', "1/2")
        await chat.pilot.press("escape")
        await chat.say("and again")
        await chat.until_idle()
        await chat.until_shown("1/3", '"第一"')
        await chat.pilot.press("f12", "right_square_bracket", "right_square_bracket")
        await chat.until_shown("3/3", '"world"')


async def test_on_a_narrow_screen_it_makes_room_and_goes_on_watching(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path, size=(60, 20)) as chat:
        await chat.pilot.press("f12")
        assert inspector(chat).has_class("-over")
        assert inspector(chat).size.width > 50
        await chat.pilot.press("escape")
        await chat.until(lambda: not inspector(chat).display, "the panel to make room")
        await chat.say("hi")
        await chat.until_idle()
        await chat.until_shown("Hello, world!")
        await chat.pilot.press("f12")
        await chat.until_shown('"Hello"', "gaps")
        await chat.pilot.press("f12")
        assert not is_watched(chat)


async def test_it_follows_the_width_of_the_terminal(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await chat.pilot.press("f12", "escape")
        await chat.pilot.resize_terminal(80, 24)
        await chat.until(lambda: not inspector(chat).display, "the panel to make room")
        await chat.pilot.resize_terminal(120, 40)
        await chat.until(lambda: inspector(chat).display, "the panel to come back")
        await chat.pilot.resize_terminal(80, 24)
        await chat.until(lambda: not inspector(chat).display, "the panel to make room")
        await chat.pilot.press("f12")
        assert inspector(chat).size.width > 70
        await chat.pilot.resize_terminal(150, 40)
        await chat.until(lambda: 60 < inspector(chat).size.width < 75, "the panel beside the chat")
        assert inspector(chat).has_focus


async def test_an_event_is_copied_so_that_it_can_be_pasted_anywhere(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    data = b"data: \xff\xfe\x1b[31m no UTF-8\n\n"
    chat_server.enqueue(Send(data), *text_chunks("好"), *ending())
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await watched(chat, "home", "n", "enter")
        await chat.until_shown("\ufffd\ufffd\u241b[31m no UTF-8")
        await chat.pilot.press("y")
        await chat.until_shown("Copied to the")
        assert chat.app.clipboard == "\ufffd\ufffd\u241b[31m no UTF-8"
        await chat.pilot.press("escape", "down", "down", "y")
        await chat.until(lambda: '"content": "好"' in chat.app.clipboard, "the other event")


async def test_from_one_whole_event_to_the_next_odd_one(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.enqueue(COMMENT, *text_chunks("a"), sse("no JSON <at> all"), *ending())
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await watched(chat, "home", "n", "enter")
        await chat.until_shown("#2 comment", "! a comment keeps")
        await chat.pilot.press("k", "n")
        await chat.until_shown("#4 odd", "! the data is not JSON", "no JSON <at> all")
        await chat.pilot.press("escape")
        assert len(rows(chat)) == 10
        assert selected(chat) == 4


async def test_a_flood_stays_bounded_and_keys_echo(
    chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[int] = []
    catch_up = EventList.catch_up

    def counted(events: EventList) -> None:
        frames.append(1)
        catch_up(events)

    monkeypatch.setattr(EventList, "catch_up", counted)
    gate = threading.Event()
    flood = b"".join(step.data for step in text_chunks(*["flood "] * 200) if isinstance(step, Send))
    count = 100 * 200

    def script(_exchange: Exchange) -> list[Step]:
        return [Wait(gate), *[Send(flood)] * 100, *ending()]

    chat_server.enqueue(script)
    async with chat_with(chat_server.base_url, tmp_path, size=WIDE) as chat:
        await chat.pilot.press("f12", "escape")
        await chat.say("go")
        panel = inspector(chat)
        frames.clear()
        loop = asyncio.get_running_loop()
        began = loop.time()
        gate.set()
        echoes = []
        while chat.session.is_busy:
            echoes.append(await echo_s(chat))
            assert len(panel.events.rows) <= 2 * ITEMS_KEPT
        await until_ended(chat)
        took_s = loop.time() - began
        log = panel.exchange
        assert log is not None
        assert log.event_count == count + 3
        assert len(log.entries) == len(panel.events.rows) == ITEMS_KEPT
        assert panel.events.rows[-1].entry.reading.kind is EventKind.END
        assert len(frames) <= took_s / FRAME_S + 2
        assert len(echoes) > 10
        assert max(echoes) < 0.5


async def echo_s(chat: Chat) -> float:
    """Press a key and tell how long it takes to arrive, without waiting for a quiet screen."""
    loop = asyncio.get_running_loop()
    began, expected = loop.time(), chat.screen.composer.text + "x"
    chat.app.simulate_key("x")
    async with asyncio.timeout(5):
        while chat.screen.composer.text != expected:
            await asyncio.sleep(0)
    took_s = loop.time() - began
    await asyncio.sleep(0.05)
    return took_s


@pytest.mark.parametrize("width", [40, 50, 55, 60, 65, 70, 120])
def test_the_words_about_gaps_stand_in_one_place_whatever_the_gaps_are(width: int) -> None:
    places: set[int] = set()
    for gap_s in (0.001, 0.05, 0.5, 9.0):
        log = ExchangeLog()
        log.take([WireEvent(gap_s * number, "", "x") for number in range(4)])
        (line,) = (line.plain for line in figure_lines(log, width) if "median" in line.plain)
        places.add(line.index("median"))
    assert len(places) == 1


async def test_a_time_beyond_the_calendar_is_the_nearest(tmp_path: Path) -> None:
    request = WireRequest("lab", "POST", "http://lab/v1", (), "{}", at=0.0, started_at=-9e10)
    figures = ExchangeFigures()

    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield figures

    async with Bare().run_test():
        figures.show(ExchangeLog(request), (1, 1), "")
        assert "POST http://lab/v1" in figures.render().plain
