"""The pump delivers everything, in order, merged, in gulps, and drops what is no longer wanted."""

import asyncio
from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.changes import (
    Change,
    DraftOpened,
    PartAppended,
    PartOpened,
    Phase,
    PhaseChanged,
)
from chatapp.core.messages import ChatMessage, Role, TextPart
from chatapp.providers.body_reader import GATHERING_S
from chatapp.ui.change_pump import FRAME_S, GULP, MOST_WAITING, ChangePump
from tests.support.conversations import MODELS

OPENED = DraftOpened(
    ChatMessage(
        message_id="a", parent_id=None, role=Role.ASSISTANT, parts=(), created_at=0, model=MODELS[0]
    )
)


class Deliveries:
    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.painted: list[bool] = []
        self.lengths: list[int] = []

    def take(self, changes: Sequence[Change], is_painted: bool) -> None:
        self.changes += changes
        self.painted.append(is_painted)
        self.lengths.append(len(text_of(changes)))

    def after_paint(self, call: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_soon(call)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.001)


def text_of(changes: Sequence[Change]) -> str:
    return "".join(change.text for change in changes if isinstance(change, PartAppended))


def grown(text: str) -> PartAppended:
    return PartAppended("a", 0, text)


lengths = st.integers(1, 3 * GULP)


@given(st.lists(lengths.map(lambda length: "你好, world "[length % 9] * length), max_size=4))
def test_all_text_arrives_in_order_and_no_delivery_is_much_more_than_a_gulp(
    texts: list[str],
) -> None:
    async def run() -> None:
        got = Deliveries()
        pump = ChangePump(got.take, got.after_paint)
        for text in texts:
            pump.push([grown(text)])
            await asyncio.sleep(0)
        await got.until(lambda: len(text_of(got.changes)) == len("".join(texts)))
        assert text_of(got.changes) == "".join(texts)
        assert all(length < 2 * GULP for length in got.lengths)
        assert all(got.painted[-1:])

    asyncio.run(run())


async def test_what_a_person_waits_for_comes_right_after_the_flood_before_it() -> None:
    got = Deliveries()
    pump = ChangePump(got.take, got.after_paint)
    pump.push([PhaseChanged(Phase.ANSWERING), grown("x" * 5 * GULP)])
    pump.push([OPENED])
    began_at = asyncio.get_running_loop().time()
    await got.until(lambda: OPENED in got.changes)
    assert got.changes.index(OPENED) == len(got.changes) - 1
    assert len(text_of(got.changes)) == 5 * GULP
    assert asyncio.get_running_loop().time() - began_at < 1


async def test_what_was_dropped_is_never_delivered() -> None:
    got = Deliveries()
    pump = ChangePump(got.take, got.after_paint)
    pump.push([grown("x" * 3 * GULP)])
    pump.drop()
    pump.push([OPENED])
    await got.until(lambda: OPENED in got.changes)
    assert len(text_of(got.changes)) == GULP


async def test_nobody_has_to_read_on_while_much_waits_to_be_shown() -> None:
    got = Deliveries()
    pump = ChangePump(got.take, got.after_paint)
    pump.push([grown("x" * MOST_WAITING)])
    async with asyncio.timeout(5):
        await pump.room()
        pump.push([grown("x" * MOST_WAITING)])
        has_room = asyncio.create_task(pump.room())
        await asyncio.sleep(0)
        assert not has_room.done()
        await has_room
    assert MOST_WAITING <= len(text_of(got.changes)) < MOST_WAITING + 2 * GULP


async def test_what_was_dropped_leaves_room() -> None:
    got = Deliveries()
    pump = ChangePump(got.take, got.after_paint)
    pump.push([grown("x" * 9 * MOST_WAITING)])
    has_room = asyncio.create_task(pump.room())
    await asyncio.sleep(0)
    assert not has_room.done()
    pump.drop()
    async with asyncio.timeout(5):
        await has_room


async def test_the_first_word_of_a_reply_waits_for_no_frame() -> None:
    got = Deliveries()
    pump = ChangePump(got.take, got.after_paint)
    pump.push([OPENED])
    pump.push([PartOpened("a", 0, TextPart("")), grown("Hello")])
    assert text_of(got.changes) == "Hello"
    pump.push([PartOpened("a", 1, TextPart("")), grown("and more")])
    assert text_of(got.changes) == "Hello"
    await got.until(lambda: text_of(got.changes) == "Helloand more")


def test_what_a_slow_reply_has_gathered_is_not_late_for_its_frame() -> None:
    assert FRAME_S < GATHERING_S
