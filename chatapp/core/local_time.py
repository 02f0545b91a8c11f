"""The time here of a moment that some file or server tells."""

from datetime import datetime

_FIRST_S, _LAST_S = 86_400.0, 32_503_680_000.0
"""The beginning of 1970 and of the year 3000: not every system can tell the times beyond."""


def local_time(at: float) -> datetime:
    """The time here; `at` is seconds since the epoch, of which odd ones give the nearest time."""
    # in this order, NaN becomes the first
    return datetime.fromtimestamp(min(max(_FIRST_S, at), _LAST_S))
