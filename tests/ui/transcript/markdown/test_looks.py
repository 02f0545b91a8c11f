"""What Markdown looks like, what copying it gives, and that nothing in it can act."""

import pytest
from hypothesis import given

from chatapp.core.safe_text import safe_text
from chatapp.ui.transcript.text_flow import CodeBlock, MarkdownFlow, PlainFlow
from tests.ui.transcript.markdown.markdown_texts import (
    PALETTE,
    all_lines,
    shown,
    texts_with_definitions,
)


def closed(text: str) -> MarkdownFlow:
    return MarkdownFlow(text, is_closed=True)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("# Title\ntext", ["Title", "", "text"]),
        ("- a\n- b\n  - c\n    - d", ["• a", "• b", "  ◦ c", "    ▪ d"]),
        ("- a\n\n- b", ["• a", "", "• b"]),
        ("9. a\n10. b", [" 9. a", "10. b"]),
        ("- [x] a\n- [ ] b", ["☑ a", "☐ b"]),
        ("> a\n>\n> - b", ["▌ a", "▌", "▌ • b"]),
        ("a[b](http://c)d", ["ab (http://c)d"]),
        ("<http://c/> http://d", ["http://c/ http://d"]),
        ("![alt](http://c)", ["▣ alt (http://c)"]),
        ("<i>a</i>", ["<i>a</i>"]),
        ("a<br>b", ["a", "b"]),
        ("$$\\frac{a_1}{b_2}$$", ["$$\\frac{a_1}{b_2}$$"]),
        ("*a **b** `c` ~~d~~*", ["a b c d"]),
        ("```\na\n\tb", [" a", "     b"]),
        ("```py\na\n```", ["                 py", " a"]),
        ("[bold]not[/bold]", ["[bold]not[/bold]"]),
        ("one two three four five six", ["one two three four", "five six"]),
        ("- one two three fours five", ["• one two three", "  fours five"]),
        ("***", ["─" * 20]),
        ("|a|b|\n|-|-:|\n|1|2|", ["a │ b", "──┼──", "1 │ 2"]),
        ("-", ["•"]),
        ("", []),
    ],
)
def test_how_it_looks(text: str, lines: list[str]) -> None:
    assert shown(closed(text), 20) == lines


@pytest.mark.parametrize(
    ("pieces", "last"),
    [
        (["```py\n", "x = 1"], " x = 1"),
        (["```\nx\n", "``"], " x"),
        (["some **bold"], "some bold"),
        (["some **bold*"], "some bold"),
        (["some `code"], "some code"),
        (["some **"], "some"),
        (["see [docs](http://exa"], "see docs"),
        (["Title", "\n-"], "Title"),
        (["a\n", "1."], "a"),
    ],
)
def test_what_is_unfinished_shows_what_it_will_be(pieces: list[str], last: str) -> None:
    flow = MarkdownFlow()
    for piece in pieces:
        flow.append(piece)
    assert shown(flow, 30)[-1] == last


def test_bold_stays_bold_while_it_grows() -> None:
    flow = MarkdownFlow("so **very")
    [line] = all_lines(flow, 30)
    assert [(s.text, bool(s.style and s.style.bold)) for s in line.strip] == [
        ("so ", False),
        ("very", True),
    ]


def test_a_late_definition_changes_what_was_shown() -> None:
    flow = MarkdownFlow("See [docs].\n\nmore\n\n")
    assert shown(flow, 40) == ["See [docs].", "", "more"]
    revision = flow.revision
    flow.append("[docs]: http://x\n\n")
    assert shown(flow, 40) == ["See docs (http://x).", "", "more"]
    assert flow.revision > revision


def test_a_late_definition_changes_a_paragraph_that_was_long_unfinished() -> None:
    pieces = ["See [docs] now. ", *["Some more words. "] * 60, "\nand a line", "\n\n[docs]: /x\n"]
    flow = MarkdownFlow()
    for piece in pieces:
        flow.append(piece)
        shown(flow, 40)
    flow.close()
    assert shown(flow, 40) == shown(closed("".join(pieces)), 40)
    assert shown(flow, 40)[0].startswith("See docs (/x) now.")


