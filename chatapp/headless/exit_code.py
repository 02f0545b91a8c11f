"""How a run without a screen ended, as the shell sees it."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes; they are documented in `--help`."""

    OK = 0
    FAILED = 1
    USAGE = 2
    STOPPED = 130  # as a shell reports SIGINT
    NO_READER = 141  # as a shell reports SIGPIPE
