"""Each kind of message part as a section."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from chatapp.ui.transcript import inks
from chatapp.ui.transcript.fold_section import FoldSection, last_line
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.sections import Clock, FlowSection, KeyOf, Span
from chatapp.ui.transcript.text_flow import MarkdownFlow, PlainFlow, TextFlow
from chatapp.ui.transcript.tool_call_section import ToolCallSection

Foldable = FoldSection | ToolCallSection
PartSection = FlowSection | Foldable


class ReasoningSection(FoldSection):
    """What the model thought, folded to its length; while it thinks, to its latest line."""

    def make_flow(self, text: str, is_closed: bool) -> TextFlow:
        """Models think in Markdown."""
        return MarkdownFlow(text, is_closed)

    def label(self, is_live: bool, tail: str) -> Sequence[Span]:
        """Say how much, or what just now."""
        if is_live:
            return [
                ("Reasoning… ", inks.muted),
                (last_line(tail), inks.muted),
            ]
        return [(f"Reasoned · {count_words(self.source)}", inks.muted)]


class SummarySection(FoldSection):
    """What stands for the messages before it: folded, and dim when unfolded."""

    def make_flow(self, text: str, is_closed: bool) -> TextFlow:
        """A summary is Markdown like any reply."""
        return MarkdownFlow(text, is_closed)

    def layout(self, width: int, palette: Palette) -> None:
        """Set the width in cells and the styles, plain text in that of labels."""
        super().layout(width, replace(palette, text=palette.muted))

    def label(self, is_live: bool, tail: str) -> Sequence[Span]:
        """Say how long it is; while it comes, its latest line."""
        words = last_line(tail) if is_live else count_words(self.source)
        return [(words, inks.muted)]


class ToolResultSection(FoldSection):
    """What became of a tool call that is not in the same message."""

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
            (f"  {last_line(tail)}" if not self.is_unfolded else "", inks.muted),
        ]


@dataclass(frozen=True, slots=True)
class PartSetting:
    """What a section has to know besides its part.

    A live part may still grow. `choice` is the reader's own: True for unfolded, False for
    folded, None where nothing was chosen. `clock` is None where no time is told.
    """

    role: Role
    is_summary: bool
    is_live: bool
    choice: bool | None
    key_of: KeyOf
    clock: Clock | None


def section_of(part: Part, setting: PartSetting) -> PartSection:
    """Make the section that shows `part`."""
    is_live, is_unfolded = setting.is_live, bool(setting.choice)
    match part:
        case TextPart(text):
            if setting.is_summary:
                return SummarySection(text, is_live, is_unfolded)
            if setting.role is Role.ASSISTANT:
                return FlowSection(MarkdownFlow(text, not is_live))
            return FlowSection(PlainFlow(text, not is_live))
        case ReasoningPart(text):
            return ReasoningSection(text, is_live, is_unfolded)
        case RefusalPart(text):
            flow = PlainFlow(text, not is_live, style_name="warning")
            return FlowSection(flow, "▌ ", inks.warning)
        case ToolCallPart():
            return ToolCallSection(
                part,
                is_live=is_live,
                choice=setting.choice,
                key_of=setting.key_of,
                clock=setting.clock,
            )
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
