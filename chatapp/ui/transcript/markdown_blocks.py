"""Markdown to blocks, line by line as the text arrives.

This is the parsing strategy of the CommonMark specification: every line is looked at once,
against the blocks that are open, so that a line costs the same however long the text or the
block it belongs to. The unfinished last line is taken in as if it were complete, noting
how to undo it, and taken back when more of it has come.
"""

from collections.abc import Callable
from typing import TypeVar

from chatapp.ui.transcript.block_starts import (
    ALL_MARKERS,
    ATX_CLOSING,
    ATX_HEADING,
    CODE_INDENT,
    FENCE_CLOSING,
    FENCE_OPENING,
    HTML_ENDS_AT_BLANK,
    MAYBE_BLOCK_START,
    SETEXT_UNDERLINE,
    THEMATIC_BREAK,
    delimiter_row,
    html_ends,
    html_opening,
    list_marker,
    table_cells,
)
from chatapp.ui.transcript.block_tree import (
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
    ListMarker,
    Paragraph,
    Quote,
    Rule,
    Table,
    mark_dirty,
)
from chatapp.ui.transcript.line_cursor import LineCursor

MAXIMUM_DEPTH = 40
"""Containers inside containers; deeper markers are read as text."""

SETTLED_LINE_LENGTH = 300
"""From this many characters on, an unfinished line only grows the block it is in."""

_AnyBlock = TypeVar("_AnyBlock", bound=Block)


