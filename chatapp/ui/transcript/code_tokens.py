"""Code to styled runs, one line at a time.

A line is lexed on its own, from the state in which the line above left the lexer, as
editors do it. So a line costs the same in a fence of any length, and looks the same
whether it came alone or with all others. Comments that some lexers can only see whole,
from `/*` to `*/`, are followed from line to line here.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Protocol

from chatapp.ui.transcript.inline_markup import Run

if TYPE_CHECKING:
    from pygments.lexer import Lexer, RegexLexer
    from pygments.token import _TokenType

LONGEST_LINE = 500
"""Characters of a line that is highlighted; minified code is not worth it."""

_DEEPEST_STACK = 64

_KIND_OF_TOKEN = (
    ("Comment.Preproc", "keyword"),
    ("Comment", "comment"),
    ("Keyword.Type", "type_name"),
    ("Keyword", "keyword"),
    ("Operator.Word", "keyword"),
    ("Operator", "operator"),
    ("Literal.String", "string"),
    ("Literal.Number", "number"),
    ("Name.Function", "function"),
    ("Name.Builtin", "function"),
    ("Name.Decorator", "function"),
    ("Name.Class", "type_name"),
    ("Name.Exception", "type_name"),
    ("Name.Namespace", "type_name"),
    ("Name.Tag", "keyword"),
    ("Name.Attribute", "function"),
    ("Generic.Deleted", "deleted"),
    ("Generic.Inserted", "inserted"),
    ("Generic.Heading", "keyword"),
    ("Generic.Subheading", "keyword"),
)


class LineHighlighter(Protocol):
    """Highlights the lines of one block of code in their order."""

    def runs(self, line: str) -> list[Run]:
        """The next line, without its newline, as runs whose look is a kind of token."""
        ...

    def mark(self) -> object:
        """What `reset` needs to go back to the line that comes next."""
        ...

    def reset(self, mark: object) -> None:
        """Go back to where `mark` was taken."""
        ...


def highlighter(language: str) -> LineHighlighter:
    """A highlighter for the language named in a fence; plain when it is not known."""
    lexer = _find_lexer(language.lower()) if language else None
    return _PlainHighlighter() if lexer is None else _LexerHighlighter(lexer)


def load_lexers(languages: Iterable[str]) -> None:
    """Make the lexers ready, each of which takes tens of milliseconds when it is first used."""
    for language in languages:
        _find_lexer(language)


@cache
def _find_lexer(language: str) -> "Lexer | None":
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


class _PlainHighlighter:
    def runs(self, line: str) -> list[Run]:
        return [Run(line, ("plain",))]

    def mark(self) -> object:
        return None

    def reset(self, mark: object) -> None:
        pass


class _LexerHighlighter:
    def __init__(self, lexer: "Lexer") -> None:
        from pygments.lexer import ExtendedRegexLexer, RegexLexer

        self._lexer = lexer
        self._regex_lexer: RegexLexer | None = None
        if isinstance(lexer, RegexLexer) and not isinstance(lexer, ExtendedRegexLexer):
            self._regex_lexer = lexer
        self._stack: tuple[str, ...] = ("root",)
        self._is_in_comment = False

    def mark(self) -> object:
        return self._stack, self._is_in_comment

    def reset(self, mark: object) -> None:
        assert isinstance(mark, tuple)  # noqa: S101 - a mark comes from mark()
        self._stack, self._is_in_comment = mark

    def runs(self, line: str) -> list[Run]:
        if len(line) > LONGEST_LINE:
            return [Run(line, ("plain",))]
        comment = ""
        if self._is_in_comment:
            end = line.find("*/")
            if end < 0:
                return [Run(line, ("comment",))]
            comment, line = line[: end + 2], line[end + 2 :]
            self._is_in_comment = False
        runs = [Run(comment, ("comment",))] if comment else []
        return runs + self._highlight(line)

    def _highlight(self, line: str) -> list[Run]:
        stack = self._stack
        tokens = list(self._lex(f"{line}\n"))
        for index, kind, value in tokens:
            if value.startswith("/") and self._opens_comment(kind, value, line, index):
                self._stack, self._is_in_comment = stack, True
                before = list(self._lex(line[:index])) if index else []
                return [*_joined(before, line[:index]), Run(line[index:], ("comment",))]
        return _joined(tokens, line)

    @staticmethod
    def _opens_comment(kind: str, value: str, line: str, index: int) -> bool:
        if not line.startswith("/*", index) or line.find("*/", index + 2) >= 0:
            return False
        return kind in ("operator", "plain") or (kind == "comment" and value.startswith("/*"))

    def _lex(self, line: str) -> Iterator[tuple[int, str, str]]:
        if self._regex_lexer is not None:
            return self._lex_from_state(self._regex_lexer, line)
        return (
            (index, _kind_of(token), value)
            for index, token, value in self._lexer.get_tokens_unprocessed(line)
        )

    def _lex_from_state(self, lexer: "RegexLexer", line: str) -> Iterator[tuple[int, str, str]]:
        """The loop of pygments' RegexLexer, which keeps its stack of states between calls."""
        from pygments.token import _TokenType

        rules = lexer._tokens  # type: ignore[attr-defined]  # noqa: SLF001 - no public way to keep the state
        stack = list(self._stack)
        position = 0
        while position < len(line):
            for match_rule, action, new_state in rules[stack[-1]]:
                found: re.Match[str] | None = match_rule(line, position)
                if found is None:
                    continue
                if isinstance(action, _TokenType):
                    yield position, _kind_of(action), found.group()
                elif action is not None:
                    for index, token, value in action(lexer, found):
                        yield index, _kind_of(token), value
                position = found.end()
                if new_state is not None:
                    _enter(stack, new_state)
                break
            else:
                if line[position] == "\n":
                    stack = ["root"]
                yield position, "plain", line[position]
                position += 1
        self._stack = tuple(stack) if len(stack) <= _DEEPEST_STACK else ("root",)


def _joined(tokens: Iterable[tuple[int, str, str]], line: str) -> list[Run]:
    """Tokens as runs, neighbours of one kind as one; plain where the lexer lost text."""
    parts: list[list[str]] = []
    kinds: list[str] = []
    for _, kind, value in tokens:
        if kinds and kinds[-1] == kind:
            parts[-1].append(value)
        else:
            kinds.append(kind)
            parts.append([value])
    texts = ["".join(part) for part in parts]
    if "".join(texts).removesuffix("\n") != line:
        return [Run(line, ("plain",))] if line else []
    if texts:
        texts[-1] = texts[-1].removesuffix("\n")
    return [Run(text, (kind,)) for text, kind in zip(texts, kinds, strict=True) if text]


def _enter(stack: list[str], new_state: object) -> None:
    """Change the stack as a lexer's rule says: names to push, a number or `#pop` to pop."""
    steps = new_state if isinstance(new_state, tuple) else (new_state,)
    for step in steps:
        if isinstance(step, int):
            del stack[max(1, len(stack) - abs(step)) :]
        elif step == "#pop":
            del stack[max(1, len(stack) - 1) :]
        elif step == "#push":
            stack.append(stack[-1])
        else:
            stack.append(str(step))


@cache
def _kind_of(token: "_TokenType") -> str:
    name = ".".join(token)
    for beginning, kind in _KIND_OF_TOKEN:
        if name.startswith(beginning):
            return kind
    return "plain"
