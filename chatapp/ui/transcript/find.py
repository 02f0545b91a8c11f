"""Find in the conversation: in the sources, so that folded and unseen text is found too."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from chatapp.ui.transcript.timeline import Timeline

_PHRASE = re.compile(r'"([^"]+)"|\S+')
"""Words in quotation marks, or one word."""


@dataclass(frozen=True, slots=True, order=True)
class FoundPlace:
    """A match on screen: an entry, a line of it, and cells; an empty span marks none."""

    entry: int
    line: int
    start: int = 0
    end: int = 0


class ConversationFinder:
    """Steps through the matches of one needle, in any case.

    The messages with a match are known from their sources; where in a message it stands is
    asked of its layout, once the reader goes there.
    """

    def __init__(self, timeline: Timeline, needle: str) -> None:
        self._timeline = timeline
        self._pattern = re.compile(re.escape(needle), re.IGNORECASE)
        self._hits: list[int] = []
        self._counts: list[int] = []
        self._searched_revision = -1
        self.needle = needle
        self.current: FoundPlace | None = None
        self._search()

    def _search(self) -> None:
        if self._searched_revision == self._timeline.revision:
            return
        self._searched_revision = self._timeline.revision
        self._hits, self._counts = [], []
        for index in range(len(self._timeline)):
            count = sum(
                len(self._pattern.findall(source)) for source in self._timeline.sources(index)
            )
            if count:
                self._hits.append(index)
                self._counts.append(count)

    @property
    def match_count(self) -> int:
        """How many matches the sources have."""
        return sum(self._counts)

    @property
    def position(self) -> int:
        """Which match the current one is, from 1; 0 when there is none."""
        if self.current is None or self.current.entry not in self._hits:
            return 0
        hit = self._hits.index(self.current.entry)
        shown = self._places(self.current.entry)
        place = shown.index(self.current) if self.current in shown else 0
        return sum(self._counts[:hit]) + min(place + 1, self._counts[hit])

    def step(self, direction: int, entry: int, line: int) -> FoundPlace | None:
        """Go to the next match (1) or the one before (-1); the first step goes from a line.

        Wraps around at the ends. Unfolds what hides the match.
        """
        self._search()
        if not self._hits:
            return None
        here = self.current or FoundPlace(entry, line, -1)
        for hit in self._hits[::direction]:
            if (hit - here.entry) * direction < 0:
                continue
            self._unfold(hit)
            for place in self._places(hit)[::direction]:
                if place > here if direction > 0 else place < here:
                    self.current = place
                    return place
        first = self._hits[::direction][0]
        self._unfold(first)
        self.current = self._places(first)[::direction][0]
        return self.current

    def _places(self, index: int) -> list[FoundPlace]:
        found = self._timeline.entry(index).find(self.needle)
        places = [FoundPlace(index, line, start, end) for line, start, end in found]
        return places or [FoundPlace(index, 0)]

    def _unfold(self, index: int) -> None:
        entry = self._timeline.entry(index)
        hiding = {
            fold
            for part, source in enumerate(self._timeline.sources(index))
            if self._pattern.search(source) and (fold := entry.fold_around(part)) is not None
        }
        if hiding:
            self._timeline.fold(index, sorted(hiding), is_unfolded=True)


def needles_in(sources: Iterable[str], query: str) -> list[str]:
    """What the sources have of a search's `query`: all of it, phrases, words; the longest first."""
    found = _PHRASE.finditer(query)
    phrases = {match[1] or match[0].strip('"*') for match in found} - {query.strip()}
    text = "\n".join(sources).casefold()
    candidates = (query.strip(), *sorted(phrases, key=len, reverse=True))
    return [phrase for phrase in candidates if phrase and phrase.casefold() in text]
