"""Finding words in all conversations.

A search is made of words; all of them must stand in one message. A word that has several parts
("foo-bar", 中国) or stands in quotes is a phrase. The last word, while it is being typed, and one
that ends with * need only begin so. Nothing else has a meaning, so no search can be wrong.
"""

import itertools
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chatapp.core.errors import CodecError
from chatapp.core.messages import ModelRef
from chatapp.core.records import SearchHit, TitleSource
from chatapp.storage.plain_text import plain_text
from chatapp.storage.reading import shown_title
from chatapp.storage.rows import message_in, searchable_text
from chatapp.storage.words import is_single, pattern_of, placed_words, words

_LONGEST_SEARCH = 1000
_MOST_TERMS = 32
_SNIPPET_BEFORE = 40
_SNIPPET_LENGTH = 160
_CONTEXT_BEFORE = 120
_CONTEXT_AFTER = 240
_SHORT_TEXT = 5000
_LONG_WORD = 100
_MOST_CANDIDATES = 100

_TERM = re.compile(r'"([^"]*)("?)|([^\s"]+)')
_SPACE = re.compile(r"\s+")

Place = tuple[int, int]
"""Start and end in a text, in characters."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must follow one another; the last need only begin so if `is_prefix`."""

    words: tuple[str, ...]
    is_prefix: bool = False

    @property
    def expression(self) -> str:
        """The term for FTS5; quoted, nothing in it is an operator."""
        phrase = " ".join(self.words).replace('"', "")
        return f'"{phrase}"*' if self.is_prefix else f'"{phrase}"'

    def is_met(self, latest: Sequence[str]) -> bool:
        """Whether the words that come last are this term."""
        word, last = latest[-1], self.words[-1]
        if word != last and not (self.is_prefix and word.startswith(last)):
            return False
        return len(self.words) == 1 or tuple(latest[-len(self.words) : -1]) == self.words[:-1]


def parse_search(search: str) -> tuple[Term, ...]:
    """What a person typed, as terms; any text is a search."""
    search = search[:_LONGEST_SEARCH]
    terms = [
        _term(match.group(1) or match.group(3) or "", _is_open(match))
        for match in _TERM.finditer(search)
    ]
    return tuple(term for term in terms if term.words)[:_MOST_TERMS]


def find(connection: sqlite3.Connection, search: str, limit: int) -> tuple[SearchHit, ...]:
    """Where the words stand: titles first, then messages, the newest first.

    Raises sqlite3.Error.
    """
    terms = parse_search(search)
    if not terms or limit <= 0:
        return ()
    hits = [*_in_titles(connection, terms, limit)]
    return (*hits, *_in_messages(connection, terms, limit - len(hits)))


def snippet(text: str, terms: Sequence[Term]) -> tuple[str, tuple[Place, ...]]:
    """The plain words around the first match in one line, and the places of the matches in it."""
    first = _first_match(text, terms)
    start = 0 if first is None else _start_of_context(text, first)
    end = min(len(text), (first or 0) + _CONTEXT_AFTER)
    plain = plain_text(text, start, end)
    # what was found may be what plain words leave out, as the address of a link
    for piece in (plain, text[start:end]):
        if matches := [*_matches_in_snippet(piece, terms)]:
            return _cut(piece, matches, start > 0, end < len(text))
    return _cut(plain, (), start > 0, end < len(text))


def _start_of_context(text: str, match_start: int) -> int:
    """Where to begin to read what is around a match: at a line, a word, or anywhere."""
    start = max(0, match_start - _CONTEXT_BEFORE)
    if start == 0:
        return 0
    line_start = text.find("\n", start, match_start - _SNIPPET_BEFORE) + 1
    return line_start or _word_start(text, start, match_start)


def _matches_in_snippet(piece: str, terms: Sequence[Term]) -> Iterator[Place]:
    """The first match of a piece, and those near enough to be shown with it."""
    end = len(piece)
    for start, match_end in _matches(piece, terms, 0, len(piece)):
        end = min(end, start + _SNIPPET_LENGTH)
        if start >= end:
            return
        yield start, match_end


def _cut(
    piece: str, matches: Sequence[Place], is_cut_before: bool, is_cut_after: bool
) -> tuple[str, tuple[Place, ...]]:
    """A snippet of a piece of a text, with the first of its matches in it."""
    first = matches[0][0] if matches else 0
    before = max(0, first - _SNIPPET_BEFORE)
    start = _word_start(piece, before, first) if before else 0
    end = min(len(piece), start + _SNIPPET_LENGTH)
    opening = "…" if start or is_cut_before else ""
    closing = "…" if end < len(piece) or is_cut_after else ""

    def place(position: int) -> int:
        return len(opening) + len(_line(piece[start:position]))

    # a match is cut where the snippet ends; both its ends touch words, never a space
    places = tuple((place(one), place(min(other, end))) for one, other in matches if one < end)
    return f"{opening}{_line(piece[start:end]).rstrip()}{closing}", places


