"""The log: warnings of ours and of libraries, for who wants to know why."""

import logging
from pathlib import Path

from chatapp.core.safe_text import safe_text


class SafeFormatter(logging.Formatter):
    """Writes nothing that a terminal would obey: a log is read there, and quotes servers."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record, its traceback among them."""
        return safe_text(super().format(record))


def write_log(path: Path | None) -> None:
    """Let warnings go to a file and never to the terminal; nowhere, where there is no file.

    Raises OSError when the file cannot be opened.
    """
    logging.raiseExceptions = False  # a disk that is full shall not print tracebacks
    log = logging.FileHandler(path, encoding="utf-8") if path else logging.NullHandler()
    log.setFormatter(SafeFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[log], level=logging.WARNING)
