"""The arguments of a tool call as they arrive: a row a key, long values as text below their key."""

from rich.cells import cell_len, set_cell_size
from rich.cells import get_character_cell_size as character_cells

from chatapp.core.partial_json import PartialEntry, PartialJson, ValueKind
from chatapp.core.safe_text import SafeText, safe_line, safe_text
from chatapp.ui.transcript import inks
from chatapp.ui.transcript.argument_language import hinted_language, language_of
from chatapp.ui.transcript.code_flow import CodeFlow
from chatapp.ui.transcript.inks import Ink
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.row_stack import (
    BAR,
    INSET_BAR,
    LineRow,
    Rows,
    RowStack,
    TextRows,
    bar_row,
)
from chatapp.ui.transcript.sections import Span
from chatapp.ui.transcript.text_flow import PlainFlow, TextFlow
from chatapp.ui.transcript.tool_text import pretty_json

_WIDEST_COLUMN = 16
"""Cells up to which keys are set in a column; a longer one pushes its value to the right."""

_LONGEST_CODE_LINE = 2000
"""A text with a longer line is shown without highlighting, whatever it is."""

_LONGEST_LABEL = 200


class ArgumentRows(RowStack):
    """All arguments as rows.

    Every entry of the parser but the last is complete, so growth costs only its own length.
    `limit` is how many lines of a long value are shown, its last ones; None shows all.
    """

    def __init__(self, parser: PartialJson, tool_name: str, width: int, palette: Palette) -> None:
        super().__init__()
        self._parser = parser
        self._tool_name = tool_name
        self._width, self._palette = width, palette
        self._entries: list[_EntryRows] = []
        self._rest = PlainFlow(style_name="muted")
        self._rest_taken = 0
        self._read_keys = 0
        self._read_values = 0
        self._column = 0
        self._hint = ""
        self._limit: int | None = None

    def update(self, limit: int | None) -> None:
        """Take in what the parser has read since."""
        first = max(0, len(self._entries) - 1)
        if self._read_hints() or limit != self._limit:
            first = 0
        self._limit = limit
        entries = self._parser.entries
        for entry in entries[len(self._entries) :]:
            self._entries.append(_EntryRows(entry, self._tool_name, self._width, self._palette))
        for rows in self._entries[first:]:
            rows.update(self._column, self._hint, limit)
        self.replace_from(first, self._entries[first:])
        self._add_rest()

    @property
    def is_cut(self) -> bool:
        """Whether lines of a long value are not shown."""
        return any(rows.is_cut for rows in self._entries)

    def _read_hints(self) -> bool:
        """Look at the keys and values that became complete; whether that changes other rows."""
        before, entries = (self._column, self._hint), self._parser.entries
        while self._read_keys < len(entries) and entries[self._read_keys].kind is not None:
            cells = cell_len(safe_line((entries[self._read_keys].key or "")[:_LONGEST_LABEL]))
            self._column = max(self._column, cells if cells <= _WIDEST_COLUMN else 0)
            self._read_keys += 1
        while self._read_values < len(entries) and entries[self._read_values].is_complete:
            entry = entries[self._read_values]
            if not self._hint and entry.kind is ValueKind.STRING:
                self._hint = hinted_language(entry.key or "", entry.text[-_LONGEST_LABEL:])
            self._read_values += 1
        return before != (self._column, self._hint)

    def _add_rest(self) -> None:
        """What is no JSON, as it came, below a line that says so."""
        if not self._parser.problem:
            return
        self._rest.append("".join(self._parser.rest[self._rest_taken :]))
        self._rest_taken = len(self._parser.rest)
        words = (
            self._parser.problem if not self._rest_taken else f"not JSON: {self._parser.problem}"
        )
        rows: list[Rows] = [bar_row([(f"⚠ {words}", inks.warning)], self._width, self._palette)]
        if self._rest_taken:
            rows.append(
                TextRows(self._rest, INSET_BAR, self._width, self._palette, limit=self._limit)
            )
        self.replace_from(len(self._entries), rows)


