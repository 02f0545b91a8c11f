"""Which widget hears of which change."""

from collections.abc import Callable, Sequence

from chatapp.core.changes import (
    Change,
    DraftClosed,
    DraftOpened,
    MessageAdded,
    ModelChanged,
    PhaseChanged,
    ToolsDropped,
    UsageChanged,
)
from chatapp.ui.transcript.transcript_view import TranscriptView

_MOVES_FIGURES = (
    MessageAdded,
    DraftOpened,
    DraftClosed,
    PhaseChanged,
    UsageChanged,
    ModelChanged,
)
"""What the counts and costs on the screen are made from."""


class ChangeRouter:
    """Hands a frame's changes to the transcript, and says when the figures moved.

    `on_figures` is called at most once a frame; `warn` shows a sentence to the person.
    """

    def __init__(
        self,
        transcript: TranscriptView,
        on_figures: Callable[[], None],
        warn: Callable[[str], None],
    ) -> None:
        self._transcript = transcript
        self._on_figures = on_figures
        self._warn = warn

    def deliver(self, changes: Sequence[Change], is_painted: bool) -> None:
        """Take in changes, merged, in order, and show them if it is time for a frame."""
        self._transcript.apply(changes, is_painted=is_painted)
        for change in changes:
            if isinstance(change, ToolsDropped):
                self._warn(f"{change.model} takes no tools; it is asked without them.")
        if any(isinstance(change, _MOVES_FIGURES) for change in changes):
            self._on_figures()
