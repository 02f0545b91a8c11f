"""A plain typed function as a tool."""

import asyncio
import inspect
import json
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping
from contextlib import aclosing, contextmanager

from chatapp.core.errors import ToolError
from chatapp.core.ports import JsonValue, Policy, ToolDeclaration
from chatapp.daemon_thread import call_in_daemon_thread
from chatapp.tools.docstring import read_docstring
from chatapp.tools.function_arguments import FunctionArguments

Report = Callable[[str], None]


class FunctionTool:
    """Offers `function` to a model by its name, docstring, parameters and their types.

    A plain function runs in a thread, an async one on the event loop. Of a generator, async
    or not, every yielded text is progress; its result is what it returns, or else what it
    yielded last. A result that is no text becomes JSON.
    """

    def __init__(
        self,
        function: Callable[..., object],
        *,
        origin: str,
        default_policy: Policy = Policy.ASK,
        timeout_s: float = 60.0,
    ) -> None:
        self._function = function
        self._origin = origin
        self._default_policy = default_policy
        self._timeout_s = timeout_s
        self._known: tuple[FunctionArguments, ToolDeclaration] | None = None

    @property
    def name(self) -> str:
        """What the model calls it by."""
        return self._function.__name__

    @property
    def declaration(self) -> ToolDeclaration:
        """What the model is told of it. Raises ToolError for parameters it cannot be told."""
        _, declaration = self._described()
        return declaration

    @property
    def origin(self) -> str:
        """Where it comes from, for the person."""
        return self._origin

    @property
    def default_policy(self) -> Policy:
        """What holds until the person decides."""
        return self._default_policy

    async def run(self, arguments: Mapping[str, JsonValue], report: Report) -> str:
        """Call the function and return what the model is told. Raises ToolError alone."""
        known, _ = self._described()
        values = known.read(arguments)
        deadline = asyncio.timeout(self._timeout_s)
        try:
            async with deadline:
                result = await self._call(values, report)
        except TimeoutError as error:
            if not deadline.expired():
                raise ToolError(_words(error)) from error
            raise ToolError(f"{self.name} took longer than {self._timeout_s:g} s") from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # nobody stopped us: something the function waited for was cancelled
            raise ToolError(_words(error)) from error
        return _as_text(result)

    def _described(self) -> tuple[FunctionArguments, ToolDeclaration]:
        """What is worked out once, and late: it imports pydantic."""
        if self._known is None:
            arguments = FunctionArguments(self._function)
            summary = read_docstring(self._function).summary
            self._known = arguments, ToolDeclaration(self.name, summary, arguments.schema)
        return self._known

    async def _call(self, values: Mapping[str, object], report: Report) -> object:
        is_async = inspect.iscoroutinefunction(self._function) or inspect.isasyncgenfunction(
            self._function
        )
        with _errors_in_words():
            result = (
                self._function(**values) if is_async else await self._call_aside(values, report)
            )
            if isinstance(result, AsyncGenerator):
                return await _last_of(result, report)
            return await result if inspect.isawaitable(result) else result

    async def _call_aside(self, values: Mapping[str, object], report: Report) -> object:
        """Call a function that may block; nothing is reported once nobody waits for it."""
        loop = asyncio.get_running_loop()
        is_abandoned = threading.Event()

        def report_if_awaited(text: str) -> None:
            if not is_abandoned.is_set():
                report(text)

        def call() -> object:
            with _errors_in_words():
                result = self._function(**values)
                if not isinstance(result, Generator):
                    return result
                return _returned_by(
                    result,
                    lambda text: loop.call_soon_threadsafe(report_if_awaited, text),
                    is_abandoned,
                )

        try:
            return await call_in_daemon_thread(call)
        finally:
            is_abandoned.set()


def _returned_by(
    steps: Generator[object, None, object],
    report: Callable[[str], object],
    is_abandoned: threading.Event,
) -> object:
    """Run a generator to its end, or to its next step after nobody waits for it."""
    last: object = None
    try:
        while not is_abandoned.is_set():
            last = next(steps)
            if isinstance(last, str):
                report(last)
    except StopIteration as end:
        return last if end.value is None else end.value
    steps.close()
    return None


async def _last_of(steps: AsyncGenerator[object, None], report: Report) -> object:
    last: object = None
    async with aclosing(steps):
        async for last in steps:
            if isinstance(last, str):
                report(last)
    return last


@contextmanager
def _errors_in_words() -> Iterator[None]:
    try:
        yield
    except (ToolError, TimeoutError):
        raise
    # a tool is anyone's code, and may fail in any way, by sys.exit() too: the app goes on
    except (Exception, SystemExit) as error:
        raise ToolError(_words(error)) from error


def _words(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _as_text(result: object) -> str:
    if isinstance(result, str):
        return result
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        return json.dumps(to_jsonable_python(result, fallback=str), ensure_ascii=False)
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise ToolError(f"the result cannot be written as JSON: {error}") from error
