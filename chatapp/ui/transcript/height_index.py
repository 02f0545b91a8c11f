"""Heights of a long run of entries, and where each begins: prefix sums that change cheaply."""

from bisect import bisect_right
from itertools import accumulate

_BLOCK = 128


class HeightIndex:
    """Heights in lines, each at least 0.

    Sums are kept by block, so that every operation costs the block's length plus the number
    of blocks, at the speed of C.
    """

    def __init__(self, count: int = 0, height: int = 0) -> None:
        self._heights = [height] * count
        self._sums = [height * _BLOCK] * (count // _BLOCK)
        if count % _BLOCK:
            self._sums.append(height * (count % _BLOCK))

    def __len__(self) -> int:
        return len(self._heights)

    def __getitem__(self, index: int) -> int:
        return self._heights[index]

    @property
    def total(self) -> int:
        """All heights together."""
        return sum(self._sums)

    def append(self, height: int) -> None:
        """Add an entry at the end."""
        if len(self._heights) % _BLOCK == 0:
            self._sums.append(0)
        self._heights.append(height)
        self._sums[-1] += height

    def truncate(self, count: int) -> None:
        """Keep the first `count` entries."""
        del self._heights[count:]
        del self._sums[-(-count // _BLOCK) :]
        if count % _BLOCK:
            self._sums[-1] = sum(self._heights[count - count % _BLOCK :])

    def set(self, index: int, height: int) -> None:
        """Correct the height of an entry."""
        self._sums[index // _BLOCK] += height - self._heights[index]
        self._heights[index] = height

    def top(self, index: int) -> int:
        """The line on which entry `index` begins; for `len` that is `total`."""
        block = index // _BLOCK
        return sum(self._sums[:block]) + sum(self._heights[block * _BLOCK : index])

    def find(self, y: int) -> tuple[int, int]:
        """The entry that covers line `y`, and the line's place in it; clamped to what is there.

        Raises IndexError when there are no entries.
        """
        if not self._heights:
            raise IndexError("no entries")
        ends = list(accumulate(self._sums))
        y = max(0, min(y, ends[-1] - 1))
        block = min(bisect_right(ends, y), len(ends) - 1)
        top = ends[block] - self._sums[block]
        first = block * _BLOCK
        tops = list(accumulate(self._heights[first : first + _BLOCK], initial=top))
        place = max(0, min(bisect_right(tops, y) - 1, len(tops) - 2))
        return first + place, y - tops[place]
