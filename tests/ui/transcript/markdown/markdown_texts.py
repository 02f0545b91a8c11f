"""Markdown for tests: made by chance out of the pieces that matter, and cut by chance."""

from collections.abc import Sequence

from hypothesis import strategies as st
from textual.theme import BUILTIN_THEMES

from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.text_flow import FlowLine, TextFlow

PALETTE = Palette.from_theme(BUILTIN_THEMES["nord"].to_color_system().generate(), is_dark=True)

PIECES = (
    *(
        "a",
        "b c",
        "word word word",
        "你好，世界",
        "👨‍👩‍👧",
        "é",
        "✌️",
        "foo bar baz. ",
        "汉字，汉字，",
    ),
    *("\n", "\n", "\n", "\n\n", " ", "  ", "    ", "\t", "  \n", "\\", "\\\n"),
    *("- ", "* ", "+ ", "1. ", "2) ", "10. ", "- [ ] ", "- [x] ", ">", "> ", "# ", "## "),
    *("---", "===", "***", "`", "``", "```", "```py\n", "~~~", "def f(x):", "/* ", "*/", '"""'),
    *("*", "**", "_", "__", "~", "~~", "x*y*z", "!", "[foo]", "](", "(x)", "![i](u)", "$$"),
    *("| a | b |\n|---|---|\n", "| x | y |\n", "|", "|-|", "<b>", "</b>", "<div>", "<br>"),
    *("<!--", "-->", "<pre>", "</pre>", "<?", "?>", "&amp;", "&#27;", "https://x.y/z_a_b"),
    *("\x1b[31m", "\u202e", "\r", "\ufe0f", "\ufe0f\ufe01", "&#xfe00;"),
)

DEFINITION = "\n\n[foo]: /url 'title'\n\n"

texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=25).map("".join)
texts_with_definitions = st.lists(
    st.sampled_from((*PIECES, DEFINITION, DEFINITION)), min_size=1, max_size=25
).map("".join)
widths = st.sampled_from((4, 7, 20, 33, 40, 80, 120, 200))


@st.composite
def cut_texts(draw: st.DrawFn) -> list[str]:
    """A text with definitions, in pieces."""
    text = draw(texts_with_definitions)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=30)))
    return pieces_at(text, cuts)


def pieces_at(text: str, cuts: Sequence[int]) -> list[str]:
    """The text cut at these places."""
    ends = [*cuts, len(text)]
    return [text[start:end] for start, end in zip([0, *cuts], ends, strict=True)]


def all_lines(flow: TextFlow, width: int) -> list[FlowLine]:
    """Every line of a flow."""
    flow.layout(width, PALETTE)
    return [flow.line(y) for y in range(flow.line_count)]


def shown(flow: TextFlow, width: int) -> list[str]:
    """Every line of a flow as it looks, without blanks at its end."""
    return [line.strip.text.rstrip() for line in all_lines(flow, width)]
