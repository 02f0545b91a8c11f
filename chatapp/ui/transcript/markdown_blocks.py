"""Markdown to blocks, line by line as the text arrives.

This is the parsing strategy of the CommonMark specification: every line is looked at once,
against the blocks that are open, so that a line costs the same however long the text or the
block it belongs to. The unfinished last line is taken in as if it were complete, noting
how to undo it, and taken back when more of it has come.
"""

from collections.abc import Callable

from chatapp.ui.transcript.block_openings import BlockOpener, skip_quote_mark
from chatapp.ui.transcript.block_patterns import (
    ALL_MARKERS,
    CODE_INDENT,
    FENCE_CLOSING,
    HTML_ENDS_AT_BLANK,
    html_ends,
)
from chatapp.ui.transcript.block_tree import (
    Block,
    Container,
    Document,
    Fence,
    HtmlBlock,
    IndentedCode,
    Item,
    ListBlock,
    Paragraph,
    Quote,
    Table,
    mark_dirty,
)
from chatapp.ui.transcript.line_cursor import LineCursor
from chatapp.ui.transcript.tree_editor import TreeEditor

SETTLED_LINE_LENGTH = 300
"""From this many characters on, an unfinished line only grows the block it is in."""


class BlockParser:
    """Grows `document` from text that comes in any pieces.

    `define` gets the lines of a finished paragraph that begins with a bracket, adds the
    link definitions at its start to what it knows, and returns the lines that are left.
    """

    def __init__(self, define: Callable[[list[str]], list[str]]) -> None:
        self._tree = TreeEditor(define)
        self._opener = BlockOpener(self._tree)
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
        container, opened_leaf = self._opener.open(container, cursor)
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
                return skip_quote_mark(cursor)
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
    def _closes_fence(fence: Fence, cursor: LineCursor) -> bool:
        if cursor.is_indented:
            return False
        match = FENCE_CLOSING.match(cursor.text, cursor.next_visible)
        return match is not None and match[1].startswith(fence.mark)

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
