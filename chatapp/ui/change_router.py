"""Which widget hears of which change."""

from collections.abc import Callable, Sequence

from chatapp.core.changes import (
    Change,
    DraftClosed,
    DraftOpened,
    MessageAdded,
    ModelChanged,
    PhaseChanged,
    UsageChanged,
)
from chatapp.ui.transcript.transcript_view import TranscriptView


class ChangeRouter:
    """Hands a frame's changes to the transcript, and says when the figures moved.

    `on_figures` is called at most once a frame.
    """

    def __init__(self, transcript: TranscriptView, on_figures: Callable[[], None]) -> None:
        self._transcript = transcript
        self._on_figures = on_figures

    def deliver(self, changes: Sequence[Change]) -> None:
        """Show a frame's changes, merged, in order."""
        self._transcript.apply(changes)
        if any(isinstance(change, _MOVES_FIGURES) for change in changes):
            self._on_figures()


_MOVES_FIGURES = (
    MessageAdded,
    DraftOpened,
    DraftClosed,
    PhaseChanged,
    UsageChanged,
    ModelChanged,
)
