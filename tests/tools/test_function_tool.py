import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from chatapp.core.errors import ToolError
from chatapp.core.ports import JsonValue, Policy
from chatapp.tools.function_tool import FunctionTool


def tool(function: Callable[..., object], timeout_s: float = 10.0) -> FunctionTool:
    return FunctionTool(function, origin="test", timeout_s=timeout_s)


async def run(function: Callable[..., object], **arguments: JsonValue) -> str:
    return await tool(function).run(arguments, lambda _: None)


async def failure(function: Callable[..., object], **arguments: JsonValue) -> str:
    with pytest.raises(ToolError) as caught:
        await run(function, **arguments)
    return str(caught.value)


def forecast(
    city: str,
    days: int = 3,
    unit: Annotated[Literal["C", "F"], Field(description="the scale")] = "C",
) -> str:
    """Tell what the weather
    will be.

    More for people who read the source.

    Args:
        city: the city's name,
            in any language
        days (int): how far to look

    Returns:
        unit: this is no parameter's description
    """
    return f"{city} {days} {unit}"


def test_the_declaration_comes_from_signature_and_docstring() -> None:
    declaration = tool(forecast).declaration
    assert declaration.name == "forecast"
    assert declaration.description == "Tell what the weather will be."
    assert declaration.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "the city's name, in any language"},
            "days": {"type": "integer", "default": 3, "description": "how far to look"},
            "unit": {
                "type": "string",
                "enum": ["C", "F"],
                "default": "C",
                "description": "the scale",
            },
        },
        "required": ["city"],
        "additionalProperties": False,
    }
    assert tool(forecast).default_policy is Policy.ASK


async def test_arguments_are_converted_and_defaults_filled_in() -> None:
    assert await run(forecast, city="北京", days="2") == "北京 2 C"


async def test_every_wrong_argument_is_named() -> None:
    words = await failure(forecast, days="many", unit="K", town="北京")
    assert "city is missing" in words
    assert "days: Input should be a valid integer" in words
    assert "not 'many'" in words
    assert "unit: Input should be 'C' or 'F'" in words
    assert "there is no parameter town" in words
    assert words.endswith("The parameters are: city (required), days, unit")


async def test_a_long_wrong_argument_is_not_repeated() -> None:
    assert len(await failure(forecast, city="x", days="y" * 10_000)) < 300


@dataclass
class Stop:
    place: str
    on: date


async def test_richer_types_arrive_as_such() -> None:
    def plan(stops: list[Stop], note: str | None = None) -> dict[str, object]:
        """Plan a journey."""
        assert note is None
        return {"last": stops[-1].on, "stops": stops}

    answer = await run(plan, stops=[{"place": "上海", "on": "2026-01-02"}])
    assert answer == '{"last": "2026-01-02", "stops": [{"place": "上海", "on": "2026-01-02"}]}'
    assert "stops.0.on" in await failure(plan, stops=[{"place": "a", "on": "someday"}])


async def test_an_async_function_is_awaited() -> None:
    async def wait(text: str) -> str:
        """Wait."""
        await asyncio.sleep(0)
        return text

    assert await run(wait, text="done") == "done"


async def test_a_plain_function_does_not_block_the_loop() -> None:
    here = threading.get_ident()
    gate = threading.Event()

    def block() -> bool:
        """Block."""
        return gate.wait(5) and threading.get_ident() != here

    running = asyncio.create_task(run(block))
    await asyncio.sleep(0)
    gate.set()  # only possible while the loop is free
    assert await running == "true"


def count() -> Generator[str, None, int]:
    """Count."""
    yield "one"
    yield "two"
    return 2


def count_to_the_last() -> Iterator[object]:
    """Count."""
    yield "one"
    yield {"last": "two"}


async def count_asynchronously() -> AsyncIterator[object]:
    """Count."""
    yield "one"
    await asyncio.sleep(0)
    yield 2


@pytest.mark.parametrize(
    ("function", "result", "progress"),
    [
        (count, "2", ["one", "two"]),
        (count_to_the_last, '{"last": "two"}', ["one"]),
        (count_asynchronously, "2", ["one"]),
    ],
)
async def test_a_yielded_text_is_progress(
    function: Callable[..., object], result: str, progress: list[str]
) -> None:
    said: list[str] = []
    assert await tool(function).run({}, said.append) == result
    assert said == progress


