"""A disk that is full, as far as this process can tell: files cannot grow beyond a size."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let writes beyond `size` bytes of a file fail with an OSError; Unix alone."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python 3.11 would put what it can write of a module's bytecode in the place of the whole
    writes_none, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes_none
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