def test_a_wide_table_folds_and_a_narrow_one_becomes_records() -> None:
    table = "| Name | What it does |\n|-|-|\n| parser | keeps what is open |\n| view | paints |"
    assert shown(closed(table), 20) == [
        *("Name   │ What it", "       │ does", "───────┼────────────"),
        *("parser │ keeps what", "       │ is open", "┄┄┄┄┄┄┄┼┄┄┄┄┄┄┄┄┄┄┄┄", "view   │ paints"),
    ]
    assert shown(closed(table), 12) == [
        *("Name: parser", "What it", "does: keeps", "what is open"),
        *("┄" * 12, "Name: view", "What it", "does: paints"),
    ]


def test_copying_a_line_gives_text_without_decoration() -> None:
    lines = all_lines(closed("> - one two three four five\n\n```py\n  x\n```"), 20)
    copied = [(line.text, line.start_cell, line.joint) for line in lines]
    assert copied == [
        ("one two three", 4, ""),
        ("four five", 4, " "),
        ("", 0, ""),
        ("", 20, ""),
        ("  x", 1, ""),
    ]
    assert [line.is_continuation for line in lines] == [False, True, False, False, False]


@given(texts_with_definitions)
def test_the_text_of_a_line_stands_in_its_cells(text: str) -> None:
    for line in all_lines(closed(text), 30):
        cells = line.strip.crop(line.start_cell)
        # an emoji's selector without an emoji has no cell that it could stand in
        stands, text = cells.text.lstrip("\ufe0f"), line.text.lstrip("\ufe0f")
        assert stands.startswith(text) or line.text in ("---", "")


@given(texts_with_definitions)
def test_nothing_unsafe_is_painted(text: str) -> None:
    hostile = f"{text}\x1b]0;x\x07 &#27;[31m &#x202e; `\x9b` [a](http://\x1b) \u200b"
    for flow in (closed(hostile), PlainFlow(hostile)):
        for line in all_lines(flow, 30):
            assert line.strip.text == safe_text(line.strip.text)
            assert "\n" not in line.strip.text
            assert "\t" not in line.strip.text
            assert line.text == safe_text(line.text)


@pytest.mark.parametrize("text", ["a\ufe0f**\ufe01b**", "a\ufe0f`\ufe01b`", "a&#xfe0f;&#xfe01;b"])
def test_selectors_in_a_row_are_seen_although_marks_parted_them(text: str) -> None:
    (line,) = all_lines(closed(text), 30)
    assert line.text == "a\ufe0f‹FE01›b"


def test_blocks_of_code_are_exact() -> None:
    flow = closed("a\n\n```py x\ndef f():\n\treturn 1\n\n```\n\n- b\n\n      indented\n")
    flow.layout(40, PALETTE)
    assert flow.code_blocks() == (
        CodeBlock("py", "def f():\n\treturn 1\n", 2),
        CodeBlock("", "indented", 9),
    )


def test_find_looks_at_what_is_shown_across_wraps_in_any_case() -> None:
    flow = closed("Some **Bold** words stand here\n\n- 你好 bold")
    flow.layout(16, PALETTE)
    assert shown(flow, 16) == ["Some Bold words", "stand here", "", "• 你好 bold"]
    assert flow.find("bold") == ((0, 5, 9), (3, 7, 11))
    assert flow.find("words STAND") == ((0, 10, 15), (1, 0, 5))
    assert flow.find("**") == ()
    assert flow.find("") == ()


def test_lines_outside_are_errors() -> None:
    flow = closed("a")
    flow.layout(10, PALETTE)
    with pytest.raises(IndexError):
        flow.line(1)
    with pytest.raises(IndexError):
        flow.line(-1)


def test_a_flow_that_was_never_shown_parses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatapp.ui.transcript.markdown_flow.BlockParser", None)
    flow = closed("words and words\n" * 1_000)
    flow.layout(40, PALETTE)
    assert flow.source == "words and words\n" * 1_000
