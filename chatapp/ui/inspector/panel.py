"""The panel that shows the stream event by event, beside the chat that it is about."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.events import Blur, DescendantBlur, DescendantFocus, Focus, Resize
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Input, Static

from chatapp.core.exchange_log import ExchangeLog, WireLog
from chatapp.core.safe_text import safe_text
from chatapp.core.wire import WireTaps
from chatapp.providers.recording_lines import RecordingError
from chatapp.ui import clipboard
from chatapp.ui.inspector.event_filter import EventFilter
from chatapp.ui.inspector.event_list import EventList
from chatapp.ui.inspector.event_rows import heading
from chatapp.ui.inspector.exchange_choice import ExchangeChoice
from chatapp.ui.inspector.figures import ROWS_FOR_MANY, ExchangeFigures
from chatapp.ui.inspector.frames import Frames
from chatapp.ui.inspector.keys import (
    FILTER_KEYS,
    KEY_BINDINGS,
    LIST_ACTIONS,
    TEXT_KEYS,
    list_keys,
)
from chatapp.ui.inspector.passing_note import PassingNote
from chatapp.ui.inspector.saving import save_new, saved_words
from chatapp.ui.inspector.whole_texts import WholeText, text_of_entry, text_of_request
from chatapp.ui.inspector.whole_view import WholeView
from chatapp.ui.inspector.words import caution, missing, nothing_odd
from chatapp.ui.widgets.key_hint import KeyHint

LEAST_COLUMNS_BESIDE = 110
"""On a narrower screen the inspector lies over the chat."""


class Inspector(Vertical, can_focus=True):
    """Every event of an exchange with its time, gap, size, kind, and what is odd about it.

    It watches while it is mounted, be it hidden: with the class `-over` it covers the chat, and
    makes room while the person is there. `base_url` tells the address of an endpoint, for
    recordings, which go into the current folder; `leave` is called when the person goes back
    to the chat; `close_key` is what closes it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*KEY_BINDINGS]

    def __init__(
        self,
        taps: WireTaps,
        base_url: Callable[[str], str],
        leave: Callable[[], object],
        close_key: str,
    ) -> None:
        super().__init__()
        self._taps = taps
        self._base_url = base_url
        self._leave = leave
        self._close_key = close_key
        self._log = WireLog(self._note_news)
        self._opened_at = 0.0
        self._unwatch: Callable[[], None] | None = None
        self._choice = ExchangeChoice(self._log.exchanges)
        self._event_filter = EventFilter()
        self._is_paused = False
        self._frames = Frames(self, self._paint_news)
        self._figures = ExchangeFigures()
        self._filter = Input(
            placeholder="Filter by text", compact=True, select_on_focus=False, classes="-filter"
        )
        self._filter.cursor_blink = False
        self._filter.display = False
        self._heading = Static("", markup=False, classes="-heading")
        self._events = EventList()
        self._whole = WholeView()
        self._note = PassingNote()
        self._hint = KeyHint()

    def compose(self) -> ComposeResult:
        """Lay out figures, filter, the list or one whole text, a note, and the keys."""
        yield self._figures
        yield self._filter
        yield self._heading
        yield self._events
        yield self._whole
        yield self._note
        yield self._hint

    def on_mount(self) -> None:
        """Begin to watch, and hear of what came last."""
        self._opened_at = time.perf_counter()
        self._unwatch = self._taps.add(self._log, with_past=True)
        self.screen.screen_layout_refresh_signal.subscribe(self, self._find_room)
        self._find_room(self.screen)
        self._show_exchange()

    def on_unmount(self) -> None:
        """Watch no more."""
        if self._unwatch is not None:
            self._unwatch()

    @property
    def events(self) -> EventList:
        """The list."""
        return self._events

    @property
    def exchange(self) -> ExchangeLog | None:
        """The exchange that is shown; None before the first."""
        return self._choice.log

    def come_back(self) -> None:
        """Take the focus, in sight."""
        self._appear()
        self.focus()

    def _appear(self) -> None:
        self.display = True
        if self._log.exchanges:
            self._note_news()

    # What is shown

    def _note_news(self) -> None:
        if self.display:
            self._frames.note_news()

    def _paint_news(self) -> None:
        """Show what came since the last time, together."""
        is_held = self._is_paused or self._whole.shown is not None
        if not is_held and self._choice.follow():
            self._show_exchange()
        elif not self._is_paused:
            self._events.catch_up()
        self._show_figures()

    def _show_exchange(self) -> None:
        self._events.show(self.exchange, self._event_filter)
        self._note.stand(caution(self.exchange, self._opened_at))
        self._show_figures()
        self._show_keys()

    def _show_filtered(self, event_filter: EventFilter) -> None:
        self._event_filter = event_filter
        self._show_exchange()

    def _show_figures(self) -> None:
        place = (self._choice.number, self._choice.count)
        without = missing(self._event_filter, self._events.waiting, is_paused=self._is_paused)
        self._figures.show(self.exchange, place, without)

    def _show_keys(self) -> None:
        if self._filter.has_focus:
            self._hint.show(FILTER_KEYS)
        elif self._whole.shown is not None:
            self._hint.show(TEXT_KEYS)
        else:
            self._hint.show(list_keys(self._close_key, has_others=self._choice.count > 1))

    def _show_text(self, text: WholeText | None) -> None:
        """Show a whole text in place of the list, or the list again."""
        self._whole.show(text)
        self._heading.display = self._events.display = text is None
        self.screen.set_focus(self if text is None else self._whole.code)
        self._show_keys()

    def _find_room(self, screen: Screen[object]) -> None:
        is_over = screen.size.width < LEAST_COLUMNS_BESIDE
        self.set_class(is_over, "-over")
        if is_over and screen.focused is not None and not self.has_focus_within:
            self.display = False  # the person is with what it would lie over
        elif not is_over and not self.display:
            self._appear()

    def on_resize(self, event: Resize) -> None:
        """Fit the figures and the names of the columns to the room there is."""
        self._figures.set_short(event.size.height < ROWS_FOR_MANY)
        self._heading.update(heading(self.content_size.width))

    @on(Focus)
    @on(Blur)
    @on(DescendantFocus)
    @on(DescendantBlur)
    def _show_focus(self) -> None:
        self._events.shows_selection = self.has_focus_within
        self._show_keys()
        self._find_room(self.screen)

    # What the person does

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the list alone while it is out of sight."""
        return self._whole.shown is None or action not in LIST_ACTIONS

    def action_move(self, step: int) -> None:
        """Select another event."""
        self._events.move(step)

    def action_page(self, direction: int) -> None:
        """Select an event a page away."""
        self._events.page(direction)

    def action_edge(self, direction: int) -> None:
        """Select the first event that is kept, or the newest, and follow."""
        self._events.move_to_edge(direction)

    def action_odd(self, direction: int) -> None:
        """Select the next odd event, or the one before."""
        if self._events.move_to_odd(direction):
            if self._whole.shown is not None:
                self.action_look()
        else:
            self._note.say(nothing_odd(self.exchange, direction))

    @on(EventList.Clicked)
    def action_look(self) -> None:
        """Look at the whole event."""
        if (entry := self._events.selected) is not None:
            self._show_text(text_of_entry(entry))

    def action_request(self) -> None:
        """Look at the request that was sent."""
        if self.exchange is not None and self.exchange.request is not None:
            self._show_text(text_of_request(self.exchange.request))

    def action_only_odd(self) -> None:
        """Show only what is odd, or all again."""
        self._show_filtered(replace(self._event_filter, is_odd=not self._event_filter.is_odd))

    def action_next_kind(self) -> None:
        """Show only the next of the kinds that there are, or all again."""
        entries = () if self.exchange is None else self.exchange.entries
        self._show_filtered(replace(self._event_filter, kind=self._event_filter.next_kind(entries)))

    def action_filter(self) -> None:
        """Let the person write what events must hold."""
        self._filter.display = True
        self.screen.set_focus(self._filter)

    def action_pause(self) -> None:
        """Let the list stand still while events come, or go on."""
        self._is_paused = not self._is_paused
        if self._is_paused:
            self._show_figures()
        elif self._log.exchanges:
            self._note_news()

    def action_flip(self, direction: int) -> None:
        """Show the exchange before or after this one, as far as they are kept."""
        if self._choice.flip(direction):
            self._show_exchange()

    def action_save(self) -> None:
        """Write all exchanges that are kept to a recording."""
        if self._log.exchanges:
            self.run_worker(self._save(tuple(self._log.exchanges)), group="save")
        else:
            self._say("There is nothing to save yet.")

    def action_copy(self) -> None:
        """Copy the whole text, or the selected event."""
        entry = self._events.selected
        text = self._whole.shown or (text_of_entry(entry) if entry is not None else None)
        if text is not None:
            self.run_worker(self._copy(safe_text(text.text)), group="copy")

    def action_leave(self) -> None:
        """Go back from a whole text, else show all events, else go back to typing."""
        if self._whole.shown is not None:
            self._show_text(None)
        elif self._filter.has_focus or self._event_filter:
            with self._filter.prevent(Input.Changed):
                self._filter.value = ""
            self._hide_filter()
            self._show_filtered(EventFilter())
        else:
            self._leave()

    @on(Input.Changed)
    def _filter_by_words(self, event: Input.Changed) -> None:
        event.stop()
        self._show_filtered(replace(self._event_filter, words=event.value.strip()))

    @on(Input.Submitted)
    def _keep_filter(self, event: Input.Submitted) -> None:
        event.stop()
        self._hide_filter()

    def _hide_filter(self) -> None:
        """Put the line away; its words hold until they are taken back."""
        if self._filter.has_focus:
            self.screen.set_focus(self)
        self._filter.display = False
        self._show_keys()

    async def _save(self, logs: Sequence[ExchangeLog]) -> None:
        endpoint = next((log.request.endpoint for log in logs if log.request), "")
        try:
            file = await save_new(logs, self._base_url(endpoint), Path.cwd())
        except RecordingError as error:
            self._say(f"Nothing was saved: {error}.", is_warning=True)
        else:
            self._say(saved_words(file, logs))

    async def _copy(self, text: str) -> None:
        way = await clipboard.copy(text, self.app)
        self._say(f"Copied to the {way}.")

    def _say(self, words: str, *, is_warning: bool = False) -> None:
        severity: SeverityLevel = "warning" if is_warning else "information"
        self.notify(safe_text(words), severity=severity, markup=False)
