"""Replies as a model writes them, from a seed: the same tokens in every run."""

import random
import re
from collections.abc import Callable, Iterator
from typing import Literal, get_args

ReplyKind = Literal["mixed", "fence", "numbered"]
REPLY_KINDS: tuple[ReplyKind, ...] = get_args(ReplyKind)

_TOKEN = re.compile(r"\s*\w{1,5}|\s*[^\w\s]{1,3}|\s+")
_WORDS = (
    "model", "streams", "tokens", "reader", "follows", "each", "line", "nothing", "moves",
    "unless", "it", "must", "because", "parsing", "layout", "and", "painting", "are", "bounded",
    "by", "what", "is", "in", "view", "rather", "than", "said", "before", "long", "conversations",
    "feel", "like", "short", "ones", "for", "everyone",
)  # fmt: skip
_CODE = (
    "def total(values: list[int], start: int = 0) -> int:",
    '    """Add up what is above zero."""',
    "    result = start",
    "    for index, value in enumerate(values):",
    "        if value > 0 and index % 2 == 0:",
    "            result += value * 3  # weighted",
    "        print(f'{index}: {value!r}', result, sep=', ')",
    "    return result",
    "",
)


def reply_tokens(kind: ReplyKind, count: int, seed: int = 7) -> list[str]:
    """Return `count` tokens of a reply.

    "mixed" is Markdown of every kind of block, "fence" one block of Python that never ends,
    "numbered" words that say which token they are: t00000 t00001 and so on.
    """
    if kind == "numbered":
        return [f"t{number:05d} " for number in range(count)]
    generator = random.Random(seed)  # noqa: S311 - text to look at, no secret
    blocks = _blocks(generator) if kind == "mixed" else _code_for_ever()
    tokens: list[str] = []
    for block in blocks:
        pieces = split_tokens(block)
        if len(tokens) + len(pieces) > count:
            break
        tokens += pieces
    # a block that is cut would leave a fence or a table open behind the text
    filling = _words(generator, count) if kind == "mixed" else _code_for_ever()
    while len(tokens) < count:
        tokens += split_tokens(next(filling))[: count - len(tokens)]
    return tokens


def split_tokens(text: str) -> list[str]:
    """Cut a text about where a model's vocabulary would."""
    return _TOKEN.findall(text)


def _blocks(generator: random.Random) -> Iterator[str]:
    makers: tuple[Callable[[random.Random], str], ...] = (
        _paragraph, _list, _paragraph, _fence, _heading, _paragraph, _table, _quote, _tasks,
    )  # fmt: skip
    while True:
        for make in makers:
            yield f"{make(generator)}\n\n"


def _words(generator: random.Random, count: int) -> Iterator[str]:
    for _ in range(count):
        yield f" {generator.choice(_WORDS)}"


def _phrase(generator: random.Random, least: int = 4, most: int = 12) -> str:
    return " ".join(generator.choices(_WORDS, k=generator.randint(least, most)))


def _paragraph(generator: random.Random) -> str:
    looks = ("{}", "{}", "**{}**", "*{}*", "`{}`", "[{}](https://example.com/page)", "{},")
    phrases = (
        generator.choice(looks).format(_phrase(generator)) for _ in range(generator.randint(4, 9))
    )
    return " ".join(phrases).capitalize() + "."


def _heading(generator: random.Random) -> str:
    return "#" * generator.randint(1, 4) + f" {_phrase(generator, 2, 6).title()}"


def _list(generator: random.Random) -> str:
    lines = []
    for number in range(1, generator.randint(4, 9)):
        lines.append(f"{number}. **{_phrase(generator, 1, 3)}**: {_phrase(generator)}")
        lines += [f"   - {_phrase(generator)}" for _ in range(generator.randint(0, 2))]
    return "\n".join(lines)


def _tasks(generator: random.Random) -> str:
    return "\n".join(
        f"- [{generator.choice('x ')}] {_phrase(generator)}" for _ in range(generator.randint(2, 5))
    )


def _quote(generator: random.Random) -> str:
    return "\n".join(f"> {_phrase(generator)}" for _ in range(generator.randint(2, 4)))


def _table(generator: random.Random) -> str:
    rows = ["| name | count | note |", "| --- | ---: | --- |"]
    for _ in range(generator.randint(3, 8)):
        number = generator.randint(1, 99999)
        rows.append(f"| {_phrase(generator, 1, 2)} | {number} | {_phrase(generator, 2, 6)} |")
    return "\n".join(rows)


def _fence(generator: random.Random) -> str:
    first = generator.randrange(len(_CODE))
    lines = (_CODE * 3)[first : first + generator.randint(5, 15)]
    return "\n".join(("```python", *lines, "```"))


def _code_for_ever() -> Iterator[str]:
    yield "```python\n"
    while True:
        yield from (f"{line}\n" for line in _CODE)
