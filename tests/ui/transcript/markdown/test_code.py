"""Code is highlighted line by line, and looks as it does to a lexer that sees it whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name

from chatapp.ui.transcript.code_tokens import _kind_of, highlighter

PYTHON = 'def f(x):\n    """Doc\n    string."""\n    return x + 1  # one\n\nclass A: pass\n'
C = "int main(void) {\n  /* a\n     b */ return 0; // c\n}\n"
JAVASCRIPT = "const a = `one ${b}\ntwo`;\n/* x */ let c = 'd';\n"
YAML = "a: 1\nb:\n  - c # d\n"
JSON = '{\n  "a": [1, true]\n}\n'


def kinds(language: str, code: str) -> list[list[tuple[str, str]]]:
    lexer = highlighter(language)
    return [
        [(run.text.strip(), run.looks[0]) for run in lexer.runs(line) if run.text.strip()]
        for line in code.split("\n")
    ]


@pytest.mark.parametrize(("language", "code"), [("python", PYTHON), ("json", JSON)])
def test_a_line_looks_as_it_does_in_the_whole(language: str, code: str) -> None:
    whole = "".join(
        _kind_of(token)[0] * len(value)
        for token, value in get_lexer_by_name(language, stripnl=False).get_tokens(code)
    )
    lexer = highlighter(language)
    alone = "p".join(
        "".join(run.looks[0][0] * len(run.text) for run in lexer.runs(line))
        for line in code.split("\n")
    )
    visible = [i for i, character in enumerate(code) if not character.isspace()]
    assert [alone[i] for i in visible] == [whole[i] for i in visible]


def test_a_comment_over_lines_that_a_lexer_sees_only_whole() -> None:
    lines = kinds("c", C)
    assert lines[1] == [("/* a", "comment")]
    assert lines[2][0] == ("b */", "comment")
    assert ("return", "keyword") in lines[2]


def test_strings_over_lines() -> None:
    assert kinds("js", JAVASCRIPT)[1][0] == ("two`", "string")
    assert kinds("python", PYTHON)[2][0] == ('string."""', "string")


def test_a_pattern_with_a_star_opens_no_comment() -> None:
    lines = kinds("js", "glob('src/**/*.js')\nlet a = 1")
    assert ("let", "keyword") in lines[1]


@pytest.mark.parametrize("language", ["", "nosuchlanguage", "text"])
def test_an_unknown_language_is_plain(language: str) -> None:
    assert kinds(language, "def f(): 1") == [[("def f(): 1", "plain")]]


LANGUAGES = ("python", "c", "rust", "js", "ts", "html", "css", "yaml", "json", "bash", "sql", "go")


@given(
    st.sampled_from((*LANGUAGES, "diff", "php", "console", "toml", "make", "tex", "java", "ruby")),
    st.lists(st.sampled_from(PYTHON.split("\n") + C.split("\n") + YAML.split("\n")), max_size=8),
    st.text(st.sampled_from("\"'`/*#{}()<>=: \\$aé"), max_size=20),
)
def test_no_text_is_lost_and_reset_goes_back(language: str, lines: list[str], odd: str) -> None:
    lexer = highlighter(language)
    for line in (*lines, odd, *lines):
        mark = lexer.mark()
        runs = lexer.runs(line)
        assert "".join(run.text for run in runs) == line
        lexer.reset(mark)
        assert lexer.runs(line) == runs
