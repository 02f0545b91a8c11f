"""The messages of a conversation as entries, each made when someone comes near it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import assert_never

from rich.style import Style

from chatapp.core.changes import (
    Change,
    DraftClosed,
    DraftOpened,
    MessageAdded,
    MessageRemoved,
    MessageRestored,
    ModelChanged,
    PartAppended,
    PartOpened,
    PathCut,
    PhaseChanged,
    ToolCallNamed,
    ToolResultChanged,
    ToolsDropped,
    UsageChanged,
)
from chatapp.core.messages import ALONE, ChatMessage, ModelRef, SiblingPlace
from chatapp.ui.transcript.height_index import HeightIndex
from chatapp.ui.transcript.message_entry import MessageEntry
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.part_sections import source_of
from chatapp.ui.transcript.section_run import GUTTER, MARGIN, Mark
from chatapp.ui.transcript.sections import Clock, KeyOf

NO_PLACES: Mapping[str, SiblingPlace] = MappingProxyType({})
"""The places of messages that have no alternatives."""

_SAMPLE = 64
"""Messages that are looked at to guess the height of all."""

_KEPT_ENTRIES = 16
"""Entries that stay made after the reader has gone on."""


class Timeline:
    """A MeasuredRun of messages.

    Opening costs the same for ten messages and for ten thousand: heights are guessed from
    a sample, and an entry is made, laid out and measured when its lines are asked for.
    `revision` grows with whatever is different.
    """

    def __init__(self, key_of: KeyOf, clock: Clock | None = None) -> None:
        self._key_of = key_of
        self._clock = clock
        self._messages: list[ChatMessage] = []
        self._places: dict[str, SiblingPlace] = {}
        self._removed_count = 0
        self._index_by_id: dict[str, int] = {}
        self._draft_id: str | None = None
        self._model: ModelRef | None = None
        self._entries: dict[int, MessageEntry] = {}
        self._heights = HeightIndex()
        self._width = 80
        self._palette: Palette | None = None
        self._base = Style.null()
        self._fold_choices: dict[tuple[str, int], bool] = {}
        self.is_all_unfolded = False
        self.revision = 0

    # -- contents --------------------------------------------------------------------------

    def show(
        self,
        path: Sequence[ChatMessage],
        draft: ChatMessage | None,
        model: ModelRef | None,
        places: Mapping[str, SiblingPlace] = NO_PLACES,
    ) -> None:
        """Begin anew with these messages; `draft` is the last of them as it stands.

        `places` are those of messages with alternatives, by id.
        """
        self._messages = list(path)
        self._places = dict(places)
        self._removed_count = 0
        self._draft_id = None
        if draft is not None:
            self._messages[-1] = draft
            self._draft_id = draft.message_id
        self._model = model
        self._index_by_id = {}
        self._forget_entries()

    def apply(self, change: Change) -> None:
        """Take in what became different."""
        self.revision += 1
        match change:
            case MessageAdded(message, place):
                self._places[message.message_id] = place
                self._append(message)
            case DraftOpened(message, place):
                self._places[message.message_id] = place
                self._open_draft(message)
            case PartOpened(_, part_index, part):
                self._growing.open_part(part_index, part)
            case PartAppended(_, part_index, text):
                self._growing.append(part_index, text)
            case ToolCallNamed(_, part_index, part):
                self._growing.name_tool_call(part_index, part)
            case ToolResultChanged(_, part_index, part):
                self._growing.replace_tool_result(part_index, part)
            case DraftClosed(message):
                entry = self._growing
                self._draft_id = None
                self._messages[-1] = message
                entry.close(message)
            case PathCut(length):
                self._cut(length)
            case ModelChanged(model):
                self._model = model
                self._refresh_divider()
            case MessageRemoved():
                self._removed_count += 1
            case MessageRestored():
                self._removed_count -= 1
            case PhaseChanged() | UsageChanged() | ToolsDropped():
                pass
            case _:
                assert_never(change)

    @property
    def is_growing(self) -> bool:
        """Whether the last message is a reply that is still open."""
        return self._draft_id is not None

    @property
    def has_removed(self) -> bool:
        """Whether a message was deleted while this conversation was in view."""
        return self._removed_count > 0

    @property
    def is_ticking(self) -> bool:
        """Whether a line tells of passing time."""
        return self.is_growing and self._growing.is_ticking

    @property
    def _growing(self) -> MessageEntry:
        return self._made(len(self._messages) - 1)

    def _append(self, message: ChatMessage) -> None:
        self._messages.append(message)
        self._heights.append(_guess(message, self._width))
        if len(self._messages) > 1:
            self._refresh_divider(len(self._messages) - 2)

    def _open_draft(self, message: ChatMessage) -> None:
        self._draft_id = message.message_id
        last = len(self._messages) - 1
        if self._messages and self._messages[-1].message_id == message.message_id:
            self._messages[-1] = message
            self._entries.pop(last, None)
        else:
            self._append(message)

    def _cut(self, length: int) -> None:
        del self._messages[length:]
        self._index_by_id = {}
        self._heights.truncate(length)
        for index in [index for index in self._entries if index >= length]:
            del self._entries[index]
        self._draft_id = None
        self._refresh_divider()

    def _refresh_divider(self, index: int | None = None) -> None:
        """Tell a message which model comes after it; the last one when no index is given."""
        index = len(self._messages) - 1 if index is None else index
        if (entry := self._entries.get(index)) is not None:
            entry.set_next_model(self._next_model(index))

    def _next_model(self, index: int) -> ModelRef | None:
        if index + 1 < len(self._messages):
            return self._messages[index + 1].model
        return self._model

    # -- entries ---------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._messages)

    def message(self, index: int) -> ChatMessage:
        """A message; a draft's parts are those it was opened with."""
        return self._messages[index]

    def place(self, index: int) -> SiblingPlace:
        """Which of its alternatives a message is."""
        return self._places.get(self._messages[index].message_id, ALONE)

    def index_of(self, message_id: str) -> int | None:
        """Where a message stands on the path; None when it is not on it."""
        if len(self._index_by_id) != len(self._messages):
            self._index_by_id = {
                message.message_id: index for index, message in enumerate(self._messages)
            }
        return self._index_by_id.get(message_id)

    def sources(self, index: int) -> tuple[str, ...]:
        """The text of every part of a message, without making its entry."""
        if (entry := self._entries.get(index)) is not None:
            return entry.sources
        return tuple(source_of(part) for part in self._messages[index].parts)

    def is_made(self, index: int) -> bool:
        """Whether a message has been laid out."""
        return index in self._entries

    def entry(self, index: int) -> MessageEntry:
        """The laid out entry of a message."""
        entry = self._made(index)
        if self._palette is not None:
            entry.layout(self._width, self._palette, self._base)
        return entry

    def _made(self, index: int) -> MessageEntry:
        entry = self._entries.get(index)
        if entry is None:
            message = self._messages[index]
            entry = self._entries[index] = MessageEntry(
                message,
                place=self.place(index),
                is_first=index == 0,
                is_open=message.message_id == self._draft_id,
                next_model=self._next_model(index),
                fold_choice=lambda part_index: self._fold_choice(message.message_id, part_index),
                key_of=self._key_of,
                clock=self._clock,
            )
        return entry

    def drop_far_entries(self, first: int, last: int) -> None:
        """Let go of entries far from `first` to `last` when many are made."""
        if len(self._entries) <= _KEPT_ENTRIES:
            return
        near = range(first - _KEPT_ENTRIES // 4, last + _KEPT_ENTRIES // 4)
        growing = len(self._messages) - 1
        for index in [index for index in self._entries if index not in near and index != growing]:
            del self._entries[index]

    # -- heights ---------------------------------------------------------------------------

    def lay_out(self, width: int, palette: Palette, base: Style) -> None:
        """Set the width of a whole line in cells, the styles, and the ground under all."""
        is_other_width = width != self._width
        self._width, self._palette, self._base = width, palette, base
        if is_other_width:
            self._guess_heights()

    def measure(self, index: int) -> int:
        """The true height of an entry; keeps it for the sums."""
        height = self.entry(index).line_count
        if height != self._heights[index]:
            self._heights.set(index, height)
        return height

    def mark(self, index: int, line: int) -> Mark:
        """Remember what stands on a line of an entry."""
        return self.entry(index).mark(line)

    def line_of(self, index: int, mark: Mark) -> int | None:
        """Where that stands now; None when it is gone."""
        return self.entry(index).line_of(mark)

    def measure_growing(self) -> None:
        """Keep the sums true while the last entry grows out of sight."""
        if self._messages and len(self._messages) - 1 in self._entries:
            self.measure(len(self._messages) - 1)

    @property
    def height(self) -> int:
        """Lines of everything, guessed where nobody was yet."""
        return self._heights.total

    def top(self, index: int) -> int:
        """Where an entry begins, by present knowledge."""
        return self._heights.top(index)

    def find(self, y: int) -> tuple[int, int]:
        """The entry and the line in it at line `y`, by present knowledge."""
        return self._heights.find(y)

    def _guess_heights(self) -> None:
        count = len(self._messages)
        sample = self._messages[:: max(1, count // _SAMPLE)]
        guesses = [_guess(message, self._width) for message in sample]
        self._heights = HeightIndex(count, max(1, sum(guesses) // len(guesses)) if guesses else 1)

    def _forget_entries(self) -> None:
        self.revision += 1
        self._entries.clear()
        self._guess_heights()

    # -- folding ---------------------------------------------------------------------------

    def _fold_choice(self, message_id: str, part_index: int) -> bool | None:
        """What the reader wants of a part; None when it is left to itself."""
        otherwise = True if self.is_all_unfolded else None
        return self._fold_choices.get((message_id, part_index), otherwise)

    def fold(self, index: int, part_indexes: Sequence[int], is_unfolded: bool) -> None:
        """Unfold or fold parts of a message."""
        message_id = self._messages[index].message_id
        for part_index in part_indexes:
            self._fold_choices[message_id, part_index] = is_unfolded
        self.entry(index).refold()
        self.measure(index)

    def fold_all(self, is_unfolded: bool) -> None:
        """Unfold everything, or leave everything to itself, which folds what is over."""
        self.is_all_unfolded = is_unfolded
        self._fold_choices.clear()
        for index, entry in self._entries.items():
            entry.refold()
            self.measure(index)


def _guess(message: ChatMessage, width: int) -> int:
    text = message.text
    return 3 + text.count("\n") + len(text) // max(1, width - GUTTER - MARGIN)
