"""The transcript: a whole conversation in one scrolling widget, on Textual's Line API.

No widget a message or a block. The rows in view are kept as strips, and after every change only
those that differ are painted again. Textual's scroll figures follow from the reading position
(an anchor among the messages), not the other way round, and are set without its watchers:
`virtual_size` would otherwise lay the screen out again for every line that a stream adds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from chatapp.core.changes import Change, DraftOpened
from chatapp.core.messages import ChatMessage, ModelRef, SiblingPlace
from chatapp.ui.transcript.message_entry import GUTTER
from chatapp.ui.transcript.new_lines_badge import badge_cells
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.reading_keys import KeyHint
from chatapp.ui.transcript.selection import (
    row_id,
    selected_text,
    whole_entry,
    with_offsets,
    word_around,
)
from chatapp.ui.transcript.timeline import NO_PLACES
from chatapp.ui.transcript.viewport import Viewport

_TICK_S = 0.1
"""Seconds between two looks at the clock while a tool call is under way."""

_THUMB_EVERY_S = 0.25
"""How often a growing reply moves the scroll bar's thumb: drawing the bar takes as long as all
the rest of a frame."""


class TranscriptView(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a conversation and moves through it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "focus_message(-1)", "Previous message", id="transcript.previous"),
        Binding("down,j", "focus_message(1)", "Next message", id="transcript.next"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="transcript.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="transcript.page-down"),
        Binding("home", "scroll_start", "Start", show=False, id="transcript.start"),
        Binding("end", "scroll_latest", "Latest", show=False, id="transcript.latest"),
        Binding("enter,space", "toggle_fold", "Fold", id="transcript.fold"),
        Binding("y", "copy_message", "Copy", id="transcript.copy"),
        Binding("Y,shift+y", "copy_code", "Copy code", id="transcript.copy-code"),
        Binding("e", "ask('edit')", "Edit", id="transcript.edit"),
        Binding("r", "ask('regenerate')", "Regenerate", id="transcript.regenerate"),
        Binding(
            "left_square_bracket",
            "ask('previous-branch')",
            "Version before",
            id="transcript.previous-branch",
        ),
        Binding(
            "right_square_bracket",
            "ask('next-branch')",
            "Next version",
            id="transcript.next-branch",
        ),
        Binding("plus", "ask('continue')", "Continue", id="transcript.continue"),
        Binding("d,delete", "ask('delete')", "Delete", id="transcript.delete"),
        Binding("u", "ask('undelete')", "Bring back what was deleted", id="transcript.undelete"),
        Binding("f", "ask('fork')", "New conversation from here", id="transcript.fork"),
        Binding("slash", "ask('find')", "Find", id="transcript.find"),
        Binding("n", "find_next", "Next match", show=False, id="transcript.find-next"),
        Binding(
            "N,shift+n", "find_previous", "Match before", show=False, id="transcript.find-previous"
        ),
        Binding("i", "type", "Type", id="transcript.type"),
        Binding("escape", "leave", "Back to typing", show=False, id="transcript.leave"),
    ]

    DEFAULT_CSS = """
    TranscriptView {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
    }
    """

    @dataclass
    class FollowChanged(Message):
        """The view began or ceased to follow the tail, or has more lines nobody saw."""

        is_following: bool
        unseen_count: int

    @dataclass
    class CopyRequested(Message):
        """The person wants `text` on the clipboard; `what` names it in a word or two."""

        text: str
        what: str

    @dataclass
    class ActionRequested(Message):
        """The person asked for a command on a message ("" when none has the focus)."""

        command_name: str
        message_id: str

    @dataclass
    class KeysChanged(Message):
        """Other keys act on the focused message now; none while nobody reads."""

        hints: tuple[KeyHint, ...]

    @dataclass
    class TypingRequested(Message):
        """The person wants to write; `character` is what was typed or pasted already, or ""."""

        character: str

    def __init__(
        self,
        *,
        key_of: Callable[[str], str],
        clock: Callable[[], float] | None = None,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._viewport = Viewport(key_of, clock)
        self._has_clock = clock is not None
        self._ticker: Timer | None = None
        self._palette: Palette | None = None
        self._palette_theme = ""
        self._base = Style.null()
        self._strips: list[Strip] = []
        self._painted_size = Size(0, 0)
        self._thumb = (0, 0)
        self._thumb_due_at = 0.0
        self._reported = (True, 0)
        self._key_hints: tuple[KeyHint, ...] = ()
        self._to_reveal: tuple[str, str] | None = None
        self._is_marked_for_reading = False

    # -- the conversation ------------------------------------------------------------------

    def show(
        self,
        path: Sequence[ChatMessage],
        draft: ChatMessage | None,
        model: ModelRef,
        places: Mapping[str, SiblingPlace] = NO_PLACES,
    ) -> None:
        """Show another conversation from its end.

        `draft` is the last of `path` as it stands; `places` are those of the messages with
        alternatives, by id.
        """
        self._viewport.show(path, draft, model, places)
        self._to_reveal = None
        self._come_to_rest(keeps_still=False)
        self._tick_if_needed()

    def apply(self, changes: Sequence[Change], *, is_painted: bool = True) -> None:
        """Take in merged changes and paint once, or leave that to the next changes."""
        self._viewport.apply(changes)
        if not self.has_focus and any(isinstance(change, DraftOpened) for change in changes):
            self._viewport.focus.message_id = None  # who comes to read begins with the new reply
        if not is_painted:
            if self._palette is not None:
                self._viewport.timeline.measure_growing()
            return
        self._come_to_rest()
        self._tick_if_needed()

    def toggle_details(self) -> None:
        """Unfold all reasoning and tool calls, or fold them again."""
        self._viewport.fold_all()
        self._present()

    # -- passing time ----------------------------------------------------------------------

    def _tick_if_needed(self) -> None:
        """Let time be told while a tool call waits or runs, and only then."""
        if not self._has_clock or not self.is_mounted:
            return
        if self._viewport.timeline.is_ticking:
            if self._ticker is None:
                self._ticker = self.set_interval(_TICK_S, self._present)
        elif self._ticker is not None:
            self._ticker.stop()
            self._ticker = None

    # -- scrolling -------------------------------------------------------------------------

    @property
    def is_following(self) -> bool:
        """Whether the newest line is kept in view."""
        return self._viewport.is_following

    def scroll_by_page(self, direction: int) -> None:
        """Scroll a screen less one line, up (-1) or down (1)."""
        self._viewport.scroll_by(direction * max(1, self.size.height - 1))
        self._present()

    def scroll_to_start(self) -> None:
        """Go to the first message."""
        self._viewport.scroll_to_start()
        self._present()

    def scroll_to_latest(self) -> None:
        """Go to the end and follow it."""
        self._viewport.scroll_to_end()
        self._present()

    def scroll_to(self, x: float | None = None, y: float | None = None, **_options: object) -> None:
        """Scroll at once, never animated: a moving target would be met by a moving text."""
        self._scroll_to(x, y, animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Move as the wheel, the bar or a selection at the edge ask."""
        if round(new_value) == round(old_value) or self._painted_size != self.size:
            return  # of another size, it is Textual keeping its figures within bounds
        self._viewport.scroll_from_to(round(old_value), round(new_value), self.max_scroll_y)
        self._present()
        # Dragging and selecting scroll by fractions of a line: keep what is left over.
        fraction = new_value - round(new_value)
        self.set_reactive(Widget.scroll_y, max(0.0, self.scroll_y + fraction))

    def reveal(self, message_id: str, words: str = "") -> bool:
        """Go to a message, focus it, and mark what it has of `words`, as they were searched for.

        The marks stay until the person goes back to writing. False when the message is not on
        the path. A view that is not on the screen yet does it once it is.
        """
        if self._viewport.timeline.index_of(message_id) is None:
            return False
        self._to_reveal = message_id, words
        self._is_marked_for_reading = True
        self._come_to_rest()
        self.focus()
        return True

    # -- find ------------------------------------------------------------------------------

    def find(self, needle: str) -> int:
        """Mark `needle` everywhere, in any case, and go to the first match from here on.

        Returns how many matches the conversation has.
        """
        if not needle:
            self.end_find()
            return 0
        self._is_marked_for_reading = False
        count = self._viewport.find(needle)
        self._present()
        return count

    @property
    def find_position(self) -> int:
        """Which match is the current one, counted from 1; 0 when there is none."""
        finder = self._viewport.finder
        return finder.position if finder is not None else 0

    def find_next(self) -> None:
        """Go to the next match."""
        self._viewport.find_step(1)
        self._present()

    def find_previous(self) -> None:
        """Go to the match before."""
        self._viewport.find_step(-1)
        self._present()

    def end_find(self) -> None:
        """Take the marks away."""
        self._viewport.finder = None
        self._present()

    # -- copying ---------------------------------------------------------------------------

    def copy_message(self, message_id: str | None = None) -> None:
        """Ask for a message's source to be copied: the named, the focused or the last one."""
        timeline = self._viewport.timeline
        index = timeline.index_of(message_id) if message_id else self._viewport.chosen_index
        if index is not None:
            self.post_message(self.CopyRequested(timeline.entry(index).copy_text, "message"))

    def copy_code_block(self) -> None:
        """Ask for code to be copied: the last block in view, else the message's last one."""
        block = self._viewport.code_block()
        if block is not None:
            self.post_message(self.CopyRequested(block.text, block.language or "code"))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected source text, for Textual's own copying."""
        return selected_text(self._viewport.timeline, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Paint the rows whose selection changed."""
        self._present()

    # -- keys ------------------------------------------------------------------------------

    @property
    def focused_message_id(self) -> str | None:
        """The message that keys act on."""
        return self._viewport.focus.message_id

    def focus_message(self, message_id: str | None) -> None:
        """Make keys act on a message, or on none."""
        self._viewport.focus.message_id = message_id
        self._present()

    def action_focus_message(self, direction: int) -> None:
        """Move to the neighbouring message, or on through one larger than the view."""
        self._viewport.move_focus(direction)
        self._present()

    def action_toggle_fold(self) -> None:
        """Fold or unfold the focused message's reasoning and tool calls."""
        index = self._viewport.chosen_index
        if index is not None:
            self._viewport.fold_message(index)
            self._present()

    def action_copy_message(self) -> None:
        """Copy the focused message."""
        self.copy_message()

    def action_copy_code(self) -> None:
        """Copy a block of code."""
        self.copy_code_block()

    def action_ask(self, command_name: str) -> None:
        """Ask the app for a command on the focused or last message."""
        index = self._viewport.chosen_index
        message_id = "" if index is None else self._viewport.timeline.message(index).message_id
        self.post_message(self.ActionRequested(command_name, message_id))

    def action_page(self, direction: int) -> None:
        """Scroll a page."""
        self.scroll_by_page(direction)

    def action_scroll_start(self) -> None:
        """Go to the first message."""
        self.scroll_to_start()

    def action_scroll_latest(self) -> None:
        """Follow the end."""
        self.scroll_to_latest()

    def action_find_next(self) -> None:
        """Go to the next match; without a search, `n` is a letter like any other."""
        self._find_or_type(self.find_next, "n")

    def action_find_previous(self) -> None:
        """Go to the match before; without a search, `N` is a letter like any other."""
        self._find_or_type(self.find_previous, "N")

    def _find_or_type(self, step: Callable[[], None], character: str) -> None:
        if self._viewport.finder is None:
            self._request_typing(character)
        else:
            step()

    def action_type(self) -> None:
        """Go back to writing."""
        self._request_typing("")

    def _request_typing(self, character: str) -> None:
        if self._is_marked_for_reading:
            self._is_marked_for_reading = False
            self.end_find()
        self.post_message(self.TypingRequested(character))

    def action_leave(self) -> None:
        """Go back to writing, unless a reply runs: then Esc is for stopping it."""
        if self._viewport.timeline.is_growing:
            raise SkipAction
        self.action_type()

    def on_key(self, event: events.Key) -> None:
        """Any character without a meaning of its own goes to the composer."""
        has_meaning = event.key in self._bindings.key_to_bindings
        if event.is_printable and event.character and not has_meaning:
            event.stop()
            self._request_typing(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted while reading goes to the composer too."""
        event.stop()
        self._request_typing(event.text)

    # -- the mouse -------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Follow by the sign, flip, fold by a label, focus a message; twice selects a word."""
        if self._is_on_badge(event.x, event.y):
            self.scroll_to_latest()
        elif step := self._branch_step_at(event.x, event.y):
            event.prevent_default()
            self.focus_message(self._message_id_at(event.y))
            self.action_ask("next-branch" if step > 0 else "previous-branch")
        elif 0 <= event.y < len(self._viewport.places):
            entry, line = self._viewport.places[event.y]
            if event.chain > 1:
                event.prevent_default()  # which is to select the whole conversation
                self._select(entry, line, event)
            elif self.text_selection is None:
                self._viewport.focus.message_id = self._message_id_at(event.y)
                self._viewport.fold_at(entry, line)
                self._present()

    def _is_on_badge(self, x: int, y: int) -> bool:
        _is_following, unseen = self._reported
        width, height = self.size
        return bool(unseen) and y == height - 1 and x in badge_cells(unseen, width)

    def _branch_step_at(self, x: int, y: int) -> int:
        """Which way a click flips: back (-1), on (1), or not at all (0)."""
        if not 0 <= y < len(self._viewport.places):
            return 0
        entry, line = self._viewport.places[y]
        return self._viewport.timeline.entry(entry).branch_step_at(line, x - GUTTER)

    def _message_id_at(self, y: int) -> str:
        return self._viewport.timeline.message(self._viewport.places[y][0]).message_id

    def _select(self, entry: int, line: int, event: events.Click) -> None:
        """Select the word that was clicked twice, or the message that was clicked more often."""
        timeline = self._viewport.timeline
        if event.chain == 2:
            _widget, offset = self.screen.get_widget_and_offset_at(event.screen_x, event.screen_y)
            x = offset.x if offset is not None else 0
            selection = word_around(timeline.entry(entry).line(line), x, row_id(entry, line))
        else:
            selection = whole_entry(timeline, entry)
        self.screen.selections = {self: selection}

    # -- painting --------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show what was given before there was a screen."""
        self._come_to_rest(keeps_still=False)
        self._tick_if_needed()

    def on_resize(self) -> None:
        """Lay out for the new size, around the same line."""
        self._come_to_rest(keeps_still=False)

    def on_focus(self) -> None:
        """Show which message has the focus: the last one in view at first."""
        self._viewport.focus_some()
        self._present()

    def on_blur(self) -> None:
        """Hide it again."""
        self._present()

    def notify_style_update(self) -> None:
        """Take over another theme."""
        super().notify_style_update()
        if self.is_mounted:
            self._come_to_rest()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of a region of the view, as they stand; rarely is anything rendered here."""
        size = self.size
        if self._painted_size != size:
            self._settle(keeps_still=False)
            self._paint()
        strips = self._strips[crop.y : crop.bottom]
        strips += [Strip.blank(size.width, self._base)] * (crop.height - len(strips))
        if (crop.x, crop.width) != (0, size.width):
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        for line_filter in self.get_line_filters():
            background = self.background_colors[1]
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """A row with what Textual needs to find the character under the mouse."""
        places, timeline = self._viewport.places, self._viewport.timeline
        if not 0 <= y < len(places):
            end = row_id(len(timeline), 0)
            return Strip([*Strip.blank(self.size.width, Style.from_meta({"offset": (0, end)}))])
        index, line = places[y]
        entry = timeline.entry(index)
        return with_offsets(entry.line(line).strip, entry.gutter(line), row_id(index, line))

    def _come_to_rest(self, *, keeps_still: bool = True) -> None:
        """Settle after something changed, and show it."""
        if self.size:
            self._settle(keeps_still=keeps_still)
            self._present()
        else:
            # Hidden: what is on the screen next is painted when it is asked for.
            self._painted_size = Size(0, 0)

    def _settle(self, *, keeps_still: bool) -> None:
        theme = self.app.current_theme
        if self._palette is None or theme.name != self._palette_theme:
            self._palette = Palette.from_theme(self.app.theme_variables, theme.dark)
            self._palette_theme = theme.name
        self._base = self.visual_style.rich_style + self._palette.text
        width, self._viewport.height = self.size
        self._viewport.timeline.lay_out(width, self._palette, self._base)
        self._viewport.settle(keeps_still=keeps_still)
        if self._to_reveal is not None:
            self._viewport.reveal(*self._to_reveal)
            self._to_reveal = None

    def _present(self) -> None:
        """Show the rows at the present position; refresh those that differ."""
        if not self.size:
            return
        before = self._strips
        is_resized = self._painted_size != self.size
        if is_resized:
            self._settle(keeps_still=False)
        self._paint()
        self._set_scroll()
        if is_resized:
            self.refresh()
        else:
            self._refresh_changed_rows(before)
        self._report_follow()
        self._report_keys()

    def _paint(self) -> None:
        assert self._palette is not None  # noqa: S101 - settling comes first
        self._painted_size = self.size
        self._strips = self._viewport.paint(
            self.size.width,
            self._palette,
            self._base,
            self.text_selection,
            shows_focus=self.has_focus,
        )

    def _refresh_changed_rows(self, before: Sequence[Strip]) -> None:
        width = self.size.width
        changed = [
            Region(0, y, width, 1)
            for y, (old, new) in enumerate(zip(before, self._strips, strict=True))
            if old is not new and old != new
        ]
        if len(changed) * 2 > len(before):
            self.refresh(self.size.region)
        elif changed:
            self.refresh(*changed)

    # -- what others are told --------------------------------------------------------------

    def _set_scroll(self) -> None:
        """Tell Textual where we are, without a layout or a second paint."""
        width, height = self.size
        top = self._viewport.top
        total = max(self._viewport.timeline.height, top + height)
        self.set_reactive(Widget.virtual_size, Size(width, total))
        self.set_reactive(Widget.scroll_y, float(top))
        self.set_reactive(Widget.scroll_target_y, float(top))
        if not self.show_vertical_scrollbar:
            return
        thumb = round(top * height * 8 / total), round(height * height * 8 / total)
        bar = self.vertical_scrollbar
        now = monotonic()
        is_pushed = self.is_following and self._viewport.timeline.is_growing
        if thumb != self._thumb and not (is_pushed and now < self._thumb_due_at):
            self._thumb, self._thumb_due_at = thumb, now + _THUMB_EVERY_S
            bar.window_virtual_size, bar.window_size, bar.position = total, height, top
        else:
            bar.set_reactive(type(bar).window_virtual_size, total)
            bar.set_reactive(type(bar).position, float(top))

    def _report_keys(self) -> None:
        focused = self._viewport.focused_message if self.has_focus else None
        hints = focused.key_hints if focused is not None else ()
        if hints != self._key_hints:
            self._key_hints = hints
            self.post_message(self.KeysChanged(hints))

    def _report_follow(self) -> None:
        state = self._viewport.is_following, self._viewport.unseen_count
        if state != self._reported:
            self._reported = state
            self.post_message(self.FollowChanged(*state))
