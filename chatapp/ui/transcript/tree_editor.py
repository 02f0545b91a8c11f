"""A tree of blocks that grows at its end, and can take back its latest growth."""

from collections.abc import Callable
from typing import TypeVar

from chatapp.ui.transcript.block_tree import (
    Block,
    Container,
    Document,
    Item,
    Leaf,
    ListBlock,
    Paragraph,
    Quote,
    mark_dirty,
)

_AnyBlock = TypeVar("_AnyBlock", bound=Block)


class TreeEditor:
    """Changes `document` at its end; `tip` is the deepest open block.

    Between `begin_trial` and `take_back` every change notes its way back, and no link
    definition is learnt.
    """

    def __init__(self, define: Callable[[list[str]], list[str]]) -> None:
        self.document = Document()
        self.tip: Block = self.document
        self.line_number = 0
        self._define = define
        self._undo: list[Callable[[], object]] | None = None
        self._tip_before: Block = self.document

    @property
    def is_trying(self) -> bool:
        """Whether what is done now may be taken back."""
        return self._undo is not None

    def begin_trial(self) -> None:
        """From here on, note how to take changes back."""
        self._undo, self._tip_before = [], self.tip

    def take_back(self) -> None:
        """Undo the one line that was taken in since `begin_trial`, if there was one."""
        if self._undo is None:
            return
        for undo in reversed(self._undo):
            undo()
        self._undo, self.tip = None, self._tip_before
        self.line_number -= 1

    def close_all(self) -> None:
        """Close every block, the document last."""
        self.close_down_to(self.document)
        self.document.is_open = False

    def note_blank(self, container: Block) -> None:
        """A blank line belongs to `container` and to the lists around it."""
        if isinstance(container, Quote):
            return
        if isinstance(container, Item) and container.line_number == self.line_number:
            return
        block: Block | None = container
        while block is not None and not isinstance(block, Quote):
            if isinstance(block, Container):
                self.set_field(block, "blank_at", self.line_number)
            block = block.parent

    def open_block(self, parent: Block, block: _AnyBlock) -> _AnyBlock:
        """Add a block inside `parent`, or inside the nearest container that can hold it."""
        self.close_down_to(parent)
        while not _can_hold(parent, block):
            self.close_tip()
            parent = self.tip
        assert isinstance(parent, Container)  # noqa: S101 - only containers hold blocks
        self._note_gap(parent)
        block.parent, block.index = parent, len(parent.children)
        parent.children.append(block)
        self.tip = block
        self._on_undo(parent.children.pop)
        self._touch(block)
        return block

    def _note_gap(self, parent: Container) -> None:
        """A blank line between items, or between parts of an item, makes the list loose."""
        if not parent.children or parent.blank_at != self.line_number - 1:
            return
        target = parent.parent if isinstance(parent, Item) else parent
        if isinstance(target, ListBlock) and not target.is_loose:
            self.set_field(target, "loose_at", self.line_number)
            self._touch(target.children[0])

    def replace(self, old: Leaf, new: Leaf) -> None:
        """Put a leaf in the place of the last one, and go on with it."""
        self.close_down_to(old)
        parent, index = old.parent, old.index
        assert parent is not None  # noqa: S101 - a leaf is inside something
        new.parent, new.index = parent, index
        parent.children[index] = new
        self.tip = new
        self._on_undo(lambda: parent.children.__setitem__(index, old))
        self._touch(new)

    def close_down_to(self, block: Block) -> None:
        """Close the blocks that are open inside `block`."""
        while self.tip is not block:
            self.close_tip()

    def close_tip(self) -> None:
        """Close the deepest open block; a paragraph gives up its link definitions."""
        tip = self.tip
        self.set_field(tip, "is_open", False)
        self.set_field(tip, "closed_at", self.line_number)
        self._touch(tip)
        assert tip.parent is not None  # noqa: S101 - the document is closed by close()
        self.tip = tip.parent
        if isinstance(tip, Paragraph) and tip.lines and tip.lines[0].startswith("["):
            self._take_definitions(tip)
        if isinstance(tip, Paragraph) and not tip.lines:
            self._remove_last(tip)

    def _take_definitions(self, paragraph: Paragraph) -> None:
        lines = self.without_definitions(paragraph.lines)
        if len(lines) != len(paragraph.lines):
            paragraph.lines = lines
            mark_dirty(paragraph)

    def without_definitions(self, lines: list[str]) -> list[str]:
        """The lines after the link definitions at the start of a paragraph."""
        if self._undo is not None or not lines[0].startswith("["):
            return lines
        return self._define(lines)

    def _remove_last(self, paragraph: Paragraph) -> None:
        parent = paragraph.parent
        assert parent is not None  # noqa: S101 - a leaf is inside something
        parent.children.pop()
        self._on_undo(lambda: parent.children.append(paragraph))
        self._touch(paragraph)

    def add_line(self, leaf: Leaf, text: str) -> None:
        """Add a line of text to a leaf."""
        leaf.lines.append(text)
        self._on_undo(leaf.lines.pop)
        self._touch(leaf)

    def pop_line(self, leaf: Leaf) -> None:
        """Take the last line of text off a leaf."""
        text = leaf.lines.pop()
        self._on_undo(lambda: leaf.lines.append(text))
        self._touch(leaf)

    def _touch(self, block: Block) -> None:
        mark_dirty(block)
        self._on_undo(lambda: mark_dirty(block))

    def set_field(self, target: object, name: str, value: object) -> None:
        """Change a field of a block."""
        before: object = getattr(target, name)
        if before != value:
            setattr(target, name, value)
            self._on_undo(lambda: setattr(target, name, before))

    def _on_undo(self, action: Callable[[], object]) -> None:
        if self._undo is not None:
            self._undo.append(action)


def _can_hold(parent: Block, child: Block) -> bool:
    if isinstance(parent, ListBlock):
        return isinstance(child, Item)
    return isinstance(parent, Container) and not isinstance(child, Item)
