"""A tool call shows the same however its arguments were cut, and whenever it was looked at."""

import itertools
import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.messages import ToolCallPart, ToolResultPart, ToolStatus
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.tool_call_section import ToolCallSection

PALETTE = Palette.from_theme({}, is_dark=True)

words = st.sampled_from(
    [
        "def f(x):\n    return 'y'\n",
        "/* open\n",
        "北京",
        "a long run of words ",
        "\t",
        "👩‍💻",
        "☺\ufe0f",
        "\x1b[31m",
        "x" * 50,
        "x" * 2100,
        "\u2028",
        "\r\n",
        "",
        "\n" * 15,
        '#!/bin/sh\n"',
        "{",
    ]
)
texts = st.lists(words, max_size=4).map("".join)
keys = st.sampled_from(
    ["code", "content", "path", "language", "q", "sql", "a key longer than any column", "城市", ""]
)
values = st.one_of(
    texts,
    st.sampled_from(["src/a.py", "a.html", "python", "nope"]),
    st.integers(),
    st.none(),
    st.lists(texts, max_size=3),
    st.dictionaries(keys, texts, max_size=2),
)
arguments = st.one_of(
    st.dictionaries(keys, values, max_size=4).map(json.dumps),
    st.dictionaries(keys, values, max_size=4).map(lambda v: json.dumps(v, ensure_ascii=False)),
    st.dictionaries(keys, values, max_size=3).map(lambda v: json.dumps(v)[:-3] + ",,\n]"),
    texts,
)
statuses = st.none() | st.sampled_from(ToolStatus)
choices = st.none() | st.booleans()


def section(text: str, choice: bool | None) -> ToolCallSection:
    return ToolCallSection(
        ToolCallPart("c", "write_file", text),
        is_live=True,
        choice=choice,
        key_of=lambda name: f"<{name}>",
        clock=None,
    )


def screen(shown: ToolCallSection) -> list[object]:
    lines = [shown.line(y) for y in range(shown.line_count)]
    return [(list(line.strip), line.text, line.start_cell, line.is_continuation) for line in lines]


def settle(shown: ToolCallSection, status: ToolStatus | None, content: str, is_over: bool) -> None:
    if status is not None:
        shown.answer(ToolResultPart("c", content, status, 0.5))
    if is_over:
        shown.close()


def cut(text: str, places: Sequence[int]) -> list[str]:
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:stop] for start, stop in itertools.pairwise(edges)]


@given(
    arguments,
    st.lists(st.integers(0, 10_000), max_size=6),
    statuses,
    texts | arguments,
    st.booleans(),
    st.tuples(choices, choices),
    st.tuples(st.integers(20, 90), st.integers(20, 90)),
)
def test_growing_shows_what_the_whole_shows(
    text: str,
    places: list[int],
    status: ToolStatus | None,
    content: str,
    is_over: bool,
    chosen: tuple[bool | None, bool | None],
    widths: tuple[int, int],
) -> None:
    grown = section("", chosen[0])
    grown.layout(widths[0], PALETTE)
    for number, fragment in enumerate(cut(text, places)):
        grown.append(fragment)
        if number % 2:
            screen(grown)
    settle(grown, status, content, is_over)
    screen(grown)
    grown.choose(chosen[1])
    grown.layout(widths[1], PALETTE)
    whole = section(text, chosen[1])
    settle(whole, status, content, is_over)
    whole.layout(widths[1], PALETTE)
    assert screen(grown) == screen(whole)


@given(arguments, statuses, st.integers(20, 90), choices)
def test_every_line_fits_and_the_word_that_is_found_is_there(
    text: str, status: ToolStatus | None, width: int, choice: bool | None
) -> None:
    shown = section(text, choice)
    settle(shown, status, "a 北京 word\n" * 3, is_over=False)
    shown.layout(width, PALETTE)
    lines = [shown.line(y) for y in range(shown.line_count)]
    assert all(line.strip.cell_length <= width for line in lines)
    for y, start, end in shown.find("python"):
        found = lines[y].strip.crop(start, end).text
        assert found
        assert found.lower() in "python"