def _first_match(text: str, terms: Sequence[Term]) -> int | None:
    """Where the first match begins, as far as it can be found in good time."""
    pattern = "|".join(pattern_of(term.words) for term in terms)
    candidates = re.finditer(pattern, text, re.IGNORECASE)
    for candidate in itertools.islice(candidates, _MOST_CANDIDATES):
        for start, _ in _matches(text, terms, candidate.start(), candidate.end()):
            return start
    for start, _ in _matches(text, terms, 0, _SHORT_TEXT):
        return start
    return None


def _in_titles(
    connection: sqlite3.Connection, terms: Sequence[Term], limit: int
) -> Iterator[SearchHit]:
    rows = connection.execute(
        """
        SELECT conversation_id, title, updated_at, endpoint, model
        FROM title_words JOIN conversations ON conversation_key = title_words.rowid
        WHERE title_words MATCH ? AND deleted_at IS NULL AND title_source != ?
        ORDER BY updated_at DESC LIMIT ?
        """,
        # a title that is the first message's beginning is found there
        (_expression(terms), TitleSource.FIRST_MESSAGE.value, limit),
    )
    for conversation_id, title, updated_at, endpoint, model in rows:
        excerpt, matches = snippet(title, terms)
        chosen = ModelRef(endpoint, model)
        yield SearchHit(conversation_id, None, title, excerpt, matches, updated_at, chosen)


def _in_messages(
    connection: sqlite3.Connection, terms: Sequence[Term], limit: int
) -> Iterator[SearchHit]:
    # CROSS JOIN keeps the index of words outermost: rows come newest first and none is sorted
    rows = connection.execute(
        """
        SELECT conversation_id, title, unsent_text, body
        FROM message_words
        CROSS JOIN messages ON messages.search_key = message_words.rowid
        CROSS JOIN conversations USING (conversation_key)
        WHERE message_words MATCH ? AND deleted_at IS NULL
        ORDER BY message_words.rowid DESC LIMIT ?
        """,
        (_expression(terms), limit),
    )
    for conversation_id, title, unsent_text, body in rows:
        try:
            message = message_in(body)
        except CodecError:  # a damaged row is told of when its conversation is opened
            continue
        excerpt, matches = snippet(searchable_text(message), terms)
        yield SearchHit(
            conversation_id,
            message.message_id,
            shown_title(title, unsent_text),
            excerpt,
            matches,
            message.created_at,
            message.model,
        )


def _term(text: str, is_open: bool) -> Term:
    found = tuple(words(text))
    is_prefix = is_open or text.endswith("*")
    return Term(found, is_prefix and bool(found) and not is_single(found[-1]))


def _is_open(match: re.Match[str]) -> bool:
    """Whether the term is still being typed."""
    return match.end() == len(match.string) and match.group(2) != '"'


def _expression(terms: Sequence[Term]) -> str:
    return " ".join(term.expression for term in terms)


def _matches(text: str, terms: Sequence[Term], start: int, end: int) -> Iterator[Place]:
    """The places of the terms that begin in a piece of the text, in order, not overlapping.

    It is read on a little, so that the last word is whole.
    """
    longest = max(len(term.words) for term in terms)
    beginnings = [term for term in terms if term.is_prefix]
    by_last_word: dict[str, list[Term]] = {}
    for term in terms:
        if not term.is_prefix:
            by_last_word.setdefault(term.words[-1], []).append(term)
    latest: list[str] = []
    places: list[Place] = []
    free_from = 0
    for word, word_start, word_end in placed_words(text, start, end + _LONG_WORD):
        latest.append(word)
        places.append((word_start, word_end))
        if len(latest) > longest:
            del latest[0], places[0]
        if places[0][0] >= end:
            return
        for term in (*by_last_word.get(word, ()), *beginnings):
            if term.is_met(latest) and (first := places[-len(term.words)][0]) >= free_from:
                yield first, word_end
                free_from = word_end
                break


def _word_start(text: str, start: int, match_start: int) -> int:
    """The first start of a word from `start` on and before the match, where there is one."""
    space = _SPACE.search(text, start, match_start)
    return space.end() if space else start


def _line(text: str) -> str:
    return _SPACE.sub(" ", text.lstrip())
