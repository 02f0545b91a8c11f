"""Whatever happens around a reader who does not follow, the line at the top stays."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from chatapp.core.changes import DraftClosed, DraftOpened, MessageAdded, PartAppended, PartOpened
from chatapp.core.messages import (
    ChatMessage,
    ModelRef,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
)
from chatapp.ui.transcript.follow import ReadingPosition
from chatapp.ui.transcript.painter import Highlights, RowPainter
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.timeline import Timeline

HEIGHT = 12
PALETTE = Palette.from_theme({}, is_dark=True)
MODEL = ModelRef("lab", "model-a")
WORDS = "some words that wrap when the view is narrow enough for them to do so "


def reply(number: int, size: int) -> ChatMessage:
    parts = (
        ReasoningPart(f"thought of {number}\n\n" + WORDS * size),
        TextPart(f"answer {number}\n\n" + (WORDS + "\n\n") * size),
        ToolCallPart("call", "look", '{"q": 1}\n' * size),
    )
    return ChatMessage(f"m{number}", None, Role.ASSISTANT, parts, 0.0, MODEL)


class Reader:
    """A timeline and a position in it, without a screen."""

    def __init__(self, sizes: list[int], width: int = 50) -> None:
        self.timeline = Timeline(lambda name: name)
        self.timeline.lay_out(width, PALETTE, Style())
        messages = [reply(number, size) for number, size in enumerate(sizes)]
        self.timeline.show(messages, None, MODEL)
        self.position = ReadingPosition(self.timeline)
        self.position.settle(HEIGHT)

    def top_row(self) -> str:
        painter = RowPainter(self.timeline)
        painter.place_rows(self.position, HEIGHT)
        return painter.paint(50, HEIGHT, PALETTE, Style(), Highlights())[0].text

    def anchored_section(self) -> object:
        return self.timeline.mark(self.position.entry, self.position.line).section

    def all_rows(self) -> list[tuple[int, int]]:
        return [
            (entry, line)
            for entry in range(len(self.timeline))
            for line in range(self.timeline.measure(entry))
        ]


sizes = st.lists(st.integers(0, 12), min_size=2, max_size=12)
happenings = st.lists(
    st.tuples(st.sampled_from(["grow", "add", "fold", "all"]), st.integers(0, 99)), max_size=20
)


@given(sizes, st.integers(1, 80), happenings)
def test_the_line_at_the_top_stays(sizes: list[int], up: int, after: list[tuple[str, int]]) -> None:
    reader = Reader(sizes)
    timeline, position = reader.timeline, reader.position
    opened = reply(1000, 0)
    timeline.apply(DraftOpened(ChatMessage("d", None, Role.ASSISTANT, (), 0.0, MODEL)))
    timeline.apply(PartOpened("d", 0, opened.parts[1]))
    position.settle(HEIGHT)
    position.scroll_by(-up, HEIGHT)
    if position.is_following:
        return
    for number, (name, value) in enumerate(after):
        row, section = reader.top_row(), reader.anchored_section()
        if name == "grow" and timeline.is_growing:
            timeline.apply(PartAppended("d", 0, f"- {WORDS}\n"))
        elif name == "add":
            if timeline.is_growing:
                timeline.apply(DraftClosed(replace(reply(1000, 0), message_id="d")))
            timeline.apply(MessageAdded(reply(2000 + number, value % 5)))
        elif name == "fold":
            index = value % len(sizes)
            parts = timeline.entry(index).foldable_parts[: 1 + value % 2]
            timeline.fold(index, parts, is_unfolded=bool(value % 3))
        elif name == "all":
            timeline.fold_all(not timeline.is_all_unfolded)
        position.settle(HEIGHT)
        assert not position.is_following
        assert reader.anchored_section() is section
        if name in ("grow", "add") or "thought" in row or "answer " in row:
            assert reader.top_row() == row


@given(sizes, st.lists(st.integers(-40, 40), max_size=12))
def test_scrolling_moves_by_lines_whatever_was_guessed(sizes: list[int], moves: list[int]) -> None:
    reader = Reader(sizes)
    position = reader.position
    rows = Reader(sizes).all_rows()
    last_top = max(0, len(rows) - HEIGHT)
    top = last_top
    for move in moves:
        position.scroll_by(move, HEIGHT)
        top = max(0, min(last_top, top + move))
        assert (position.entry, position.line) == rows[top]
        assert position.is_following == (top == last_top)


@given(sizes, st.integers(1, 60), st.lists(st.integers(24, 120), min_size=1, max_size=5))
def test_another_width_keeps_the_text_at_the_top(
    sizes: list[int], up: int, widths: list[int]
) -> None:
    reader = Reader(sizes)
    reader.position.scroll_by(-up, HEIGHT)
    if reader.position.is_following:
        return
    entry, section = reader.position.entry, reader.anchored_section()
    for width in widths:
        reader.timeline.lay_out(width, PALETTE, Style())
        reader.position.settle(HEIGHT)
        assert reader.position.entry == entry
        assert reader.anchored_section() is section
