"""Markdown and JSON as plain words: what a snippet shows of them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.storage.plain_text import plain_text
from chatapp.storage.search import parse_search, snippet
from chatapp.storage.words import words


def plain(text: str) -> str:
    return " ".join(plain_text(text, 0, len(text)).split())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, 中文", "plain words, 中文"),
        ("**bold**, *slanted*, ~~gone~~ and ***both***", "bold, slanted, gone and both"),
        ("这是**重要**的唐朝", "这是重要的唐朝"),
        ("**bold *in* bold** and **use `code` now**", "bold in bold and use code now"),
        ("see `a*b*c`, ``x`y`` and \\*stars\\*", "see a*b*c, x`y and *stars*"),
        ("[the docs](https://a.example/x) and ![a cat](cat.png)", "the docs and a cat"),
        ("<https://a.example/x> one<br/>two", "https://a.example/x one two"),
        ("## A heading ##\n\n> quoted\n> > twice", "A heading quoted twice"),
        ("- one\n* two\n- [x] done\n1. first", "• one • two • done 1. first"),
        ("| a | b |\n|---|:-:|\n| c | d |", "a · b c · d"),
        ("above\n\n---\n\nbelow\n=====\n", "above below"),
        ("Run\n```sh\nls *.py  # **all**\n```\n**now**", "Run ls *.py # **all** now"),
        ("x**2 + y**2, f(*args, **more), a_b", "x**2 + y**2, f(*args, **more), a_b"),
        ("__init__ and _private", "__init__ and _private"),
        ("`*` and `*`, a < b, c > d, 2 * 3 * 4", "* and *, a < b, c > d, 2 * 3 * 4"),
        ('ask {"city":"São Paulo, BR","days":[1,2]}', "ask city: São Paulo, BR, days: 1, 2"),
        ('{"said":"\\"hi\\"\\nthere \\u4e2d","more":{}}', 'said: "hi" there 中, more: {}'),
        ('{"face":"\\ud83d\\ude00 \\ud83d"}', "face: 😀 \ufffd"),
        ('[\n  {\n    "a": "one",\n    "b": [\n      "two"\n    ]\n  }\n]', "a: one, b: two"),
        ('He wrote {x} and "quoted" it: [1]', 'He wrote {x} and "quoted" it: [1]'),
        ("int main() {\n  return 0;\n}", "int main() { return 0; }"),
    ],
)  # fmt: skip
def test_marks_go_and_words_stay(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_what_stands_before_a_piece_tells_what_it_is() -> None:
    code = "```python\nfirst = 1\n**kwargs, *args*\n```\n**after**"
    assert plain_text(code, code.index("**kw"), len(code)).split("\n") == [
        "**kwargs, *args*",
        "after",
    ]
    values = '{"k":"' + "word " * 100 + 'end, of it","n":3,"list":["a","b"]}'
    start = values.index("end")
    assert plain_text(values, start, len(values)) == "end, of it, n: 3, list: a, b"


pieces = st.sampled_from(
    [
        *("**", "*", "`", "```", "~~", "\n", "\n\n", "# ", "> ", "- ", "|", "[", "](", ")"),
        *("{", "}", '"', '":"', '","', "\\", "\\u4e2d", "\\n", "<br>", "---"),
        *("word", "foo_bar", "唐朝", "12", " ", "needle", "Needle's"),
    ]
)


@given(st.lists(pieces, max_size=60).map("".join), st.data())
def test_any_text_has_plain_words_and_a_match_stays_marked(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    plain_text(text, start, end)
    terms = parse_search('needle "foo_bar" 唐 ')
    excerpt, matches = snippet(text, terms)
    found = [words(excerpt[first:last]) for first, last in matches]
    assert all(any(term.is_met(each) for term in terms) for each in found)
    said = words(text)
    is_there = any(
        term.is_met(said[:count])
        for term in terms
        for count in range(len(term.words), len(said) + 1)
    )
    assert bool(found) == is_there


def test_a_match_that_plain_words_leave_out_is_shown_as_it_stands() -> None:
    text = "See [the page](https://example.org/needle) for **more**."
    excerpt, matches = snippet(text, parse_search("needle"))
    assert excerpt == text
    assert [excerpt[first:last] for first, last in matches] == ["needle"]


def test_what_is_around_a_match_costs_the_same_in_a_long_text() -> None:
    line = '{"key":"**value** [with](a) `marks`","list":[1,2,3]},' * 4
    text = f"{line}\n" * 10_000
    began = time.process_time()
    for place in range(0, len(text), len(text) // 50):
        plain_text(text, place, place + 400)
    assert time.process_time() - began < 0.5
