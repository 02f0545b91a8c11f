"""A slow body is taken in a few gulps, a fast one at once, and the first words never wait."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.providers import body_reader
from chatapp.providers.body_reader import GATHERING_S, SLOW_RATE, BodyReader, Pace

LIMIT_S = 5.0


class Socket:
    """Keeps what is sent until it is read, as the system does."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue()

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._pieces.put_nowait(piece)

    async def send_slowly(self, pieces: Iterable[bytes], every_s: float) -> None:
        for piece in pieces:
            self.send(piece)
            await asyncio.sleep(every_s)
        self.send(b"")

    async def pieces(self) -> AsyncIterator[bytes]:
        while piece := await self._pieces.get():
            yield piece


async def take_all(reader: BodyReader) -> list[bytes]:
    taken = []
    while data := await reader.take(LIMIT_S):
        taken.append(data)
    return taken


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=50))
def test_everything_arrives_in_order(pieces: list[bytes]) -> None:
    async def run() -> list[bytes]:
        socket = Socket()
        socket.send(*pieces, b"")
        async with BodyReader(socket.pieces()) as reader:
            return await take_all(reader)

    assert b"".join(asyncio.run(run())) == b"".join(pieces)


async def test_a_slow_body_is_taken_in_a_few_gulps() -> None:
    socket = Socket()
    pieces = [b"%03d" % number for number in range(60)]
    sending = asyncio.create_task(socket.send_slowly(pieces, every_s=0.01))
    async with BodyReader(socket.pieces()) as reader:
        taken = await take_all(reader)
    await sending
    assert b"".join(taken) == b"".join(pieces)
    assert len(taken) < len(pieces) / 2


async def test_a_slow_body_that_is_watched_is_taken_as_it_comes() -> None:
    socket = Socket()
    sent = asyncio.create_task(socket.send_slowly([b"piece"] * 30, every_s=0.02))
    async with BodyReader(socket.pieces(), lambda: True) as reader:
        assert len(await take_all(reader)) > 25
    await sent


async def test_the_first_words_and_those_after_a_pause_are_handed_on_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_reader, "GATHERING_S", 0.2)
    loop = asyncio.get_running_loop()
    socket = Socket()
    async with BodyReader(socket.pieces()) as reader:
        for pause_s in (0.0, 0.01, 0.25, 0.25):
            await asyncio.sleep(pause_s)
            sent_at = loop.time()
            socket.send(b"word")
            assert await reader.take(LIMIT_S) == b"word"
            assert loop.time() - sent_at < 0.1
        sent_at = loop.time()
        await asyncio.sleep(0.01)
        socket.send(b"the next")
        assert await reader.take(LIMIT_S) == b"the next"
        assert loop.time() - sent_at >= 0.15


async def test_what_reading_raises_comes_after_what_was_read() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError("reset")

    async with BodyReader(broken()) as reader:
        assert await reader.take(LIMIT_S) == b"half"
        with pytest.raises(ConnectionError, match="reset"):
            await reader.take(LIMIT_S)


async def test_silence_is_told_from_the_end() -> None:
    async with BodyReader(Socket().pieces()) as reader:
        with pytest.raises(TimeoutError):
            await reader.take(0.01)


@pytest.mark.parametrize(("rate", "is_slow"), [(SLOW_RATE / 2, True), (SLOW_RATE * 2, False)])
def test_pace_is_told_by_the_last_stretch_of_time(rate: float, is_slow: bool) -> None:
    pace = Pace(now=0.0)
    pace.add(int(rate * GATHERING_S / 2), now=GATHERING_S / 2)
    assert not pace.is_slow
    pace.add(int(rate * GATHERING_S / 2), now=GATHERING_S)
    assert pace.is_slow is is_slow
    pace.add(1, now=3 * GATHERING_S)
    assert pace.is_slow