async def test_an_exception_is_told_without_a_traceback() -> None:
    def fail(way: int) -> str:
        """Fail."""
        if way == 1:
            raise SystemExit(3)
        if way == 2:
            raise StopIteration
        if way == 3:
            raise TimeoutError("the other side")
        raise ValueError("no such thing")

    async def fail_later() -> None:
        """Fail."""
        raise KeyError("x")

    assert await failure(fail, way=0) == "ValueError: no such thing"
    assert await failure(fail, way=1) == "SystemExit: 3"
    assert await failure(fail, way=2) == "StopIteration"
    assert await failure(fail, way=3) == "TimeoutError: the other side"
    assert await failure(fail_later) == "KeyError: 'x'"


async def test_what_a_function_cancels_itself_does_not_cancel_the_caller() -> None:
    async def confuse() -> None:
        """Wait for what is cancelled."""
        task = asyncio.create_task(asyncio.sleep(60))
        task.cancel()
        await task

    assert await failure(confuse) == "CancelledError"


async def test_a_result_that_is_no_json_is_told() -> None:
    def loop() -> list[object]:
        """Make a list that holds itself."""
        found: list[object] = []
        found.append(found)
        return found

    assert "cannot be written as JSON" in await failure(loop)


async def test_a_generator_that_takes_too_long_is_stopped_at_its_next_step() -> None:
    is_closed, gate = threading.Event(), threading.Event()

    def endless() -> Iterator[str]:
        """Go on."""
        try:
            yield "begun"
            gate.wait(5)
            while True:
                yield "more"
        finally:
            is_closed.set()

    said: list[str] = []
    with pytest.raises(ToolError, match=r"endless took longer than 0\.2 s"):
        await tool(endless, timeout_s=0.2).run({}, said.append)
    gate.set()
    assert await asyncio.to_thread(is_closed.wait, 5)
    assert said == ["begun"]


async def test_an_async_function_that_takes_too_long_is_cancelled() -> None:
    async def wait() -> None:
        """Wait."""
        await asyncio.sleep(60)

    with pytest.raises(ToolError, match="longer than"):
        await tool(wait, timeout_s=0.05).run({}, lambda _: None)


async def test_stopping_does_not_wait_for_a_blocked_function() -> None:
    gate, is_running = threading.Event(), threading.Event()

    def block() -> None:
        """Block."""
        is_running.set()
        gate.wait(30)

    running = asyncio.create_task(run(block))
    assert await asyncio.to_thread(is_running.wait, 5)
    began = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert time.monotonic() - began < 5
    gate.set()


def test_what_a_model_cannot_fill_is_refused() -> None:
    def anything(*names: str) -> None:
        """Take anything."""

    def untyped(name) -> None:  # type: ignore[no-untyped-def]  # what is tested  # noqa: ANN001, RUF100
        """Take something."""

    def unknown(name: "Nowhere") -> None:  # type: ignore[name-defined]  # noqa: F821 - tested
        """Take something."""

    def callback(name: Callable[[int], int]) -> None:
        """Take a function."""

    for function, words in (
        (anything, "name each parameter"),
        (untyped, "name has no type"),
        (unknown, "'Nowhere' is not defined"),
        (callback, "cannot be described to a model"),
    ):
        with pytest.raises(ToolError, match=words):
            _ = tool(function).declaration


def test_a_default_that_is_no_json_is_left_out() -> None:
    def write(folder: Path = Path("here"), stop: object = print) -> None:
        """Write."""

    parameters = tool(write).declaration.parameters
    assert "required" not in parameters


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.text(), st.integers(), st.booleans(), st.lists(st.text()), st.dictionaries(st.text(), JSON)
)
def test_arguments_of_the_right_types_come_through_unchanged(
    text: str, number: int, is_so: bool, names: list[str], more: dict[str, JsonValue]
) -> None:
    def echo(
        text: str, number: int, is_so: bool, names: list[str], more: dict[str, object]
    ) -> dict[str, object]:
        """Give back what is given."""
        return {"text": text, "number": number, "is_so": is_so, "names": names, "more": more}

    given_arguments: dict[str, JsonValue] = {
        "text": text,
        "number": number,
        "is_so": is_so,
        "names": names,
        "more": more,
    }
    answer = asyncio.run(tool(echo).run(given_arguments, lambda _: None))
    assert json.loads(answer) == given_arguments
