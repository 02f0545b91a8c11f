"""Ctrl+C without a screen: once to stop in order, twice to leave at once."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from chatapp.headless.exit_code import ExitCode


@contextmanager
def stopping_on_interrupt(
    stop: Callable[[], object], is_writing: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Call `stop` on the running loop at the first SIGINT; end the process at the second.

    A handler of `signal` rather than of the loop: it also runs while a write to a slow reader
    blocks the loop, and then breaks the write off, for Python would go on with it.
    """
    loop = asyncio.get_running_loop()
    is_interrupted = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_interrupted
        if is_interrupted:
            os._exit(ExitCode.STOPPED)
        is_interrupted = True
        loop.call_soon_threadsafe(stop)
        if is_writing():
            raise InterruptedError

    previous = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