class _EntryRows(RowStack):
    """A key with its value beside it, or below it where the value is long, or code."""

    def __init__(self, entry: PartialEntry, tool_name: str, width: int, palette: Palette) -> None:
        super().__init__()
        self._entry = entry
        self._tool_name = tool_name
        self._width, self._palette = width, palette
        self._taken = 0
        self._safe = SafeText()
        self._cells = 0
        self._line_length = 0
        self._longest_line = 0
        self._first_line = ""
        self._has_newline = False
        self._has_tab = False
        self._flow: TextFlow | None = None
        self._flow_look = ""
        self._text: TextRows | None = None

    def update(self, column: int, hint: str, limit: int | None) -> None:
        """Take in more of the value, and where the column of values stands."""
        new = "".join(self._entry.pieces[self._taken :])
        self._taken = len(self._entry.pieces)
        self._measure(new)
        key = self._entry.key
        label = "" if key is None else safe_line(key[:_LONGEST_LABEL])
        start = max(column, cell_len(label)) + 2 if key is not None else 0
        is_short = self._cells <= self._width - len(BAR) - start
        if is_short and not self._has_newline and not self._has_tab:
            self.replace_from(0, [self._beside(label, start)])
            return
        self._grow(new, hint)
        assert self._flow is not None  # noqa: S101 - _grow makes it
        prefix = INSET_BAR if key is not None else BAR
        self._text = TextRows(
            self._flow,
            prefix,
            self._width,
            self._palette,
            limit=limit,
            ends_with_newline=self._has_newline and not self._line_length,
        )
        self.replace_from(0, [self._label(label), self._text] if key is not None else [self._text])

    @property
    def is_cut(self) -> bool:
        """Whether lines of the value are not shown."""
        return self._text is not None and self._text.is_cut

    def _measure(self, new: str) -> None:
        """Note of the text only what can never become less, however the value goes on."""
        shown = self._safe.feed(new)
        if not self._has_newline:
            self._first_line = (self._first_line + shown.partition("\n")[0])[:_LONGEST_LABEL]
            if self._cells <= self._width:
                self._cells += sum(map(character_cells, shown[: self._width + 1]))
        self._has_newline = self._has_newline or "\n" in shown
        self._has_tab = self._has_tab or "\t" in shown
        for number, line in enumerate(shown.split("\n")):
            self._line_length = len(line) + (self._line_length if not number else 0)
            self._longest_line = max(self._longest_line, self._line_length)

    def _grow(self, new: str, hint: str) -> None:
        """Give the flow what came; another flow begins with the whole text."""
        look = self._look(hint)
        if self._flow is not None and look == self._flow_look:
            if look != "pretty":
                self._flow.append(new)
            return
        self._flow_look = look
        text = self._entry.text
        if look == "pretty":
            self._flow = CodeFlow("json", pretty_json(text))
        else:
            self._flow = CodeFlow(look, text) if look else PlainFlow(text)

    def _look(self, hint: str) -> str:
        """The language to highlight, "pretty" for JSON that is set out, "" for plain text."""
        entry = self._entry
        if entry.kind in (ValueKind.OBJECT, ValueKind.ARRAY):
            return "pretty" if entry.is_complete and pretty_json(entry.text) else ""
        if self._longest_line > _LONGEST_CODE_LINE or entry.key is None:
            return ""
        opening = self._first_line if self._has_newline or entry.is_complete else ""
        return language_of(entry.key, opening, self._tool_name, hint)

    def _beside(self, label: str, start: int) -> LineRow:
        """Key and value on one line."""
        entry = self._entry
        value = safe_text(entry.text)
        if entry.kind is ValueKind.STRING and not value:
            value = '""'
        blanks = " " * (start - cell_len(label))
        spans = [(label + blanks, inks.muted), (value, _value_ink(entry.kind))]
        return bar_row(spans, self._width, self._palette)

    def _label(self, label: str) -> LineRow:
        label = set_cell_size(label, min(cell_len(label), self._width))
        spans: list[Span] = [(label, inks.muted)]
        if self._flow_look not in ("", "pretty"):
            spans.append((f" · {safe_line(self._flow_look)}", inks.muted))
        return bar_row(spans, self._width, self._palette)


def _value_ink(kind: ValueKind | None) -> Ink:
    """Numbers and literals in the colours that they have in code, anything else as text."""
    if kind is ValueKind.NUMBER:
        return inks.number
    return inks.literal if kind is ValueKind.LITERAL else inks.text
