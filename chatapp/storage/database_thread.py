"""A thread that does one thing after another, and tells the event loop what came of it."""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

Result = TypeVar("Result")


class DatabaseThread:
    """Does what is given to it in order, also when nobody waits for it any more.

    It is a daemon, so that a disk that hangs keeps nobody from leaving the program: who cannot
    lose what was given waits for it.
    """

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._has_begun = False

    async def call(self, work: Callable[[], Result]) -> Result:
        """Do `work` after all that was given before, and return or raise what it does."""
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Result] = loop.create_future()

        def give(result: Result) -> None:
            if not outcome.done():
                outcome.set_result(result)

        def fail(error: BaseException) -> None:
            if not outcome.done():
                outcome.set_exception(error)

        def job() -> None:
            try:
                result = work()
            except BaseException as error:  # whatever it is, it is raised where it is awaited
                _tell(loop, partial(fail, error))
            else:
                _tell(loop, partial(give, result))

        self.post(job)
        return await outcome

    def post(self, job: Callable[[], None]) -> None:
        """Do `job`, which raises nothing, after all that was given before."""
        self._jobs.put(job)
        if not self._has_begun:
            self._has_begun = True
            self._thread.start()

    def end(self) -> None:
        """End when all that was given is done; what comes later is left undone."""
        self._jobs.put(None)

    def join(self, limit_s: float) -> None:
        """Wait for the end, for at most `limit_s` seconds."""
        if self._has_begun:
            self._thread.join(limit_s)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


def _tell(loop: asyncio.AbstractEventLoop, news: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(news)
