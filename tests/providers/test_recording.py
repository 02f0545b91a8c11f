"""What goes over the wire is recorded without secrets, and plays back as it was."""

import asyncio
import json
import stat
import threading
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatapp.core.endpoints import Endpoint, Secret
from chatapp.core.exchange_log import WireLog
from chatapp.core.exchange_reader import ExchangeReader
from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.core.oddities import OddityKind
from chatapp.core.ports import ChatRequest
from chatapp.core.stream_events import (
    ProviderEvent,
    ReasoningDelta,
    RetryScheduled,
    TextDelta,
    ToolCallDelta,
)
from chatapp.core.wire import (
    Closing,
    WireBody,
    WireComment,
    WireEnd,
    WireEvent,
    WireTap,
    WireTaps,
)
from chatapp.providers.openai_chat import OpenAIChat, Patience
from chatapp.providers.playback import Playback
from chatapp.providers.recording import (
    Recording,
    WireRecorder,
    parse_recording,
    read_recording,
    save_recording,
)
from chatapp.providers.replay import Replay
from tests.support.chat_server import (
    COMMENT,
    DONE,
    ChatServer,
    Drop,
    Head,
    Respond,
    Script,
    Send,
    Sleep,
    Stall,
    Wait,
    ending,
    reasoning_chunks,
    reply,
    sse,
    text_chunks,
    tool_call_chunks,
)
from tests.support.grammar import as_message, assert_legal
from tests.support.recordings import needs_recordings, recordings

KEY = "sk-very-secret-key-0123456789"
REQUEST = ChatRequest(
    "test-model", (ChatMessage("u", None, Role.USER, (TextPart(f"你好 {KEY}"),), 0.0),)
)
PATIENCE = Patience(backoff_s=0.001)


def provider_of(base_url: str, *taps: WireTap) -> OpenAIChat:
    endpoint = Endpoint("test", base_url, api_key=Secret(KEY))
    return OpenAIChat(endpoint, PATIENCE, taps=WireTaps(taps))


async def events_of(
    provider: OpenAIChat | Replay, request: ChatRequest = REQUEST
) -> list[ProviderEvent]:
    async with aclosing(provider.stream(request)) as batches:
        return [event async for batch in batches for event in batch]


async def recorded(
    base_url: str, file: Path, requests: int = 1
) -> tuple[list[list[ProviderEvent]], Recording]:
    """The events of some requests, and their recording."""
    recorder = WireRecorder(file, "test", base_url)
    provider = provider_of(base_url, recorder)
    heard = [await events_of(provider) for _ in range(requests)]
    await provider.close()
    recorder.close()
    return heard, read_recording(file)


def replay_of(recording: Recording, speed: float = 0.0) -> Replay:
    base_url = recording.base_url or "http://replay.invalid/v1"
    return Replay(Playback(recording), Endpoint("test", base_url, api_key=Secret(KEY)), speed)


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def ends_with(text: str, batch: Sequence[ProviderEvent]) -> bool:
    """Whether the batch has text that ends so; neighbours may have come as one delta."""
    return any(isinstance(event, TextDelta) and event.text.endswith(text) for event in batch)


def merged(events: Sequence[ProviderEvent]) -> list[ProviderEvent]:
    """The events without what hangs on time: retries, and how text was cut into deltas."""
    found: list[ProviderEvent] = []
    for event in events:
        match found[-1:], event:
            case [TextDelta(before)], TextDelta(text):
                found[-1] = TextDelta(before + text)
            case [ReasoningDelta(before)], ReasoningDelta(text):
                found[-1] = ReasoningDelta(before + text)
            case [ToolCallDelta(0, before)], ToolCallDelta(0, text):
                found[-1] = ToolCallDelta(0, before + text)
            case _, RetryScheduled():
                pass
            case _:
                found.append(event)
    return found


