"""The blocks of a Markdown text, as a tree that grows at its end."""

from dataclasses import dataclass, field
from enum import Enum


class Alignment(Enum):
    """How a table column is aligned."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


CLEAN = 1 << 60
"""The `dirty_from` of a container in which nothing changed."""


@dataclass(slots=True, eq=False)
class Block:
    """A part of the text.

    `index` is its place in its parent, `is_open` while it may grow, `closed_at` the number
    of the line that ended it.
    """

    parent: "Container | None" = None
    index: int = 0
    is_open: bool = True
    closed_at: int = -1


@dataclass(slots=True, eq=False)
class Container(Block):
    """A block made of blocks.

    `blank_at` is the number of the last blank line inside it. `dirty_from` is the first
    child that changed since a reader last set it to `CLEAN`.
    """

    children: list[Block] = field(default_factory=list)
    blank_at: int = -1
    dirty_from: int = 0


@dataclass(slots=True, eq=False)
class Document(Container):
    """The whole text."""


@dataclass(slots=True, eq=False)
class Quote(Container):
    """A block quote."""


@dataclass(frozen=True, slots=True)
class ListMarker:
    """What makes items one list: a bullet character, or a delimiter after a number."""

    bullet: str = ""
    delimiter: str = ""
    start: int = 1


@dataclass(slots=True, eq=False)
class ListBlock(Container):
    """A list; loose when blank lines stand between its items or inside one of them.

    `loose_at` is the number of the line that made it so, or -1.
    """

    marker: ListMarker = field(default_factory=ListMarker)
    loose_at: int = -1

    @property
    def is_loose(self) -> bool:
        """Whether blank lines stand between its items or inside one of them."""
        return self.loose_at >= 0


@dataclass(slots=True, eq=False)
class Item(Container):
    """A list item; lines that are indented by `content_indent` columns belong to it."""

    content_indent: int = 0
    line_number: int = 0


@dataclass(slots=True, eq=False, weakref_slot=True)
class Leaf(Block):
    """A block made of lines of text; `version` grows when it must be read again whole."""

    lines: list[str] = field(default_factory=list)
    version: int = 0


@dataclass(slots=True, eq=False)
class Paragraph(Leaf):
    """Lines of running text; `is_last_indented` when the last could not begin a block."""

    is_last_indented: bool = False


@dataclass(slots=True, eq=False)
class Heading(Leaf):
    """A heading of `level` 1 to 6."""

    level: int = 1


@dataclass(slots=True, eq=False)
class Fence(Leaf):
    """Fenced code; `mark` is the opening fence and `indent` what is cut off its lines."""

    mark: str = "```"
    info: str = ""
    indent: int = 0


@dataclass(slots=True, eq=False)
class IndentedCode(Leaf):
    """Code by indentation; blank lines at its end do not count."""


@dataclass(slots=True, eq=False)
class HtmlBlock(Leaf):
    """Raw HTML; `ending` is its kind, 1 to 7 as in the CommonMark specification."""

    ending: int = 7


@dataclass(slots=True, eq=False)
class Rule(Leaf):
    """A thematic break."""


@dataclass(slots=True, eq=False)
class Table(Leaf):
    """A table; `lines` are its rows below the header."""

    header: tuple[str, ...] = ()
    alignments: tuple[Alignment | None, ...] = ()


def mark_dirty(block: Block) -> None:
    """Tell the containers above that `block` changed."""
    parent = block.parent
    while parent is not None:
        if parent.dirty_from <= block.index:
            return
        parent.dirty_from = block.index
        block, parent = parent, parent.parent
