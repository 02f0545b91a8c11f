"""Which message keys act on, and who takes over when it leaves the path."""

from chatapp.ui.transcript.timeline import Timeline


class MessageFocus:
    """The focused message of a timeline, by id.

    Law: when another branch comes into view the focus is on the sibling, and when the message
    was deleted on the one that stands in its place.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._place_before_cut: int | None = None
        self.message_id: str | None = None

    @property
    def index(self) -> int | None:
        """Where the focused message stands on the path."""
        return self._timeline.index_of(self.message_id) if self.message_id else None

    def note_cut(self, length: int) -> None:
        """The path is about to end after `length` messages."""
        index = self.index
        if index is not None and index >= length:
            self._place_before_cut = index

    def recover(self) -> None:
        """Go on, once the path is whole again, with what stands where the focus was."""
        place, self._place_before_cut = self._place_before_cut, None
        if place is None or self.index is not None:
            return
        last = len(self._timeline) - 1
        self.message_id = self._timeline.message(min(place, last)).message_id if last >= 0 else None
