"""The tree of blocks as one run of lines, each block laid out once, when it is looked at.

Every block has a box: a leaf's box holds its lines, a container's the heights of its
children. Only what changed at the end of the text is measured again.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from rich.segment import Segment

from chatapp.ui.transcript.block_tree import (
    CLEAN,
    Block,
    Container,
    Document,
    Fence,
    Heading,
    HtmlBlock,
    IndentedCode,
    Item,
    Leaf,
    ListBlock,
    Paragraph,
    Quote,
    Table,
)
from chatapp.ui.transcript.fence_lines import FenceLines, code_lines, fence_language
from chatapp.ui.transcript.inline_markup import InlineMarkup
from chatapp.ui.transcript.leaf_lines import Frame, LeafLines, PlainLines, RuleLine, RunningText
from chatapp.ui.transcript.styled_text import StyleBook
from chatapp.ui.transcript.table_lines import TableLines
from chatapp.ui.transcript.text_line import CodeBlock, TextLine

_BULLETS = "•◦▪"
_NUMBER_WIDTH = 2


@dataclass(frozen=True, slots=True)
class Layout:
    """What all boxes of a document share."""

    styles: StyleBook
    markup: InlineMarkup


class LeafBox:
    """The place of a block of text."""

    def __init__(self, block: Leaf, frame: Frame, layout: Layout) -> None:
        self.block = block
        self.frame = frame
        self._layout = layout
        self._lines: LeafLines | None = None
        self._is_stale = True

    @property
    def height(self) -> int:
        """Lines; lays the block out when that was not done."""
        return len(self._updated().lines)

    def line(self, y: int) -> TextLine:
        """The line with index `y`."""
        return self._updated().lines[y]

    def lines(self) -> Iterator[TextLine]:
        """All lines."""
        yield from self._updated().lines

    def sync(self) -> None:
        """The block may have changed."""
        self._is_stale = True

    def adopt(self, block: Leaf) -> bool:
        """Stand for a paragraph that took the place of one with the same beginning."""
        if not (isinstance(self._lines, RunningText) and type(block) is Paragraph):
            return False
        if type(self.block) is not Paragraph or self._lines.waits_for_definition:
            return False
        self.block = self._lines.block = block
        self._is_stale = True
        return True

    def stable_height(self, partial_line: int) -> int:
        """Lines that stay when text is appended."""
        if _is_finished(self.block, partial_line):
            return self.height
        return self._updated().stable_count()

    def _updated(self) -> LeafLines:
        if self._lines is None:
            self._lines = self._lay_out()
        if self._is_stale:
            self._lines.update()
            self._is_stale = False
        return self._lines

    def _lay_out(self) -> LeafLines:
        block, frame, styles = self.block, self.frame, self._layout.styles
        match block:
            case Paragraph() | Heading():
                text = RunningText(block, frame, styles, self._layout.markup)
                text.has_task_box = task_state(block) is not None
                return text
            case Fence() | IndentedCode():
                return FenceLines(block, frame, styles)
            case Table():
                return TableLines(block, frame, styles, self._layout.markup)
            case HtmlBlock():
                return PlainLines(block, frame, styles)
            case _:
                return RuleLine(frame, styles)


class ContainerBox:
    """The place of a block made of blocks, which stand below each other."""

    def __init__(self, block: Container, frame: Frame, layout: Layout, depth: int = 0) -> None:
        self.block = block
        self.frame = frame
        self._layout = layout
        self._depth = depth
        self._boxes: list[LeafBox | ContainerBox] = []
        self._ends: list[int] = []
        self._gap = self._current_gap()
        inner = self._inner_frame(0)
        self._empty_line = inner.after_first().empty_line()
        self._bare_line = inner.place(TextLine((), ""), is_first=True)
        block.dirty_from = 0
        self.sync()

    @property
    def height(self) -> int:
        """Lines; lays out what was not measured yet."""
        self._measure()
        return self._ends[-1] if self._ends else int(isinstance(self.block, Item))

    def line(self, y: int) -> TextLine:
        """The line with index `y`."""
        self._measure()
        if not self._boxes:
            return self._bare_line
        index = bisect_right(self._ends, y)
        start = self._ends[index - 1] if index else 0
        if index and y < start + self._gap:
            return self._empty_line
        return self._boxes[index].line(y - start - (self._gap if index else 0))

    def lines(self) -> Iterator[TextLine]:
        """All lines."""
        if not self._boxes:
            for y in range(self.height):
                yield self.line(y)
        for index, box in enumerate(self._boxes):
            if index and self._gap:
                yield self._empty_line
            yield from box.lines()

    def sync(self) -> None:
        """Bring the boxes in line with the blocks, from the first that changed."""
        block = self.block
        first = min(block.dirty_from, len(block.children))
        if block.dirty_from == CLEAN:
            return
        if self._gap != self._current_gap():
            self.forget_heights()
        del self._ends[first:]
        del self._boxes[len(block.children) :]
        for index in range(first, len(block.children)):
            self._sync_child(index, block.children[index])
        block.dirty_from = CLEAN

    def forget_heights(self) -> None:
        """The distance between the blocks inside changed."""
        self._gap = self._current_gap()
        self._ends.clear()
        for box in self._boxes:
            if isinstance(box.block, Item) and isinstance(box, ContainerBox):
                box.forget_heights()

    def stable_height(self, partial_line: int) -> int:
        """Lines that stay when text is appended."""
        block = self.block
        if _is_finished(block, partial_line):
            return self.height
        if not self._boxes or not self._is_spacing_decided(partial_line):
            return 0
        self._measure()
        index = next(
            (
                index
                for index in range(max(0, len(self._boxes) - 2), len(self._boxes))
                if not _is_finished(block.children[index], partial_line)
            ),
            len(self._boxes),
        )
        before = self._ends[index - 1] if index else 0
        if index == len(self._boxes):
            return before
        inner = self._boxes[index].stable_height(partial_line)
        return before + (inner + (self._gap if index else 0) if inner else 0)

    def code_blocks(self, first_line: int) -> Iterator[CodeBlock]:
        """The blocks of code inside, the container beginning at `first_line`."""
        self._measure()
        for index, box in enumerate(self._boxes):
            start = first_line + (self._ends[index - 1] + self._gap if index else 0)
            if isinstance(box, ContainerBox):
                yield from box.code_blocks(start)
            elif isinstance(box.block, Fence | IndentedCode):
                text = "\n".join(code_lines(box.block))
                yield CodeBlock(fence_language(box.block), text, start)

    def _is_spacing_decided(self, partial_line: int) -> bool:
        owner = self.block.parent if isinstance(self.block, Item) else self.block
        return not isinstance(owner, ListBlock) or (
            owner.is_loose and owner.loose_at != partial_line
        )

    def _current_gap(self) -> int:
        owner = self.block.parent if isinstance(self.block, Item) else self.block
        return int(owner.is_loose) if isinstance(owner, ListBlock) else 1

    def _measure(self) -> None:
        ends = self._ends
        for index in range(len(ends), len(self._boxes)):
            start = ends[-1] + self._gap if index else 0
            ends.append(start + self._boxes[index].height)

    def _sync_child(self, index: int, child: Block) -> None:
        box = self._boxes[index] if index < len(self._boxes) else None
        if box is not None and box.block is child:
            box.sync()
            return
        if isinstance(box, LeafBox) and isinstance(child, Leaf) and box.adopt(child):
            return
        made = self._make_box(index, child)
        if box is None:
            self._boxes.append(made)
        else:
            self._boxes[index] = made

    def _make_box(self, index: int, child: Block) -> "LeafBox | ContainerBox":
        if isinstance(child, Leaf):
            return LeafBox(child, self._inner_frame(index), self._layout)
        assert isinstance(child, Container)  # noqa: S101 - blocks are leaves or containers
        depth = self._depth + isinstance(self.block, ListBlock)
        return ContainerBox(child, self._inner_frame(index), self._layout, depth)

    def _inner_frame(self, index: int) -> Frame:
        """The frame of the child with that index."""
        frame = self.frame if index == 0 else self.frame.after_first()
        match self.block:
            case Quote():
                bar = Segment("▌ ", self._layout.styles.style("quote_bar"))
                return frame.inside(2, bar, bar)
            case Item() as item:
                frame = self._item_frame(item)
                return frame if index == 0 else frame.after_first()
            case _:
                return frame

    def _item_frame(self, item: Item) -> Frame:
        label = self._item_label(item)
        style = self._layout.styles.style("list_bullet")
        first = item.children[0] if item.children else None
        state = task_state(first) if isinstance(first, Paragraph) else None
        if state is not None:
            label = "☑ " if state else "☐ "
        width = len(label)
        return self.frame.inside(width, Segment(label, style), Segment(" " * width))

    def _item_label(self, item: Item) -> str:
        owner = item.parent
        assert isinstance(owner, ListBlock)  # noqa: S101 - items are in lists
        if owner.marker.bullet:
            return f"{_BULLETS[min(self._depth - 1, len(_BULLETS) - 1)]} "
        number = str(owner.marker.start + item.index)
        return f"{number:>{_NUMBER_WIDTH}}{owner.marker.delimiter} "


def document_box(document: Document, width: int, layout: Layout) -> ContainerBox:
    """The lines of a document that is `width` cells wide."""
    return ContainerBox(document, Frame(width), layout)


def task_state(block: Block) -> bool | None:
    """Whether a list item's paragraph begins with a ticked box; None where there is no box."""
    if not isinstance(block, Paragraph) or not isinstance(block.parent, Item) or block.index:
        return None
    beginning = block.lines[0][:4] if block.lines and len(block.lines[0]) > 4 else ""
    return {"[ ] ": False, "[x] ": True, "[X] ": True}.get(beginning)


def _is_finished(block: Block, partial_line: int) -> bool:
    """Whether the block is closed by something that more text cannot take back."""
    return not block.is_open and (partial_line < 0 or block.closed_at != partial_line)