class BlockParser:
    """Grows `document` from text that comes in any pieces.

    `define` gets the lines of a finished paragraph that begins with a bracket, adds the
    link definitions at its start to what it knows, and returns the lines that are left.
    """

    def __init__(self, define: Callable[[list[str]], list[str]]) -> None:
        self.document = Document()
        self._define = define
        self._tip: Block = self.document
        self._line_number = 0
        self._partial = ""
        self._is_closed = False
        self._undo: list[Callable[[], None]] | None = None
        self._tip_before: Block = self.document

    def feed(self, text: str) -> None:
        """Take in more text."""
        if not text:
            return
        if "\n" not in text and self._grow_partial(text):
            return
        self._take_back_partial()
        lines = (self._partial + text).split("\n")
        self._partial = lines.pop()
        for line in lines:
            self._take_line(line)
        self._show_partial()

    def close(self) -> None:
        """The text is complete: close all blocks."""
        if self._is_closed:
            return
        self._is_closed = True
        self._take_back_partial()
        if self._partial:
            self._take_line(self._partial)
            self._partial = ""
        while self._tip is not self.document:
            self._close_tip()
        self.document.is_open = False

    @property
    def shown_partial_line(self) -> int:
        """The number of the unfinished line when it is taken in, else -1."""
        return -1 if self._undo is None else self._line_number

    def _grow_partial(self, text: str) -> bool:
        tip = self._tip
        if len(self._partial) < SETTLED_LINE_LENGTH or not isinstance(tip, Paragraph | Fence):
            return False
        if not tip.lines or self._undo is None:
            return False
        self._partial += text
        tip.lines[-1] += text
        mark_dirty(tip)
        return True

    def _show_partial(self) -> None:
        if self._partial and not self._is_ambiguous(self._partial.strip()):
            self._undo, self._tip_before = [], self._tip
            self._take_line(self._partial)

    def _is_ambiguous(self, text: str) -> bool:
        """Whether an unfinished line is all markers, which the next character may make anything."""
        if isinstance(self._tip, Fence):
            return bool(text) and not text.strip(self._tip.mark[0])
        return ALL_MARKERS.match(text) is not None

    def _take_back_partial(self) -> None:
        if self._undo is not None:
            for undo in reversed(self._undo):
                undo()
            self._undo, self._tip = None, self._tip_before
            self._line_number -= 1

    # One line

    def _take_line(self, text: str) -> None:
        self._line_number += 1
        cursor = LineCursor(text)
        container = self._match_open_blocks(cursor)
        if container is None:
            return
        matched = container
        container, opened_leaf = self._open_new_blocks(container, cursor)
        if opened_leaf:
            return
        is_lazy = matched is not self._tip and container is matched and not cursor.is_blank
        if is_lazy and isinstance(self._tip, Paragraph):
            self._add_line(self._tip, cursor.rest)
            self._set(self._tip, "is_last_indented", True)
            return
        self._close_down_to(container)
        if cursor.is_blank:
            self._note_blank(container)
        self._add_text(container, cursor)

    def _match_open_blocks(self, cursor: LineCursor) -> Block | None:
        """The deepest open block the line belongs to; None when the line is used up."""
        block: Block = self.document
        while isinstance(block, Container) and block.children and block.children[-1].is_open:
            child = block.children[-1]
            if isinstance(child, Fence) and self._closes_fence(child, cursor):
                self._tip = child
                self._close_tip()
                return None
            if not self._continues(child, cursor):
                break
            block = child
        return block

    def _continues(self, block: Block, cursor: LineCursor) -> bool:
        match block:
            case ListBlock():
                return True
            case Item():
                if cursor.is_blank:
                    cursor.skip_blanks()
                    return bool(block.children)
                if cursor.indent < block.content_indent:
                    return False
                cursor.skip_columns(block.content_indent)
                return True
            case Quote():
                return self._skip_quote_mark(cursor)
            case Fence():
                cursor.skip_columns(block.indent)
                return True
            case IndentedCode():
                if cursor.is_indented:
                    cursor.skip_columns(CODE_INDENT)
                elif cursor.is_blank:
                    cursor.skip_blanks()
                else:
                    return False
                return True
            case HtmlBlock():
                return not (cursor.is_blank and block.ending >= HTML_ENDS_AT_BLANK)
            case Paragraph():
                return not cursor.is_blank
            case Table():
                return not cursor.is_blank and not cursor.is_indented
            case _:
                return False

    @staticmethod
    def _skip_quote_mark(cursor: LineCursor) -> bool:
        if cursor.is_indented or not cursor.visible.startswith(">"):
            return False
        cursor.skip_blanks()
        cursor.skip_characters(1)
        cursor.skip_columns(1)
        return True

    @staticmethod
    def _closes_fence(fence: Fence, cursor: LineCursor) -> bool:
        if cursor.is_indented:
            return False
        match = FENCE_CLOSING.match(cursor.text, cursor.next_visible)
        return match is not None and match[1].startswith(fence.mark)

    # New blocks

    def _open_new_blocks(self, container: Block, cursor: LineCursor) -> tuple[Block, bool]:
        """Open what the line begins; says whether a leaf took the rest of the line."""
        while isinstance(container, Container | Paragraph | Table):
            if not cursor.is_indented and not MAYBE_BLOCK_START.match(
                cursor.text, cursor.next_visible
            ):
                break
            opened = self._open_container(container, cursor)
            if opened is not None:
                container = opened
                continue
            return container, self._open_leaf(container, cursor)
        return container, False

    def _open_container(self, container: Block, cursor: LineCursor) -> Container | None:
        if cursor.is_indented or cursor.is_blank or self._depth(container) >= MAXIMUM_DEPTH:
            return None
        first = cursor.text[cursor.next_visible]
        if first == ">":
            self._skip_quote_mark(cursor)
            return self._open(container, Quote())
        if first in "*+-0123456789" and not THEMATIC_BREAK.match(cursor.text, cursor.next_visible):
            return self._open_item(container, cursor)
        return None

    def _open_item(self, container: Block, cursor: LineCursor) -> Item | None:
        found = list_marker(cursor.visible)
        if found is None:
            return None
        marker, length = found
        if isinstance(container, Paragraph):
            is_empty = not cursor.visible[length:].strip(" \t")
            if is_empty or (not marker.bullet and marker.start != 1):
                return None
            if self._is_table_start(container, cursor) or self._is_underline(container, cursor):
                return None
        indent = cursor.indent
        cursor.skip_blanks()
        cursor.skip_characters(length)
        padding = 1
        if cursor.is_blank or cursor.indent > CODE_INDENT:
            cursor.skip_columns(1)
        else:
            padding = cursor.skip_columns(cursor.indent)
        self._close_down_to(container)
        parent: Block = container
        if not (isinstance(parent, ListBlock) and _is_same_list(parent.marker, marker)):
            parent = self._open(parent, ListBlock(marker=marker))
        item = Item(content_indent=indent + length + padding, line_number=self._line_number)
        return self._open(parent, item)

    def _open_leaf(self, container: Block, cursor: LineCursor) -> bool:
        if cursor.is_indented:
            return self._open_indented_code(container, cursor)
        if cursor.is_blank:
            return False
        return (
            self._open_table(container, cursor)
            or self._open_heading(container, cursor)
            or self._open_fence(container, cursor)
            or self._open_html(container, cursor)
            or self._underline_heading(container, cursor)
            or self._open_rule(container, cursor)
        )

    def _open_indented_code(self, container: Block, cursor: LineCursor) -> bool:
        if cursor.is_blank or isinstance(self._tip, Paragraph):
            return False
        cursor.skip_columns(CODE_INDENT)
        self._add_line(self._open(container, IndentedCode()), cursor.rest)
        return True

    def _open_heading(self, container: Block, cursor: LineCursor) -> bool:
        match = ATX_HEADING.match(cursor.text, cursor.next_visible)
        if match is None:
            return False
        heading = self._open(container, Heading(level=len(match[1])))
        self._add_line(heading, ATX_CLOSING.sub("", cursor.text[match.end() :]).strip(" \t"))
        self._close_tip()
        return True

    def _open_fence(self, container: Block, cursor: LineCursor) -> bool:
        match = FENCE_OPENING.match(cursor.text, cursor.next_visible)
        if match is None:
            return False
        info = cursor.text[match.end() :].strip()
        self._open(container, Fence(mark=match[0], info=info, indent=cursor.indent))
        return True

    def _open_html(self, container: Block, cursor: LineCursor) -> bool:
        if cursor.text[cursor.next_visible] != "<":
            return False
        is_in_paragraph = isinstance(container, Paragraph | Table) or (
            container is not self._tip and isinstance(self._tip, Paragraph)
        )
        kind = html_opening(cursor.visible, is_in_paragraph=is_in_paragraph)
        if not kind:
            return False
        self._add_line(self._open(container, HtmlBlock(ending=kind)), cursor.rest)
        if html_ends(kind, cursor.visible):
            self._close_tip()
        return True

    def _open_rule(self, container: Block, cursor: LineCursor) -> bool:
        if not THEMATIC_BREAK.match(cursor.text, cursor.next_visible):
            return False
        self._open(container, Rule())
        self._close_tip()
        return True

    @staticmethod
    def _is_underline(container: Block, cursor: LineCursor) -> bool:
        return (
            isinstance(container, Paragraph)
            and SETEXT_UNDERLINE.match(cursor.text, cursor.next_visible) is not None
        )

    def _underline_heading(self, container: Block, cursor: LineCursor) -> bool:
        if not isinstance(container, Paragraph) or not self._is_underline(container, cursor):
            return False
        lines = self._without_definitions(container.lines)
        if not lines:
            self._set(container, "lines", [])
            return False
        level = 1 if cursor.text[cursor.next_visible] == "=" else 2
        self._replace(container, Heading(level=level, lines=["\n".join(lines).strip(" \t")]))
        self._close_tip()
        return True

    @staticmethod
    def _is_table_start(container: Block, cursor: LineCursor) -> bool:
        if not isinstance(container, Paragraph) or container.is_last_indented:
            return False
        header = container.lines[-1]
        if "|" not in header:
            return False
        alignments = delimiter_row(cursor.visible)
        return alignments is not None and len(alignments) == len(table_cells(header))

    def _open_table(self, container: Block, cursor: LineCursor) -> bool:
        if not isinstance(container, Paragraph) or not self._is_table_start(container, cursor):
            return False
        header = tuple(table_cells(container.lines[-1]))
        table = Table(header=header, alignments=delimiter_row(cursor.visible) or ())
        if len(container.lines) == 1:
            self._replace(container, table)
            return True
        self._pop_line(container)
        self._close_down_to(container)
        self._open(container, table)
        return True

    # Text

    def _add_text(self, container: Block, cursor: LineCursor) -> None:
        match container:
            case Fence() | IndentedCode():
                self._add_line(container, cursor.rest)
            case HtmlBlock():
                self._add_line(container, cursor.rest)
                if html_ends(container.ending, cursor.rest):
                    self._close_tip()
            case Table():
                self._add_line(container, cursor.visible)
            case Paragraph():
                self._set(container, "is_last_indented", cursor.is_indented)
                self._add_line(container, cursor.visible)
            case _:
                if not cursor.is_blank:
                    self._add_line(self._open(container, Paragraph()), cursor.visible)

    def _note_blank(self, container: Block) -> None:
        if isinstance(container, Quote):
            return
        if isinstance(container, Item) and container.line_number == self._line_number:
            return
        block: Block | None = container
        while block is not None and not isinstance(block, Quote):
            if isinstance(block, Container):
                self._set(block, "blank_at", self._line_number)
            block = block.parent

    # Changes, each with its way back

    def _open(self, parent: Block, block: _AnyBlock) -> _AnyBlock:
        """Add a block inside `parent`, or inside the nearest container that can hold it."""
        self._close_down_to(parent)
        while not _can_hold(parent, block):
            self._close_tip()
            parent = self._tip
        assert isinstance(parent, Container)  # noqa: S101 - only containers hold blocks
        self._note_gap(parent)
        block.parent, block.index = parent, len(parent.children)
        parent.children.append(block)
        self._tip = block
        self._on_undo(parent.children.pop)
        self._touch(block)
        return block

    def _note_gap(self, parent: Container) -> None:
        """A blank line between items, or between parts of an item, makes the list loose."""
        if not parent.children or parent.blank_at != self._line_number - 1:
            return
        target = parent.parent if isinstance(parent, Item) else parent
        if isinstance(target, ListBlock) and not target.is_loose:
            self._set(target, "loose_at", self._line_number)
            self._touch(target.children[0])

    def _replace(self, old: Leaf, new: Leaf) -> None:
        self._close_down_to(old)
        parent, index = old.parent, old.index
        assert parent is not None  # noqa: S101 - a leaf is inside something
        new.parent, new.index = parent, index
        parent.children[index] = new
        self._tip = new
        self._on_undo(lambda: parent.children.__setitem__(index, old))
        self._touch(new)

    def _close_down_to(self, block: Block) -> None:
        while self._tip is not block:
            self._close_tip()

    def _close_tip(self) -> None:
        tip = self._tip
        self._set(tip, "is_open", False)
        self._set(tip, "closed_at", self._line_number)
        self._touch(tip)
        assert tip.parent is not None  # noqa: S101 - the document is closed by close()
        self._tip = tip.parent
        if isinstance(tip, Paragraph) and tip.lines and tip.lines[0].startswith("["):
            self._take_definitions(tip)
        if isinstance(tip, Paragraph) and not tip.lines:
            self._remove_last(tip)

    def _take_definitions(self, paragraph: Paragraph) -> None:
        lines = self._without_definitions(paragraph.lines)
        if len(lines) != len(paragraph.lines):
            paragraph.lines = lines
            mark_dirty(paragraph)

    def _without_definitions(self, lines: list[str]) -> list[str]:
        if self._undo is not None or not lines[0].startswith("["):
            return lines
        return self._define(lines)

    def _remove_last(self, paragraph: Paragraph) -> None:
        parent = paragraph.parent
        assert parent is not None  # noqa: S101 - a leaf is inside something
        parent.children.pop()
        self._on_undo(lambda: parent.children.append(paragraph))
        self._touch(paragraph)

    def _add_line(self, leaf: Leaf, text: str) -> None:
        leaf.lines.append(text)
        self._on_undo(leaf.lines.pop)
        self._touch(leaf)

    def _pop_line(self, leaf: Leaf) -> None:
        text = leaf.lines.pop()
        self._on_undo(lambda: leaf.lines.append(text))
        self._touch(leaf)

    def _touch(self, block: Block) -> None:
        mark_dirty(block)
        self._on_undo(lambda: mark_dirty(block))

    def _set(self, target: object, name: str, value: object) -> None:
        before: object = getattr(target, name)
        if before != value:
            setattr(target, name, value)
            self._on_undo(lambda: setattr(target, name, before))

    def _on_undo(self, action: Callable[[], object]) -> None:
        if self._undo is not None:
            self._undo.append(lambda: (action(), None)[1])

    @staticmethod
    def _depth(block: Block) -> int:
        depth, parent = 0, block.parent
        while parent is not None:
            depth, parent = depth + 1, parent.parent
        return depth


def _can_hold(parent: Block, child: Block) -> bool:
    if isinstance(parent, ListBlock):
        return isinstance(child, Item)
    return isinstance(parent, Container) and not isinstance(child, Item)


def _is_same_list(first: ListMarker, second: ListMarker) -> bool:
    return (first.bullet, first.delimiter) == (second.bullet, second.delimiter)
