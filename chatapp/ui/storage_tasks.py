"""Tasks that read and write conversations while the person goes on."""

import asyncio
from collections.abc import Callable, Coroutine

from chatapp.core.errors import StorageError


class StorageTasks:
    """Runs work beside the screen; what storage has to say of it goes to `warn`."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._running: set[asyncio.Task[None]] = set()

    @property
    def are_done(self) -> bool:
        """Whether nothing is under way."""
        return not self._running

    def begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Do `work` soon."""
        task = asyncio.create_task(self.told(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def told(self, work: Coroutine[None, None, None]) -> None:
        """Do `work` now, and tell the person why it failed."""
        try:
            await work
        except StorageError as error:
            self._warn(str(error))

    def cancel(self) -> None:
        """Leave off."""
        for task in self._running:
            task.cancel()
