"""The panel that shows the stream event by event, beside the chat that it is about."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Blur, DescendantBlur, DescendantFocus, Focus, Resize
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widgets import Input, Static

from chatapp.core.exchange_log import ExchangeLog, WireLog
from chatapp.core.safe_text import safe_line, safe_text
from chatapp.core.wire import WireTaps
from chatapp.providers.body_reader import GATHERING_S
from chatapp.providers.recording_lines import RecordingError
from chatapp.ui import clipboard
from chatapp.ui.screens.request_screen import JsonView
from chatapp.ui.widgets.inspector_events import EventList, heading
from chatapp.ui.widgets.inspector_figures import ROWS_FOR_MANY, ExchangeFigures
from chatapp.ui.widgets.inspector_filter import EventFilter
from chatapp.ui.widgets.inspector_frames import Frames
from chatapp.ui.widgets.inspector_saving import save_new, saved_words
from chatapp.ui.widgets.inspector_texts import WholeText, text_of_entry, text_of_request
from chatapp.ui.widgets.key_hint import KeyHint, KeyLabel

LEAST_COLUMNS_BESIDE = 110
"""On a narrower screen the inspector lies over the chat."""

LIST_ACTIONS = ("move", "page", "edge", "look", "only_odd", "next_kind", "filter", "flip")
"""What makes sense only while the list is seen."""

_LIST_KEYS: tuple[KeyLabel, ...] = (
    ("n N", "next odd"),
    ("Enter", "event"),
    ("r", "request"),
    ("/", "filter"),
    ("o", "odd"),
    ("k", "kind"),
    ("Space", "pause"),
    ("s", "save"),
)
_LEAVE_KEY: KeyLabel = ("Esc", "to the chat")
_FLIP_KEY: KeyLabel = ("[ ]", "exchange")
_TEXT_KEYS: tuple[KeyLabel, ...] = (
    ("n N", "next odd"),
    ("y", "copy"),
    ("Esc", "back to the events"),
)
_FILTER_KEYS: tuple[KeyLabel, ...] = (("Enter", "done"), ("Esc", "show all"))


class Inspector(Vertical, can_focus=True):
    """Every event of an exchange with its time, gap, size, kind, and what is odd about it.

    It watches while it is mounted, be it hidden: with the class `-over` it covers the chat, and
    makes room while the person is there. `base_url` tells the address of an endpoint, for
    recordings, which go into the current folder; `leave` is called when the person goes back
    to the chat; `close_key` is what closes it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Event before", show=False, id="inspector.up"),
        Binding("down", "move(1)", "Next event", show=False, id="inspector.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="inspector.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="inspector.page-down"),
        Binding("home", "edge(-1)", "First event", show=False, id="inspector.first"),
        Binding("end", "edge(1)", "Newest event", show=False, id="inspector.last"),
        Binding("n", "odd(1)", "Next odd event", show=False, id="inspector.next-odd"),
        Binding("N", "odd(-1)", "Odd event before", show=False, id="inspector.previous-odd"),
        Binding("enter", "look", "Look at the whole event", show=False, id="inspector.look"),
        Binding("r", "request", "Look at the request", show=False, id="inspector.request"),
        Binding("o", "only_odd", "Only what is odd", show=False, id="inspector.only-odd"),
        Binding("k", "next_kind", "Only one kind", show=False, id="inspector.kind"),
        Binding("slash", "filter", "Filter by text", show=False, id="inspector.filter"),
        Binding("space,p", "pause", "Pause or go on", show=False, id="inspector.pause"),
        Binding(
            "left_square_bracket", "flip(-1)", "Exchange before", show=False, id="inspector.earlier"
        ),
        Binding(
            "right_square_bracket", "flip(1)", "Next exchange", show=False, id="inspector.later"
        ),
        Binding("s", "save", "Save as a recording", show=False, id="inspector.save"),
        Binding("y", "copy", "Copy", show=False, id="inspector.copy"),
        Binding("escape", "leave", "Back to typing", show=False, id="inspector.leave"),
    ]

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
        self._shown: ExchangeLog | None = None
        self._event_filter = EventFilter()
        self._text: WholeText | None = None
        self._is_at_newest = True
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
        self._about = Static("", markup=False, classes="-about")
        self._whole = JsonView()
        self._about.display = self._whole.display = False
        self._hint = KeyHint()

    def compose(self) -> ComposeResult:
        """Lay out figures, filter, the list or one whole text, and the keys."""
        yield self._figures
        yield self._filter
        yield self._heading
        yield self._events
        yield self._about
        yield self._whole
        yield self._hint

    def on_mount(self) -> None:
        """Begin to watch, and hear of what came last."""
        self._opened_at = time.monotonic()
        self._unwatch = self._taps.add(self._log, with_past=True)
        self.screen.screen_layout_refresh_signal.subscribe(self, self._find_room)
        self._find_room(self.screen)
        self._show_exchange(None)

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
        return self._shown

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
        is_held = self._is_paused or self._text is not None
        if self._is_at_newest and not is_held and self._shown is not self._log.exchanges[-1]:
            self._show_exchange(self._log.exchanges[-1])
        elif not self._is_paused:
            self._events.catch_up()
        self._show_figures()

    def _show_exchange(self, log: ExchangeLog | None) -> None:
        self._shown = log
        self._events.show(log, self._event_filter)
        self._show_figures()
        self._show_keys()

    def _show_filtered(self, event_filter: EventFilter) -> None:
        self._event_filter = event_filter
        self._show_exchange(self._shown)

    def _show_figures(self) -> None:
        place = (self._place + 1, len(self._log.exchanges))
        self._figures.show(self._shown, place, self._state())

    @property
    def _place(self) -> int:
        """Which of the exchanges that are kept is shown; -1 for one that is kept no longer."""
        logs = list(self._log.exchanges)
        return logs.index(self._shown) if self._shown in logs else -1

    def _state(self) -> str:
        """What keeps the list from showing everything."""
        more = self._events.waiting
        paused = f"paused, {more:,} more" if more else "paused"
        only = f"only {safe_line(str(self._event_filter))}" if self._event_filter else ""
        return ", ".join(filter(None, (self._coarse(), only, paused if self._is_paused else "")))

    def _coarse(self) -> str:
        """A word of caution where nobody watched: then pieces are read a few at a time."""
        request = self._shown.request if self._shown is not None else None
        is_past = request is not None and request.is_whole and request.at < self._opened_at
        return f"times to {GATHERING_S * 1000:.0f} ms" if is_past else ""

    def _show_keys(self) -> None:
        if self._filter.has_focus:
            keys = _FILTER_KEYS
        elif self._text is not None:
            keys = _TEXT_KEYS
        else:
            flip = (_FLIP_KEY,) if len(self._log.exchanges) > 1 else ()
            keys = (*_LIST_KEYS, *flip, _LEAVE_KEY, (self._close_key, "close"))
        self._hint.show(keys)

    def _show_text(self, text: WholeText | None) -> None:
        """Show a whole text in place of the list, or the list again."""
        self._text = text
        self._about.display = self._whole.display = text is not None
        self._heading.display = self._events.display = text is None
        if text is not None:
            self._about.update(text.about)
            self._whole.show(text.shown, text.language)
            self._whole.scroll_home(animate=False)
        self.screen.set_focus(self if text is None else self._whole)
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
        return self._text is None or action not in LIST_ACTIONS

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
            if self._text is not None:
                self.action_look()
        else:
            self._say("Nothing odd after this." if direction > 0 else "Nothing odd before this.")

    @on(EventList.Clicked)
    def action_look(self) -> None:
        """Look at the whole event."""
        if (entry := self._events.selected) is not None:
            self._show_text(text_of_entry(entry))

    def action_request(self) -> None:
        """Look at the request that was sent."""
        if self._shown is not None and self._shown.request is not None:
            self._show_text(text_of_request(self._shown.request))

    def action_only_odd(self) -> None:
        """Show only what is odd, or all again."""
        self._show_filtered(replace(self._event_filter, is_odd=not self._event_filter.is_odd))

    def action_next_kind(self) -> None:
        """Show only the next of the kinds that there are, or all again."""
        entries = () if self._shown is None else self._shown.entries
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
        logs = self._log.exchanges
        if not logs:
            return
        place = max(0, min(self._place + direction, len(logs) - 1))
        self._is_at_newest = place == len(logs) - 1
        if self._shown is not logs[place]:
            self._show_exchange(logs[place])

    def action_save(self) -> None:
        """Write all exchanges that are kept to a recording."""
        if self._log.exchanges:
            self.run_worker(self._save(tuple(self._log.exchanges)), group="save")
        else:
            self._say("There is nothing to save yet.")

    def action_copy(self) -> None:
        """Copy the whole text, or the selected event."""
        entry = self._events.selected
        text = self._text or (text_of_entry(entry) if entry is not None else None)
        if text is not None:
            self.run_worker(self._copy(safe_text(text.text)), group="copy")

    def action_leave(self) -> None:
        """Go back from a whole text, else show all events, else go back to typing."""
        if self._text is not None:
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
        exchanges = [log.exchange for log in logs]
        endpoint = next((log.request.endpoint for log in logs if log.request), "")
        base_url = self._base_url(endpoint)
        try:
            file = await asyncio.to_thread(save_new, exchanges, base_url, Path.cwd())
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
