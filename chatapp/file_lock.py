"""A lock between processes that the system gives up for us when we die."""

import asyncio
import errno
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

_ASK_EVERY_S = 0.1

_NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOTSUP)
"""Some network file systems have none; then the lock is as good as held."""

if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: BinaryIO, is_shared: bool = False) -> bool:
        del is_shared  # there is no such lock: who asks at the same moment is told that it is held
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: BinaryIO, is_shared: bool = False) -> bool:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _NO_LOCKS_HERE:
                raise
        return True


@asynccontextmanager
async def hold_lock(path: Path, while_waiting: Callable[[], None]) -> AsyncGenerator[None, None]:
    """Let one process at a time into the body; the others call `while_waiting` again and again.

    Raises OSError where `path` cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        while not _try_lock(file):
            while_waiting()
            await asyncio.sleep(_ASK_EVERY_S)  # a file lock can only be asked for again
        yield  # the lock goes when the file is closed, by us or by our death


def try_to_hold(path: Path) -> BinaryIO | None:
    """Take the lock, to be given up by closing the file, or return None where another has it.

    Raises OSError where `path` cannot be made; its folder must be there.
    """
    file = path.open("ab")
    try:
        is_ours = _try_lock(file)
    except OSError:
        file.close()
        raise
    if is_ours:
        return file
    file.close()
    return None


def is_held(path: Path) -> bool:
    """Whether any process, this one included, has the lock; False where there is no such file.

    Raises OSError. Asking takes the lock from nobody.
    """
    try:
        with path.open("rb") as file:
            return not _try_lock(file, is_shared=True)
    except FileNotFoundError:
        return False
