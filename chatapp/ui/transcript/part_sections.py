"""Each kind of message part as a section."""

import unicodedata
from collections.abc import Sequence
from typing import assert_never

from chatapp.core.messages import (
    Part,
    ReasoningPart,
    RefusalPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.safe_text import safe_line
from chatapp.ui.transcript.sections import FlowSection, FoldSection, Span, last_line
from chatapp.ui.transcript.text_flow import MarkdownFlow, PlainFlow, TextFlow

PartSection = FlowSection | FoldSection


class ReasoningSection(FoldSection):
    """What the model thought, folded to its length; while it thinks, to its latest line."""

    def make_flow(self, text: str, is_closed: bool) -> TextFlow:
        """Models think in Markdown."""
        return MarkdownFlow(text, is_closed)

    def label(self, is_live: bool, tail: str) -> Sequence[Span]:
        """Say how much, or what just now."""
        if is_live:
            return [
                ("Reasoning… ", lambda palette: palette.muted),
                (last_line(tail), lambda palette: palette.muted),
            ]
        return [(f"Reasoned · {count_words(self.source)}", lambda palette: palette.muted)]


class ToolCallSection(FoldSection):
    """A call the model makes: the tool's name, and its arguments as they come."""

    def __init__(self, part: ToolCallPart, is_live: bool, is_unfolded: bool) -> None:
        self._name = part.name
        super().__init__(part.arguments, is_live, is_unfolded)

    def name(self, part: ToolCallPart) -> None:
        """The call learnt its name late."""
        self._name = part.name
        self._revision += 1

    def make_flow(self, text: str, is_closed: bool) -> TextFlow:
        """Arguments are shown as they came."""
        return PlainFlow(text, is_closed)

    def label(self, is_live: bool, tail: str) -> Sequence[Span]:
        """Name the tool; folded, show the newest of the arguments."""
        shown = "" if self.is_unfolded else last_line(tail)
        return [
            (safe_line(self._name) or "tool call", lambda palette: palette.assistant_accent),
            (f"  {shown}" if shown else "", lambda palette: palette.muted),
        ]


class ToolResultSection(FoldSection):
    """What became of a tool call: waiting, running, or its answer."""

    def __init__(self, part: ToolResultPart, is_live: bool, is_unfolded: bool) -> None:
        self._part = part
        super().__init__(part.content, is_live, is_unfolded)

    def replace(self, part: ToolResultPart) -> None:
        """Something else became of it."""
        self._part = part
        self.restart(part.content)

    def make_flow(self, text: str, is_closed: bool) -> TextFlow:
        """Results are shown as they came."""
        return PlainFlow(text, is_closed)

    def label(self, is_live: bool, tail: str) -> Sequence[Span]:
        """Say how far it is and how the answer ends."""
        status = self._part.status
        word = "result" if status is ToolStatus.FINISHED else status.value
        return [
            (word, lambda palette: palette.error if self._part.is_error else palette.muted),
            (f"  {last_line(tail)}" if not self.is_unfolded else "", lambda palette: palette.muted),
        ]


def section_of(part: Part, role: Role, is_live: bool, is_unfolded: bool) -> PartSection:
    """Make the section that shows `part`; a live one may still grow."""
    match part:
        case TextPart(text):
            if role is Role.ASSISTANT:
                return FlowSection(MarkdownFlow(text, not is_live))
            return FlowSection(PlainFlow(text, not is_live))
        case ReasoningPart(text):
            return ReasoningSection(text, is_live, is_unfolded)
        case RefusalPart(text):
            flow = PlainFlow(text, not is_live, style_name="warning")
            return FlowSection(flow, "▌ ", lambda palette: palette.warning)
        case ToolCallPart():
            return ToolCallSection(part, is_live, is_unfolded)
        case ToolResultPart():
            return ToolResultSection(part, is_live, is_unfolded)
        case _:
            assert_never(part)


def source_of(part: Part) -> str:
    """The text of a part that can be searched and copied."""
    match part:
        case TextPart(text) | ReasoningPart(text) | RefusalPart(text):
            return text
        case ToolCallPart():
            return part.arguments
        case ToolResultPart():
            return part.content
        case _:
            assert_never(part)


def count_words(text: str) -> str:
    """Say how long a text is: in words, or in characters where words are not set apart."""
    if not text.isascii():
        wide = sum(1 for character in text if unicodedata.east_asian_width(character) in "WF")
        if wide * 2 > len(text):
            return f"{len(text)} characters"
    count = len(text.split())
    return f"{count} word{'' if count == 1 else 's'}"
