"""A row of numbers as a row of characters."""

from collections.abc import Sequence
from itertools import pairwise

_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int) -> str:
    """Draw numbers from 0 up in at most `width` columns; where several share one, the greatest.

    Zero is the lowest bar, the greatest of all the highest.
    """
    if not values or width < 1:
        return ""
    columns = min(width, len(values))
    edges = [column * len(values) // columns for column in range(columns + 1)]
    peaks = [max(values[start:end]) for start, end in pairwise(edges)]
    top = max(peaks)
    if top <= 0:
        return _BARS[0] * columns
    return "".join(_BARS[round(max(0.0, peak) / top * (len(_BARS) - 1))] for peak in peaks)
