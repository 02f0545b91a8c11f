"""How text becomes words that can be searched; the same for what is stored and what is asked.

Scripts that put no spaces between words are cut into single characters, so that one or two
Chinese characters are found anywhere as a phrase. Accents and case do not count.

Words that lie in a database must come out the same again: a change here is a change of the schema,
whose upgrade fills the index of words anew.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

_SINGLE = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u2600-\u27bf\U0001f000-\U0001faff"  # emoji
    "\u2e80-\u2fdf\u3005-\u3007"  # radicals, the zero
    "\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3105-\u312f\u31a0-\u31bf"  # Bopomofo
    "\uac00-\ud7a3"  # Hangul: written with spaces, but words grow endings
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_LETTERS = rf"[^\W_{_SINGLE}]"
_WORD = re.compile(rf"[{_SINGLE}]|{_LETTERS}+(?:[\u0300-\u036f]+{_LETTERS}*)*")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_IS_SINGLE = re.compile(rf"[{_SINGLE}]")


def words(text: str) -> list[str]:
    """The words of a text in order, folded."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return [_folded(word) for word in _WORD.findall(text)]


def placed_words(
    text: str, start: int = 0, end: int | None = None
) -> Iterator[tuple[str, int, int]]:
    """The same words one by one, each with its start and end in the text.

    `start` and `end` say in which piece of the text; a word is cut where that ends.
    """
    for match in _WORD.finditer(text, start, len(text) if end is None else end):
        yield _folded(match.group()), match.start(), match.end()


def is_single(word: str) -> bool:
    """Whether a word is a character of a script without spaces, and so never a beginning."""
    return len(word) == 1 and _IS_SINGLE.match(word) is not None


def pattern_of(phrase: Sequence[str]) -> str:
    """A regular expression that finds, much faster, nearly every place of a phrase.

    It knows the accents of European letters; a place that it finds may be within a word.
    """
    found = r"[\W_]*".join("".join(map(_letter_pattern, word)) for word in phrase)
    return found if is_single(phrase[0]) else f"(?<![a-zA-Z0-9]){found}"


def _letter_pattern(letter: str) -> str:
    accented = _accented().get(letter, "")
    return f"[{letter}{accented}][\u0300-\u036f]*" if accented else re.escape(letter)


@lru_cache(maxsize=1)
def _accented() -> dict[str, str]:
    """For a letter without accent those that come out as it; one case is enough."""
    found: dict[str, str] = {}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        letter = chr(code)
        if letter.isalpha() and letter.islower() and len(plain := _folded(letter)) == 1:
            found[plain] = found.get(plain, "") + letter
    return found


@lru_cache(maxsize=4096)
def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    if is_single(word):
        letters = unicodedata.normalize("NFKC", word)
    else:
        letters = unicodedata.normalize("NFKD", word.casefold()).casefold()
    # without accents, and without what else a letter may come apart into: ¼ has a slash
    return "".join(filter(str.isalnum, letters)) or word
