"""Code that is highlighted only as far as it is looked at has the lines of code that was."""

from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.safe_text import safe_text
from chatapp.ui.transcript.block_tree import Fence
from chatapp.ui.transcript.code_flow import CodeFlow
from chatapp.ui.transcript.fence_lines import FenceLines
from chatapp.ui.transcript.leaf_lines import Frame
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.styled_text import StyleBook

PALETTE = Palette.from_theme({}, is_dark=True)

pieces = st.sampled_from(
    [
        "def f(x):\n",
        "    return '北京' # c\n",
        "\t",
        "/*",
        "*/",
        "\n",
        '"""',
        "word ",
        "x" * 70,
        "\ufe0f",
    ]
)


@given(
    st.lists(pieces, min_size=1, max_size=30),
    st.integers(12, 60),
    st.sampled_from(["python", "c", "nonsense"]),
    st.lists(st.integers(0, 60), max_size=4),
)
def test_the_lines_are_those_of_a_fence(
    parts: list[str], width: int, language: str, looks: list[int]
) -> None:
    flow = CodeFlow(language)
    flow.layout(width, PALETTE)
    for number, part in enumerate(parts):
        flow.append(part)
        for look in looks if number % 3 == 0 else ():
            flow.line(look % flow.line_count)
    text = "".join(parts)
    block = Fence(info=language, is_open=False, lines=safe_text(text).split("\n"))
    fence = FenceLines(block, Frame(width), StyleBook(PALETTE))
    fence.update()
    expected = [list(line.flow_line().strip) for line in fence.lines[1:]]
    assert flow.line_count == len(expected)
    assert [list(flow.line(y).strip) for y in range(flow.line_count)] == expected
    assert flow.source == text
    for needle in ("return", "北", "word"):
        for y, start, end in flow.find(needle):
            found = flow.line(y).strip.crop(start, end).text
            assert found
            assert found.strip("\ufe0f") in needle  # it takes no cell of its own
