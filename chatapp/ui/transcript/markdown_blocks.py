"""Markdown to blocks, line by line as the text arrives.

This is the parsing strategy of the CommonMark specification: every line is looked at once,
against the blocks that are open, so that a line costs the same however long the text or the
block it belongs to. The unfinished last line is taken in as if it were complete, noting
how to undo it, and taken back when more of it has come.
"""

from collections.abc import Callable

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
    ListBlock,
    ListMarker,
    Paragraph,
    Quote,
    Rule,
    Table,
    mark_dirty,
)
from chatapp.ui.transcript.line_cursor import LineCursor
from chatapp.ui.transcript.tree_editor import TreeEditor

MAXIMUM_DEPTH = 40
"""Containers inside containers; deeper markers are read as text."""

SETTLED_LINE_LENGTH = 300
"""From this many characters on, an unfinished line only grows the block it is in."""


class BlockParser:
    """Grows `document` from text that comes in any pieces.

    `define` gets the lines of a finished paragraph that begins with a bracket, adds the
    link definitions at its start to what it knows, and returns the lines that are left.
    """

    def __init__(self, define: Callable[[list[str]], list[str]]) -> None:
        self._tree = TreeEditor(define)
        self._partial = ""
        self._is_closed = False

    @property
    def document(self) -> Document:
        """The tree, which grows in place."""
        return self._tree.document

    @property
    def shown_partial_line(self) -> int:
        """The number of the unfinished line when it is taken in, else -1."""
        return self._tree.line_number if self._tree.is_trying else -1

    def feed(self, text: str) -> None:
        """Take in more text."""
        if not text:
            return
        if "\n" not in text and self._grow_partial(text):
            return
        self._tree.take_back()
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
        self._tree.take_back()
        if self._partial:
            self._take_line(self._partial)
            self._partial = ""
        self._tree.close_all()

    def _grow_partial(self, text: str) -> bool:
        tip = self._tree.tip
        if len(self._partial) < SETTLED_LINE_LENGTH or not isinstance(tip, Paragraph | Fence):
            return False
        if not tip.lines or not self._tree.is_trying:
            return False
        self._partial += text
        tip.lines[-1] += text
        mark_dirty(tip)
        return True

    def _show_partial(self) -> None:
        if self._partial and not self._is_ambiguous(self._partial.strip()):
            self._tree.begin_trial()
            self._take_line(self._partial)

    def _is_ambiguous(self, text: str) -> bool:
        """Whether an unfinished line is all markers, which the next character may make anything."""
        if isinstance(self._tree.tip, Fence):
            return bool(text) and not text.strip(self._tree.tip.mark[0])
        return ALL_MARKERS.match(text) is not None

    # One line

    def _take_line(self, text: str) -> None:
        self._tree.line_number += 1
        cursor = LineCursor(text)
        container = self._match_open_blocks(cursor)
        if container is None:
            return
        matched = container
        container, opened_leaf = self._open_new_blocks(container, cursor)
        if opened_leaf:
            return
        is_lazy = matched is not self._tree.tip and container is matched and not cursor.is_blank
        if is_lazy and isinstance(self._tree.tip, Paragraph):
            self._tree.add_line(self._tree.tip, cursor.visible)
            self._tree.set_field(self._tree.tip, "is_last_indented", True)
            return
        self._tree.close_down_to(container)
        if cursor.is_blank:
            self._tree.note_blank(container)
        self._add_text(container, cursor)

    def _match_open_blocks(self, cursor: LineCursor) -> Block | None:
        """The deepest open block the line belongs to; None when the line is used up."""
        block: Block = self._tree.document
        while isinstance(block, Container) and block.children and block.children[-1].is_open:
            child = block.children[-1]
            if isinstance(child, Fence) and self._closes_fence(child, cursor):
                self._tree.tip = child
                self._tree.close_tip()
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
            return self._tree.open_block(container, Quote())
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
        self._tree.close_down_to(container)
        parent: Block = container
        if not (isinstance(parent, ListBlock) and _is_same_list(parent.marker, marker)):
            parent = self._tree.open_block(parent, ListBlock(marker=marker))
        item = Item(content_indent=indent + length + padding, line_number=self._tree.line_number)
        return self._tree.open_block(parent, item)

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
        if cursor.is_blank or isinstance(self._tree.tip, Paragraph):
            return False
        cursor.skip_columns(CODE_INDENT)
        self._tree.add_line(self._tree.open_block(container, IndentedCode()), cursor.rest)
        return True

    def _open_heading(self, container: Block, cursor: LineCursor) -> bool:
        match = ATX_HEADING.match(cursor.text, cursor.next_visible)
        if match is None:
            return False
        heading = self._tree.open_block(container, Heading(level=len(match[1])))
        self._tree.add_line(heading, ATX_CLOSING.sub("", cursor.text[match.end() :]).strip(" \t"))
        self._tree.close_tip()
        return True

    def _open_fence(self, container: Block, cursor: LineCursor) -> bool:
        match = FENCE_OPENING.match(cursor.text, cursor.next_visible)
        if match is None:
            return False
        info = cursor.text[match.end() :].strip()
        self._tree.open_block(container, Fence(mark=match[0], info=info, indent=cursor.indent))
        return True

    def _open_html(self, container: Block, cursor: LineCursor) -> bool:
        if cursor.text[cursor.next_visible] != "<":
            return False
        is_in_paragraph = isinstance(container, Paragraph | Table) or (
            container is not self._tree.tip and isinstance(self._tree.tip, Paragraph)
        )
        kind = html_opening(cursor.visible, is_in_paragraph=is_in_paragraph)
        if not kind:
            return False
        self._tree.add_line(self._tree.open_block(container, HtmlBlock(ending=kind)), cursor.rest)
        if html_ends(kind, cursor.visible):
            self._tree.close_tip()
        return True

    def _open_rule(self, container: Block, cursor: LineCursor) -> bool:
        if not THEMATIC_BREAK.match(cursor.text, cursor.next_visible):
            return False
        self._tree.open_block(container, Rule())
        self._tree.close_tip()
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
        lines = self._tree.without_definitions(container.lines)
        if not lines:
            self._tree.set_field(container, "lines", [])
            return False
        level = 1 if cursor.text[cursor.next_visible] == "=" else 2
        self._tree.replace(container, Heading(level=level, lines=["\n".join(lines).strip(" \t")]))
        self._tree.close_tip()
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
            self._tree.replace(container, table)
            return True
        self._tree.pop_line(container)
        self._tree.close_down_to(container)
        self._tree.open_block(container, table)
        return True

    # Text

    def _add_text(self, container: Block, cursor: LineCursor) -> None:
        match container:
            case Fence() | IndentedCode():
                self._tree.add_line(container, cursor.rest)
            case HtmlBlock():
                self._tree.add_line(container, cursor.rest)
                if html_ends(container.ending, cursor.rest):
                    self._tree.close_tip()
            case Table():
                self._tree.add_line(container, cursor.visible)
            case Paragraph():
                self._tree.set_field(container, "is_last_indented", cursor.is_indented)
                self._tree.add_line(container, cursor.visible)
            case _:
                if not cursor.is_blank:
                    self._tree.add_line(
                        self._tree.open_block(container, Paragraph()), cursor.visible
                    )

    @staticmethod
    def _depth(block: Block) -> int:
        depth, parent = 0, block.parent
        while parent is not None:
            depth, parent = depth + 1, parent.parent
        return depth


def _is_same_list(first: ListMarker, second: ListMarker) -> bool:
    return (first.bullet, first.delimiter) == (second.bullet, second.delimiter)
