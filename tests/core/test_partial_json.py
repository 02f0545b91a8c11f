"""The tolerant parser: what it reads of every prefix, of every text, and what it costs."""

import itertools
import json
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.partial_json import PartialEntry, PartialJson, ValueKind

strings = st.text(st.characters(), max_size=8) | st.sampled_from(
    ["北京", "😀", "\ud83d", "a\nb", '"', "\\", "\\u4e2d", "```", "\x1b[31m", ""]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | strings
    | st.sampled_from([float("inf"), -float("inf"), -0.0, 1e-300])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(strings, inner, min_size=0, max_size=3)
    ),
    max_leaves=8,
)
objects = st.dictionaries(strings, values, max_size=4)


@st.composite
def written(draw: st.DrawFn, value_of: st.SearchStrategy[object]) -> tuple[object, str]:
    """A value, and one of the ways to write it."""
    value = draw(value_of)
    text = json.dumps(
        value,
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, 1, "\t"])),
        separators=draw(st.sampled_from([None, (",", ":"), (" ,\n", " : ")])),
    )
    blanks = st.sampled_from(["", " ", "\r\n\t"])
    return value, draw(blanks) + text + draw(blanks)


@st.composite
def cut(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> list[str]:
    """A text in fragments cut anywhere."""
    text = draw(texts)
    places = draw(st.lists(st.integers(0, len(text)), max_size=12))
    edges = [0, *sorted(places), len(text)]
    return [text[start:stop] for start, stop in itertools.pairwise(edges)]


def value_of(entry: PartialEntry) -> object:
    return entry.text if entry.kind is ValueKind.STRING else json.loads(entry.text)


def whole(parser: PartialJson) -> object:
    if any(entry.key is None for entry in parser.entries):
        return value_of(parser.entries[0])
    return {entry.key: value_of(entry) for entry in parser.entries}


def view(parser: PartialJson) -> list[object]:
    shown: list[object] = [
        (entry.key, entry.kind, entry.text, entry.is_complete) for entry in parser.entries
    ]
    return [*shown, "".join(parser.rest), parser.problem, parser.is_complete]


def parsed(fragments: list[str]) -> PartialJson:
    parser = PartialJson()
    for fragment in fragments:
        parser.feed(fragment)
    return parser


@given(st.data(), written(values))
def test_the_whole_text_is_what_json_loads_reads(
    data: st.DataObject, case: tuple[object, str]
) -> None:
    _, text = case
    parser = parsed(data.draw(cut(st.just(text))))
    parser.close()
    assert parser.is_complete
    assert not parser.problem
    assert whole(parser) == json.loads(text)


@given(written(objects), st.integers(0, 400))
def test_a_prefix_shows_a_part_of_the_whole(case: tuple[object, str], length: int) -> None:
    _, text = case
    parser, full = PartialJson(text[:length]), PartialJson(text)
    assert not parser.problem
    for seen, final in zip(parser.entries, full.entries, strict=False):
        assert final.text.startswith(seen.text)
        assert (final.key or "").startswith(seen.key or "")
        if seen.is_complete:
            assert (seen.key, seen.kind, seen.text) == (final.key, final.kind, final.text)
    assert all(entry.is_complete for entry in parser.entries[:-1])


jsonish = st.lists(
    st.sampled_from([*'{}[]":,\\u04ed8`-+. \n', "true", "12", "nul", '"a"', "```json\n", "\ud83d"])
    | st.characters(),
    max_size=30,
).map("".join)


@given(st.data(), jsonish | written(objects).map(lambda case: case[1][:-2] + "]"))
def test_any_text_gives_the_same_view_however_it_was_cut(data: st.DataObject, text: str) -> None:
    fragments = data.draw(cut(st.just(text)))
    assert view(parsed(fragments)) == view(PartialJson(text))


@given(jsonish)
def test_what_json_loads_refuses_is_said(text: str) -> None:
    parser = PartialJson(text)
    parser.close()
    try:
        json.loads(text, strict=False)
    except ValueError:
        is_forgiven = text.lstrip(" \t\r\n\ufeff") != text.lstrip(" \t\r\n") or "```" in text
        assert parser.problem or not parser.entries or is_forgiven
    else:
        assert not parser.problem


@given(jsonish)
def test_the_rest_is_the_end_of_the_text_as_it_came(text: str) -> None:
    parser = PartialJson(text)
    assert text.endswith("".join(parser.rest))


def each_prefix(text: str) -> Iterator[PartialJson]:
    parser = PartialJson()
    for character in text:
        parser.feed(character)
        yield parser


def test_a_surrogate_pair_split_over_fragments_is_one_character() -> None:
    texts = [p.entries[0].text if p.entries else "" for p in each_prefix(r'{"a":"\ud83d\ude00!"}')]
    assert set(texts) == {"", "😀", "😀!"}


def test_escapes_are_decoded_as_they_come() -> None:
    parser = PartialJson(r'{"city": "\u4e2d\u56fd\n\"')
    assert [(e.key, e.text, e.is_complete) for e in parser.entries] == [("city", '中国\n"', False)]


def test_nested_values_are_compact_and_keep_their_characters() -> None:
    parser = PartialJson('{"a": {"x" :[1,\n 2.5],"\\u4e2d":null}, "b": [')
    assert [entry.text for entry in parser.entries] == ['{"x": [1, 2.5], "中": null}', "["]


@pytest.mark.parametrize(
    ("text", "shown", "rest", "problem"),
    [
        ('{"a": 1,}', ["1"], "}", "expected a key in quotes"),
        ('{"a": 1 "b": 2}', ["1"], '"b": 2}', "expected ',' or '}'"),
        ("{'a': 1}", [], "'a': 1}", "expected a key in quotes"),
        ('{"a": True}', [""], "True}", "expected a value"),
        ('{"a": nope}', ["nope"], "}", "expected a number, true, false or null"),
        ('{"a": "x\\d"}', ["x"], '\\d"}', "expected a known escape"),
        ('{"a": 1} thanks', ["1"], "thanks", "expected the end"),
        ('{"a": [1}', ["[1"], "}", "expected ',' or ']'"),
        ("Sure!", [""], "Sure!", "expected a value"),
        ("```\n```", [""], "```", "expected a value"),
    ],
)
def test_it_says_where_a_text_ceases_to_be_json(
    text: str, shown: list[str], rest: str, problem: str
) -> None:
    parser = PartialJson(text)
    assert [entry.text for entry in parser.entries] == shown
    assert ("".join(parser.rest), parser.problem) == (rest, problem)


@pytest.mark.parametrize("opening", ["```json\n", "```\n", "  ``` json\r\n", "\ufeff"])
def test_a_fence_around_the_object_is_forgiven(opening: str) -> None:
    closing = "\n```\n" if "`" in opening else ""
    parser = parsed(list(f'{opening}{{"a": 1}}{closing}'))
    assert whole(parser) == {"a": 1}
    assert parser.is_complete
    assert not parser.problem


def test_newlines_in_strings_are_forgiven() -> None:
    parser = PartialJson('{"code": "a\n\tb"}')
    assert whole(parser) == {"code": "a\n\tb"}


def test_a_repeated_key_is_shown_twice() -> None:
    parser = PartialJson('{"a": 1, "a": 2}')
    assert [(entry.key, entry.text) for entry in parser.entries] == [("a", "1"), ("a", "2")]


def test_not_a_number_is_read() -> None:
    parser = PartialJson('{"a": NaN, "b": -Infinity}')
    assert [entry.text for entry in parser.entries] == ["NaN", "-Infinity"]
    assert not parser.problem


def test_depth_has_no_limit() -> None:
    parser = PartialJson('{"a": ' + "[" * 100_000)
    parser.feed("]" * 100_000 + "}")
    assert parser.is_complete


def test_an_unfinished_value_is_said_at_the_end() -> None:
    for text in ('{"a": "x', "{", '{"a'):
        parser = PartialJson(text)
        parser.close()
        assert parser.problem == "the text ends before the value does"


def test_no_text_is_no_problem() -> None:
    parser = PartialJson(" \n")
    parser.close()
    assert not parser.entries
    assert not parser.problem


@pytest.mark.parametrize("piece", ["0123456789", "中\\n\\u4e2d ", '"],["', "[{}, 1, "])
def test_a_fragment_costs_its_own_length(piece: str) -> None:
    opening = '{"a": "' if "[" not in piece else '{"a": [["'
    parser = PartialJson(opening if piece != "[{}, 1, " else '{"a": ')
    began = time.process_time()
    for _ in range(20_000):
        parser.feed(piece)
    spent = time.process_time() - began
    assert sum(map(len, parser.entries[0].pieces)) >= 20_000 * 3
    assert spent < 1.5  # a few hundred ms on a slow machine; quadratic cost would be minutes