WEATHER = tool_call_chunks(0, "call_1", "get_weather", '{"', "city", '":"', "北京", '"}')
BROKEN_TEXT = Send(b'data: {"choices":[{"index":0,"delta":{"content":"a\xffb"}}]}\n\n')

SCRIPTS: dict[str, Script] = {
    "text": reply("空", "调", "👩‍🚀\n", "\u2028"),
    "tool call": [*reasoning_chunks("嗯"), *WEATHER, *ending("tool_calls", (39, 10))],
    "odd framing": [Send(b": ping\n\nid: 7\nevent: chunk\r\n"), *reply("a", "b")],
    "two data lines": [Send(b'data: {"choices":\ndata: [{"delta":{"content":"a"}}]}\n\n'), DONE],
    "no UTF-8": [BROKEN_TEXT, *ending()],
    "a whole completion": [Respond(200, {"choices": [{"message": {"content": "好"}}]})],
    "cut in an event": [*text_chunks("Hel"), Send(b'data: {"choi'), Drop()],
    "reset": [*text_chunks("Hel", "lo"), Drop(is_reset=True)],
    "no end": text_chunks("Hel", "lo"),
    "an error in it": [*text_chunks("Hel"), sse({"error": {"message": "overloaded"}})],
    "an error event": [sse("words", event="error")],
    "a web page": [Respond(200, "<html><title>Hi</title></html>", {"content-type": "text/html"})],
    "plain words": [Respond(200, "Bad gateway")],
    "refused": [Respond(400, {"error": {"message": "too hot", "code": "bad"}})],
    "wrong key": [Respond(401, {"error": {"message": f"wrong key {KEY}"}})],
    "byte by byte": [Send(b"".join(s.data for s in reply("空调") if isinstance(s, Send)), 1)],
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
async def test_a_recording_plays_back_as_it_was(
    script: Script, chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.default = script
    [live], recording = await recorded(chat_server.base_url, tmp_path / "recording.jsonl")
    player = replay_of(recording)
    played = await events_of(player)
    await player.close()
    assert_legal(played)
    assert merged(played) == merged(live)
    assert as_message(played) == as_message(live)


async def test_a_recording_of_a_replay_is_the_same(chat_server: ChatServer, tmp_path: Path) -> None:
    chat_server.default = [COMMENT, Send(b"id: 7\n"), *reply("空", "调"), BROKEN_TEXT]
    _, recording = await recorded(chat_server.base_url, tmp_path / "first.jsonl")
    log = WireLog()
    endpoint = Endpoint("test", recording.base_url)
    player = Replay(Playback(recording), endpoint, 0.0, WireTaps([log]))
    await events_of(player)
    await player.close()
    again = [item for item in log.exchanges[0].exchange.incoming if isinstance(item, WireEvent)]
    first = [item for item in recording.exchanges[0].incoming if isinstance(item, WireEvent)]
    assert [(e.data, e.name, e.event_id) for e in again] == [
        (e.data, e.name, e.event_id) for e in first
    ]


async def test_retries_are_played_too(chat_server: ChatServer, tmp_path: Path) -> None:
    chat_server.enqueue(Respond(503, {"error": {"message": "busy"}}, {"retry-after": "0"}))
    chat_server.enqueue(*reply("好"))
    [live], recording = await recorded(chat_server.base_url, tmp_path / "recording.jsonl")
    assert [exchange.response.status for exchange in recording.exchanges if exchange.response] == [
        503,
        200,
    ]
    player = replay_of(recording)
    played = await events_of(player)
    await player.close()
    assert isinstance(played[0], RetryScheduled)
    assert merged(played) == merged(live)


async def test_requests_are_answered_in_order_and_again_from_the_start(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    for word in ("one", "two"):
        chat_server.enqueue(*reply(word))
    live, recording = await recorded(chat_server.base_url, tmp_path / "recording.jsonl", requests=2)
    player = replay_of(recording)
    played = [await events_of(player) for _ in range(3)]
    assert [merged(events) for events in played] == [merged(events) for events in [*live, live[0]]]
    assert await player.list_models() == ("test-model",)
    await player.close()


async def test_nothing_answers_in_the_replay_either(tmp_path: Path) -> None:
    with ChatServer() as gone:
        base_url = gone.base_url
    [live], recording = await recorded(base_url, tmp_path / "recording.jsonl")
    assert recording.exchanges[0].response is None
    player = replay_of(recording)
    assert merged(await events_of(player)) == merged(live)
    await player.close()


class TestSecrets:
    async def test_no_key_reaches_the_file(self, chat_server: ChatServer, tmp_path: Path) -> None:
        echo = f"your key {KEY} is wrong"
        chat_server.enqueue(Respond(401, {"error": {"message": echo}}, {"x-request-id": KEY}))
        chat_server.enqueue(*text_chunks(echo), COMMENT, Send(f": {KEY}\n\n".encode()), *ending())
        chat_server.enqueue(Respond(200, {"choices": [{"message": {"content": echo}}]}))
        file = tmp_path / "recording.jsonl"
        await recorded(chat_server.base_url, file, requests=3)
        assert KEY not in file.read_text()
        assert chat_server.chats[0].headers["authorization"] == f"Bearer {KEY}"
        lines = lines_of(file)
        request = next(line for line in lines if line["type"] == "request")
        assert request["headers"]["authorization"] == "***"
        assert request["body"]["messages"][0]["content"] == "你好 ***"

    @pytest.mark.parametrize("place", range(40, 80, 3))
    async def test_nor_in_two_pieces(
        self, place: int, chat_server: ChatServer, tmp_path: Path
    ) -> None:
        body = json.dumps({"choices": [{"message": {"content": f"your key is {KEY}"}}]}).encode()
        head = Head(headers={"content-type": "application/json"})
        chat_server.default = [head, Send(body[:place]), Sleep(0.02), Send(body[place:])]
        file = tmp_path / "recording.jsonl"
        [live], recording = await recorded(chat_server.base_url, file)
        told = "".join(
            item.text for item in recording.exchanges[0].incoming if isinstance(item, WireBody)
        )
        assert told == body.decode().replace(KEY, "***")
        assert as_message(live).text == f"your key is {KEY}"

    async def test_nor_the_password_of_an_address(self, tmp_path: Path) -> None:
        file = tmp_path / "recording.jsonl"
        WireRecorder(file, "test", "https://me:pass-word@host/v1?key=pass-word").close()
        header = lines_of(file)[0]
        assert header["base_url"] == "https://host/v1?key=***"

    async def test_nobody_else_can_read_it(self, tmp_path: Path) -> None:
        file = tmp_path / "recording.jsonl"
        WireRecorder(file, "test", "http://host/v1").close()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.chmod(0o644)
        WireRecorder(file, "test", "http://host/v1").close()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


class TestTheFile:
    async def test_what_it_says(self, chat_server: ChatServer, tmp_path: Path) -> None:
        chat_server.default = [COMMENT, *text_chunks("空"), Send(b"id: 7\n"), *ending()]
        file = tmp_path / "recording.jsonl"
        await recorded(chat_server.base_url, file)
        header, request, response, comment, event, *_rest, end = lines_of(file)
        assert header["version"] == 1
        assert header["program"].startswith("chatapp ")
        assert (header["endpoint"], header["base_url"]) == ("test", chat_server.base_url)
        assert (request["method"], request["url"]) == (
            "POST",
            f"{chat_server.base_url}/chat/completions",
        )
        assert abs(request["started_at"] - time.time()) < 60
        assert response["status"] == 200
        assert response["headers"]["content-type"].startswith("text/event-stream")
        assert comment["text"] == "keep-alive"
        assert json.loads(event["data"])["choices"][0]["delta"] == {"content": "空"}
        assert (end["type"], end["closing"]) == ("end", "done")
        times = [line["at"] for line in lines_of(file)[1:]]
        assert times == sorted(times)

    async def test_it_grows_with_the_stream(self, chat_server: ChatServer, tmp_path: Path) -> None:
        gate = threading.Event()
        chat_server.default = [*text_chunks("a"), Wait(gate), *ending()]
        file = tmp_path / "recording.jsonl"
        recorder = WireRecorder(file, "test", chat_server.base_url)
        provider = provider_of(chat_server.base_url, recorder)
        async with aclosing(provider.stream(REQUEST)) as batches:
            async for batch in batches:
                if ends_with("a", batch):
                    break
            assert lines_of(file)[-1]["type"] == "event"
            gate.set()
        await provider.close()
        recorder.close()
        assert lines_of(file)[-1]["closing"] == Closing.STOPPED

    async def test_a_later_run_goes_on_with_it(
        self, chat_server: ChatServer, tmp_path: Path
    ) -> None:
        file = tmp_path / "recording.jsonl"
        await recorded(chat_server.base_url, file)
        with file.open("a") as crashed:
            crashed.write('{"type": "request", "exch')
        _, recording = await recorded(chat_server.base_url, file)
        assert len(recording.exchanges) == 2

    async def test_exchanges_side_by_side_are_kept_apart(
        self, chat_server: ChatServer, tmp_path: Path
    ) -> None:
        for word in ("one", "two", "three"):
            chat_server.enqueue(*text_chunks(word), Sleep(0.05), *text_chunks(word), *ending())
        file = tmp_path / "recording.jsonl"
        recorder = WireRecorder(file, "test", chat_server.base_url)
        provider = provider_of(chat_server.base_url, recorder)
        live = await asyncio.gather(*(events_of(provider) for _ in range(3)))
        await provider.close()
        recorder.close()
        player = replay_of(read_recording(file))
        played = [as_message(await events_of(player)).text for _ in range(3)]
        await player.close()
        assert sorted(played) == sorted(as_message(events).text for events in live)

    async def test_a_log_is_saved_as_a_recording(
        self, chat_server: ChatServer, tmp_path: Path
    ) -> None:
        log = WireLog()
        provider = provider_of(chat_server.base_url, log)
        live = await events_of(provider)
        await provider.close()
        file = tmp_path / "saved.jsonl"
        save_recording(file, [each.exchange for each in log.exchanges], chat_server.base_url)
        player = replay_of(read_recording(file))
        assert merged(await events_of(player)) == merged(live)
        await player.close()


class TestTaps:
    async def test_one_that_opens_in_the_middle_hears_of_the_request(
        self, chat_server: ChatServer
    ) -> None:
        gate = threading.Event()
        chat_server.default = [*text_chunks("a"), Wait(gate), COMMENT, *text_chunks("b"), *ending()]
        taps, log = WireTaps(), WireLog()
        endpoint = Endpoint("test", chat_server.base_url)
        provider = OpenAIChat(endpoint, PATIENCE, taps=taps)
        async with aclosing(provider.stream(REQUEST)) as batches:
            async for batch in batches:
                if ends_with("a", batch):
                    remove = taps.add(log)
                    gate.set()
                if ends_with("b", batch):
                    break
            remove()
            async for _batch in batches:
                pass
        await provider.close()
        (seen,) = log.exchanges
        assert seen.request is not None
        assert json.loads(seen.request.body)["model"] == "test-model"
        assert seen.response is not None
        incoming = seen.exchange.incoming
        assert any(isinstance(item, WireComment) for item in incoming)
        assert all('"a"' not in item.data for item in incoming if isinstance(item, WireEvent))

    async def test_one_that_opens_again_hears_no_half_events(self, chat_server: ChatServer) -> None:
        half = b'data: {"choices":[{"delta":{"content":"half'
        gates = [threading.Event() for _ in range(2)]
        chat_server.default = [
            *text_chunks("a"),
            Send(half),
            Wait(gates[0]),
            Send(b'"}}]}\n\n'),
            *text_chunks("b"),
            Wait(gates[1]),
            Send(b'rest of another"}}]}\n\n'),
            *text_chunks("c"),
            *ending(),
        ]
        taps, log = WireTaps(), WireLog()
        remove = taps.add(log)
        provider = OpenAIChat(Endpoint("test", chat_server.base_url), PATIENCE, taps=taps)
        async with aclosing(provider.stream(REQUEST)) as batches:
            async for batch in batches:
                if ends_with("a", batch):
                    remove()
                    gates[0].set()
                if ends_with("b", batch):
                    taps.add(log)
                    gates[1].set()
        assert gates[1].is_set()
        await provider.close()
        datas = [
            item.data for item in log.exchanges[0].exchange.incoming if isinstance(item, WireEvent)
        ]
        assert all(json.loads(data) for data in datas if data != "[DONE]")
        assert log.exchanges[0].findings == ()

    async def test_how_it_ended_is_told(self, chat_server: ChatServer) -> None:
        ends: list[tuple[Closing, bool]] = []
        scripts: list[Script] = [
            reply("a"),
            text_chunks("a"),
            [*text_chunks("a"), Drop()],
            [*text_chunks("a"), Stall()],
        ]
        for script in scripts:
            chat_server.enqueue(*script)  # type: ignore[misc]  # no function is among them
            log = WireLog()
            endpoint = Endpoint("test", chat_server.base_url)
            provider = OpenAIChat(endpoint, Patience(stall_s=0.05), taps=WireTaps([log]))
            await events_of(provider)
            await provider.close()
            end = log.exchanges[0].end
            assert end is not None
            ends.append((end.closing, bool(end.detail)))
        assert ends == [
            (Closing.DONE, False),
            (Closing.CLEAN, False),
            (Closing.CUT, True),
            (Closing.GIVEN_UP, True),
        ]


class TestAnEventThatIsNotWhole:
    """Who ended the exchange decides whose fault half an event is."""

    ONE_AND_A_HALF = Send(
        b'data: {"choices":[{"index":0,"delta":{"content":"abcdef"}}]}\n\n'
        b'data: {"choices":[{"index":0,"del'
    )

    async def test_a_stop_leaves_it_out(self, chat_server: ChatServer) -> None:
        chat_server.default = [self.ONE_AND_A_HALF, Stall()]
        log = WireLog()
        provider = provider_of(chat_server.base_url, log)
        async with aclosing(provider.stream(REQUEST)) as batches:
            async for batch in batches:
                if ends_with("abcdef", batch):
                    break
        await provider.close()
        self.assert_only_whole(log, Closing.STOPPED)
        assert log.exchanges[0].findings == ()

    async def test_a_limit_of_ours_leaves_it_out(
        self, chat_server: ChatServer, tmp_path: Path
    ) -> None:
        chat_server.default = [self.ONE_AND_A_HALF, Stall()]
        log, file = WireLog(), tmp_path / "recording.jsonl"
        recorder = WireRecorder(file, "test", chat_server.base_url)
        provider = provider_of(chat_server.base_url, log, recorder)
        live = await events_of(provider, replace(REQUEST, reply_limit=5))
        await provider.close()
        recorder.close()
        self.assert_only_whole(log, Closing.GIVEN_UP)
        (finding,) = log.exchanges[0].findings
        assert finding.oddity.message == (
            "given up by chatapp: The reply was stopped: it is longer than 5 characters."
        )
        assert as_message(live).text == "abcde"
        assert read_recording(file).exchanges[0].end == WireEnd(
            pytest.approx(lines_of(file)[-1]["at"]), Closing.GIVEN_UP, finding.oddity.detail
        )

    async def test_a_broken_connection_is_told(
        self, chat_server: ChatServer, tmp_path: Path
    ) -> None:
        chat_server.default = [self.ONE_AND_A_HALF, Drop()]
        file = tmp_path / "recording.jsonl"
        _, recording = await recorded(chat_server.base_url, file)
        assert lines_of(file)[-2]["cut"] is True
        assert "cut" not in lines_of(file)[-3]
        log = WireLog()
        player = Replay(Playback(recording), Endpoint("test", "http://a/v1"), 0, WireTaps([log]))
        await events_of(player)
        await player.close()
        for exchange in (recording.exchanges[0], log.exchanges[0].exchange):
            reader = ExchangeReader()
            for item in exchange.items:
                reader.read(item)
            kinds = {finding.oddity.kind for finding in reader.findings}
            assert kinds == {OddityKind.EVENT_CUT, OddityKind.CUT}

    async def test_a_silence_is_told_with_it(self, chat_server: ChatServer) -> None:
        chat_server.default = [self.ONE_AND_A_HALF, Stall()]
        log = WireLog()
        endpoint = Endpoint("test", chat_server.base_url)
        provider = OpenAIChat(endpoint, Patience(stall_s=0.05), taps=WireTaps([log]))
        await events_of(provider)
        await provider.close()
        kinds = {finding.oddity.kind for finding in log.exchanges[0].findings}
        assert kinds == {OddityKind.EVENT_CUT, OddityKind.GIVEN_UP}

    def assert_only_whole(self, log: WireLog, closing: Closing) -> None:
        exchange = log.exchanges[0].exchange
        assert exchange.end is not None
        assert exchange.end.closing is closing
        (event,) = exchange.incoming
        assert isinstance(event, WireEvent)
        assert "abcdef" in event.data


async def test_the_timing_is_kept_and_divided_by_the_speed(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.default = [Sleep(0.2), *text_chunks("a"), Sleep(0.4), *reply("b")]
    _, recording = await recorded(chat_server.base_url, tmp_path / "recording.jsonl")

    async def times(speed: float) -> tuple[float, float]:
        player = replay_of(recording, speed)
        await player.list_models()  # makes the client, for which nobody waits here
        began = time.monotonic()
        heard: list[float] = []
        async with aclosing(player.stream(REQUEST)) as batches:
            async for batch in batches:
                texts = [event for event in batch if isinstance(event, TextDelta)]
                heard += [time.monotonic() - began for _ in texts]
        await player.close()
        return heard[0], heard[-1]

    first, last = await times(1.0)
    assert first > 0.18
    assert last - first > 0.36
    _, sooner = await times(4.0)
    assert 0.14 < sooner < last * 0.8
    for fastest in (0.0, float("inf")):
        assert (await times(fastest))[1] < last * 0.5


async def test_whoever_does_not_stream_waits_for_the_whole(
    chat_server: ChatServer, tmp_path: Path
) -> None:
    chat_server.default = [*text_chunks("a"), Sleep(0.2), *reply("b")]
    _, recording = await recorded(chat_server.base_url, tmp_path / "recording.jsonl")
    player = replay_of(recording, 1.0)
    await player.list_models()
    began = time.monotonic()
    whole = ChatRequest("m", REQUEST.messages, is_streamed=False)
    async with aclosing(player.stream(whole)) as batches:
        async for batch in batches:
            if any(isinstance(event, TextDelta) for event in batch):
                break
        assert time.monotonic() - began > 0.15
    await player.close()


@needs_recordings
@pytest.mark.parametrize("recording", recordings()[::7], ids=lambda recording: recording.name)
async def test_a_bare_body_plays_like_the_live_stream(
    recording: Any, chat_server: ChatServer
) -> None:
    chat_server.enqueue(Head(), Send(recording.body))
    provider = OpenAIChat(Endpoint("test", chat_server.base_url))
    live = await events_of(provider)
    await provider.close()
    player = replay_of(parse_recording(recording.body), 1.0)
    player_events = await events_of(player)
    await player.close()
    assert as_message(player_events).parts == as_message(live).parts
    assert as_message(player_events).usage == as_message(live).usage
