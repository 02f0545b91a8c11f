"""Blocking calls beside the event loop that nobody has to wait for."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


async def call_in_daemon_thread(call: Callable[[], Result]) -> Result:
    """Run `call` in a thread of its own and return or raise what it does.

    Unlike with `asyncio.to_thread`, a call that hangs keeps nobody from leaving the program.
    """
    outcome: Future[Result] = Future()
    outcome.set_running_or_notify_cancel()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            outcome.set_result(context.run(call))
        except BaseException as error:  # whatever it is, it is raised where it is awaited
            outcome.set_exception(error)

    threading.Thread(target=work, name="beside the loop", daemon=True).start()
    return await asyncio.wrap_future(outcome)
