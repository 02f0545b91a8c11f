"""Which blocks a line of Markdown begins, and opening them."""

from chatapp.ui.transcript.block_patterns import (
    ATX_CLOSING,
    ATX_HEADING,
    CODE_INDENT,
    FENCE_OPENING,
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
)
from chatapp.ui.transcript.line_cursor import LineCursor
from chatapp.ui.transcript.tree_editor import TreeEditor

MAXIMUM_DEPTH = 40
"""Containers inside containers; deeper markers are read as text."""


class BlockOpener:
    """Opens blocks at the end of a tree, for lines whose cursor is past the open blocks."""

    def __init__(self, tree: TreeEditor) -> None:
        self._tree = tree

    def open(self, container: Block, cursor: LineCursor) -> tuple[Block, bool]:
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
        if cursor.is_indented or cursor.is_blank or _depth(container) >= MAXIMUM_DEPTH:
            return None
        first = cursor.text[cursor.next_visible]
        if first == ">":
            skip_quote_mark(cursor)
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


def skip_quote_mark(cursor: LineCursor) -> bool:
    """Move over the mark of a block quote; says whether there was one."""
    if cursor.is_indented or not cursor.visible.startswith(">"):
        return False
    cursor.skip_blanks()
    cursor.skip_characters(1)
    cursor.skip_columns(1)
    return True


def _depth(block: Block) -> int:
    depth, parent = 0, block.parent
    while parent is not None:
        depth, parent = depth + 1, parent.parent
    return depth


def _is_same_list(first: ListMarker, second: ListMarker) -> bool:
    return (first.bullet, first.delimiter) == (second.bullet, second.delimiter)
