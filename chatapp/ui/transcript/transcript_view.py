"""The transcript: a whole conversation in one scrolling widget, on Textual's Line API.

No widget a message or a block. The rows in view are kept as strips, and after every change only
those that differ are painted again. Textual's scroll figures follow from the reading position
(an anchor among the messages), not the other way round, and are set without its watchers:
`virtual_size` would otherwise lay the screen out again for every line that a stream adds.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from chatapp.core.changes import Change
from chatapp.core.messages import ChatMessage, ModelRef
from chatapp.ui.transcript.find import ConversationFinder, FoundPlace
from chatapp.ui.transcript.follow import ReadingPosition
from chatapp.ui.transcript.new_lines_badge import badge_cells
from chatapp.ui.transcript.painter import Highlights, RowPainter
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.selection import (
    row_id,
    selected_text,
    whole_entry,
    with_offsets,
    word_around,
)
from chatapp.ui.transcript.timeline import Timeline

_JUMP_SCREENS = 3
"""A scroll over more screens than this goes to the guessed place, not line by line."""

_FOCUS_SCROLL = 3
"""Lines that moving the focus scrolls within a message larger than the view."""


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
        Binding("r", "ask('retry')", "Regenerate", id="transcript.retry"),
        Binding("plus", "ask('continue')", "Continue", id="transcript.continue"),
        Binding("e", "ask('edit')", "Edit", id="transcript.edit"),
        Binding("left_square_bracket", "ask('previous-reply')", "Older", id="transcript.older"),
        Binding("right_square_bracket", "ask('next-reply')", "Newer", id="transcript.newer"),
        Binding("slash", "ask('find')", "Find", id="transcript.find"),
        Binding("n", "find_next", "Next match", show=False, id="transcript.find-next"),
        Binding(
            "N,shift+n", "find_previous", "Match before", show=False, id="transcript.find-previous"
        ),
        Binding("i,escape", "type", "Type", id="transcript.type"),
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
    class TypingRequested(Message):
        """The person wants to write; `character` is what was typed or pasted already, or ""."""

        character: str

    def __init__(
        self,
        *,
        key_of: Callable[[str], str],
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._timeline = Timeline(key_of)
        self._position = ReadingPosition(self._timeline)
        self._painter = RowPainter(self._timeline)
        self._palette: Palette | None = None
        self._palette_theme = ""
        self._base = Style.null()
        self._strips: list[Strip] = []
        self._painted_size = Size(0, 0)
        self._thumb = (0, 0)
        self._focused_id: str | None = None
        self._finder: ConversationFinder | None = None
        self._seen = (0, 0)
        self._reported = (True, 0)

    # -- the conversation ------------------------------------------------------------------

    def show(self, path: Sequence[ChatMessage], draft: ChatMessage | None, model: ModelRef) -> None:
        """Show another conversation from its end: `draft` is the last of `path` as it stands."""
        self._timeline.show(path, draft, model)
        self._focused_id = None
        self._finder = None
        self._position.reset()
        self._come_to_rest(keeps_still=False)

    def apply(self, changes: Sequence[Change]) -> None:
        """Take in a frame's merged changes and paint once."""
        for change in changes:
            self._timeline.apply(change)
        if not self._position.is_following:
            self._timeline.measure_growing()
        self._come_to_rest()

    def toggle_details(self) -> None:
        """Unfold all reasoning and tool calls, or fold them again."""
        self._timeline.fold_all(not self._timeline.is_all_unfolded)
        self._hold_and_rest()

    # -- scrolling -------------------------------------------------------------------------

    @property
    def is_following(self) -> bool:
        """Whether the newest line is kept in view."""
        return self._position.is_following

    def scroll_by_page(self, direction: int) -> None:
        """Scroll a screen less one line, up (-1) or down (1)."""
        self._scroll_lines(direction * max(1, self.size.height - 1))

    def scroll_to_start(self) -> None:
        """Go to the first message."""
        self._position.go_to(0, 0, self.size.height)
        self._present()

    def scroll_to_latest(self) -> None:
        """Go to the end and follow it."""
        self._position.go_to_end(self.size.height)
        self._present()

    def scroll_to(self, x: float | None = None, y: float | None = None, **_options: object) -> None:
        """Scroll at once, never animated: a moving target would be met by a moving text."""
        self._scroll_to(x, y, animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Move as the wheel, the bar or a selection at the edge ask."""
        lines = round(new_value) - round(old_value)
        if not lines:
            return
        if abs(lines) <= self.size.height * _JUMP_SCREENS:
            self._position.scroll_by(lines, self.size.height)
        elif new_value >= self.max_scroll_y:
            self._position.go_to_end(self.size.height)
        else:
            self._position.jump(round(new_value), self.size.height)
        self._present()
        # Dragging and selecting scroll by fractions of a line: keep what is left over.
        fraction = new_value - round(new_value)
        self.set_reactive(Widget.scroll_y, max(0.0, self.scroll_y + fraction))

    def _scroll_lines(self, lines: int) -> None:
        self._position.scroll_by(lines, self.size.height)
        self._present()

    # -- find ------------------------------------------------------------------------------

    def find(self, needle: str) -> int:
        """Mark `needle` everywhere, in any case, and go to the first match from here on.

        Returns how many matches the conversation has.
        """
        if not needle:
            self.end_find()
            return 0
        self._finder = ConversationFinder(self._timeline, needle)
        self.find_next()
        return self._finder.match_count

    @property
    def find_position(self) -> int:
        """Which match is the current one, counted from 1; 0 when there is none."""
        return self._finder.position if self._finder is not None else 0

    def find_next(self) -> None:
        """Go to the next match."""
        self._find_step(1)

    def find_previous(self) -> None:
        """Go to the match before."""
        self._find_step(-1)

    def end_find(self) -> None:
        """Take the marks away."""
        self._finder = None
        self._present()

    def _find_step(self, direction: int) -> None:
        if self._finder is None:
            return
        place = self._finder.step(direction, self._position.entry, self._position.line)
        if place is not None:
            self._reveal(place)
        self._come_to_rest()

    def _reveal(self, place: FoundPlace) -> None:
        height = self.size.height
        self._painter.place_rows(self._position, height)
        if (place.entry, place.line) not in self._painter.places[: max(1, height - 1)]:
            self._position.go_to(place.entry, place.line - height // 3, height)

    # -- copying ---------------------------------------------------------------------------

    def copy_message(self, message_id: str | None = None) -> None:
        """Ask for a message's source to be copied: the named, the focused or the last one."""
        index = self._timeline.index_of(message_id) if message_id else self._chosen_index()
        if index is not None:
            self.post_message(self.CopyRequested(self._timeline.entry(index).copy_text, "message"))

    def copy_code_block(self) -> None:
        """Ask for code to be copied: the last block in view, else the message's last one."""
        for index in self._indexes_with_code():
            blocks = self._timeline.entry(index).code_blocks()
            in_view = [b for b in blocks if (index, b.first_line) in self._painter.places]
            if blocks:
                block = in_view[-1] if in_view else blocks[-1]
                self.post_message(self.CopyRequested(block.text, block.language or "code"))
                return

    def copy_selection(self) -> None:
        """Ask for the selected text to be copied."""
        if self.text_selection is not None:
            text = selected_text(self._timeline, self.text_selection)
            self.post_message(self.CopyRequested(text, "selection"))

    def _indexes_with_code(self) -> Iterator[int]:
        if self._focused_index is not None:
            yield self._focused_index
        yield from sorted({entry for entry, _line in self._painter.places}, reverse=True)

    def _chosen_index(self) -> int | None:
        if self._focused_index is not None:
            return self._focused_index
        return len(self._timeline) - 1 if len(self._timeline) else None

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected source text, for Textual's own copying."""
        return selected_text(self._timeline, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Paint the rows whose selection changed."""
        self._present()

    # -- the focused message ---------------------------------------------------------------

    @property
    def focused_message_id(self) -> str | None:
        """The message that keys act on."""
        return self._focused_id

    @property
    def _focused_index(self) -> int | None:
        return self._timeline.index_of(self._focused_id) if self._focused_id else None

    def focus_message(self, message_id: str | None) -> None:
        """Make keys act on a message, or on none."""
        self._focused_id = message_id
        self._present()

    def action_focus_message(self, direction: int) -> None:
        """Move to the neighbouring message, or on through one larger than the view."""
        if not len(self._timeline) or not self._painter.places:
            return
        index = self._focused_index
        if index is None:
            self._focus_entry(self._painter.places[-1][0])
            return
        first, last = self._painter.places[0], self._painter.places[-1]
        is_cut_below = last[0] == index and last[1] < self._timeline.measure(index) - 1
        is_cut_above = first[0] == index and first[1] > 0
        if is_cut_below if direction > 0 else is_cut_above:
            self._scroll_lines(direction * _FOCUS_SCROLL)
        elif 0 <= index + direction < len(self._timeline):
            self._focus_entry(index + direction)
        elif direction > 0:
            self.scroll_to_latest()

    def _focus_entry(self, index: int) -> None:
        self._focused_id = self._timeline.message(index).message_id
        height = self.size.height
        lines = [line for entry, line in self._painter.places if entry == index]
        if len(lines) < min(height, self._timeline.measure(index)):
            is_above = (index, 0) < (self._position.entry, self._position.line)
            overhang = self._timeline.measure(index) - height
            self._position.go_to(index, 0 if is_above else min(0, overhang), height)
        self._present()

    def action_toggle_fold(self) -> None:
        """Fold or unfold the focused message's reasoning and tool calls."""
        index = self._chosen_index()
        if index is None:
            return
        parts = self._timeline.entry(index).foldable_parts
        message_id = self._timeline.message(index).message_id
        is_any_folded = any(not self._timeline.is_unfolded(message_id, part) for part in parts)
        self._fold(index, parts, is_unfolded=is_any_folded)

    def _fold(self, index: int, parts: Sequence[int], is_unfolded: bool) -> None:
        self._timeline.fold(index, parts, is_unfolded)
        self._hold_and_rest()

    def _hold_and_rest(self) -> None:
        """Show a fold without moving the reader; only a running reply is still followed."""
        if not self._timeline.is_growing:
            self._position.hold(self.size.height)
        self._come_to_rest()

    def action_copy_message(self) -> None:
        """Copy the focused message."""
        self.copy_message()

    def action_copy_code(self) -> None:
        """Copy a block of code."""
        self.copy_code_block()

    def action_ask(self, command_name: str) -> None:
        """Ask the app for a command on the focused or last message."""
        index = self._chosen_index()
        message_id = "" if index is None else self._timeline.message(index).message_id
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
        self._find_or_type(1, "n")

    def action_find_previous(self) -> None:
        """Go to the match before; without a search, `N` is a letter like any other."""
        self._find_or_type(-1, "N")

    def _find_or_type(self, direction: int, character: str) -> None:
        if self._finder is None:
            self.post_message(self.TypingRequested(character))
        else:
            self._find_step(direction)

    def action_type(self) -> None:
        """Go back to writing."""
        self.post_message(self.TypingRequested(""))

    def on_key(self, event: events.Key) -> None:
        """Any character without a meaning of its own goes to the composer."""
        if (
            event.is_printable
            and event.character
            and not self._bindings.key_to_bindings.get(event.key)
        ):
            event.stop()
            self.post_message(self.TypingRequested(event.character))

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted while reading goes to the composer too."""
        event.stop()
        self.post_message(self.TypingRequested(event.text))

    # -- the mouse -------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Follow by the sign, fold by a label, focus a message; twice selects a word."""
        unseen = self._reported[1]
        is_on_last_row = event.y == self.size.height - 1
        if unseen and is_on_last_row and event.x in badge_cells(unseen, self.size.width):
            self.scroll_to_latest()
            return
        if not 0 <= event.y < len(self._painter.places):
            return
        entry, line = self._painter.places[event.y]
        if event.chain > 1:
            event.prevent_default()
            self._select(entry, line, event)
        elif self.text_selection is None:
            self._focused_id = self._timeline.message(entry).message_id
            part = self._timeline.entry(entry).fold_at(line)
            if part is not None:
                is_unfolded = self._timeline.is_unfolded(self._focused_id, part)
                self._fold(entry, (part,), is_unfolded=not is_unfolded)
            self._present()

    def _select(self, entry: int, line: int, event: events.Click) -> None:
        """Select the word that was clicked twice, or the message that was clicked more often."""
        if event.chain == 2:
            _widget, offset = self.screen.get_widget_and_offset_at(event.screen_x, event.screen_y)
            x = offset.x if offset is not None else 0
            selection = word_around(self._timeline.entry(entry).line(line), x, row_id(entry, line))
        else:
            selection = whole_entry(self._timeline, entry)
        self.screen.selections = {self: selection}

    # -- painting --------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Lay out for the new size, around the same line."""
        self._come_to_rest(keeps_still=False)

    def on_mount(self) -> None:
        """Show what was given before there was a screen."""
        self._come_to_rest(keeps_still=False)

    def on_focus(self) -> None:
        """Show which message has the focus: the last one in view at first."""
        if self._focused_index is None and self._painter.places:
            self._focused_id = self._timeline.message(self._painter.places[-1][0]).message_id
        self._present()

    def on_blur(self) -> None:
        """Hide it again."""
        self._present()

    def notify_style_update(self) -> None:
        """Take over another theme."""
        super().notify_style_update()
        if self.is_mounted:
            self._come_to_rest()

    def _come_to_rest(self, *, keeps_still: bool = True) -> None:
        """Settle after something changed, and show it."""
        if not self.size:
            # Hidden: what is on the screen next is composed when it is asked for.
            self._painted_size = Size(0, 0)
            return
        self._take_styles()
        self._position.settle(self.size.height, keeps_still=keeps_still)
        self._present()

    def _take_styles(self) -> None:
        theme = self.app.current_theme
        if self._palette is None or theme.name != self._palette_theme:
            self._palette = Palette.from_theme(self.app.theme_variables, theme.dark)
            self._palette_theme = theme.name
        self._base = self.visual_style.rich_style + self._palette.text
        self._timeline.lay_out(self.size.width, self._palette, self._base)

    def _present(self) -> None:
        """Show the rows at the present position; paint those that differ."""
        if not self.size or self._palette is None:
            return
        before, size_before = self._strips, self._painted_size
        self._compose_rows()
        self._set_scroll()
        if size_before != self.size:
            self.refresh()
        else:
            self._refresh_changed_rows(before)
        self._report_follow()

    def _compose_rows(self) -> None:
        assert self._palette is not None  # noqa: S101 - only called once styles are known
        width, height = self.size
        self._painter.place_rows(self._position, height)
        self._mark_seen()
        self._strips = self._painter.paint(
            width,
            height,
            self._palette,
            self._base,
            Highlights(
                self._focused_index if self.has_focus else None,
                self.text_selection,
                self._finder,
                self._unseen_count,
            ),
        )
        self._painted_size = self.size
        if self._painter.places:
            first, last = self._painter.places[0][0], self._painter.places[-1][0]
            self._timeline.drop_far_entries(first, last)

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

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of a region of the view, as they stand; nothing is rendered here."""
        if self._painted_size != self.size:
            self._take_styles()
            self._position.settle(self.size.height, keeps_still=False)
            self._compose_rows()
        strips = self._strips[crop.y : crop.bottom]
        strips += [Strip.blank(self.size.width, self._base)] * (crop.height - len(strips))
        if (crop.x, crop.width) != (0, self.size.width):
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        for line_filter in self.get_line_filters():
            background = self.background_colors[1]
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """A row with what Textual needs to find the character under the mouse."""
        if not 0 <= y < len(self._painter.places):
            after = row_id(len(self._timeline), 0)
            return Strip([*Strip.blank(self.size.width, Style.from_meta({"offset": (0, after)}))])
        entry_index, line = self._painter.places[y]
        entry = self._timeline.entry(entry_index)
        strip = entry.line(line).strip
        return with_offsets(strip, entry.gutter(line), row_id(entry_index, line))

    # -- scroll figures and what was seen --------------------------------------------------

    def _set_scroll(self) -> None:
        """Tell Textual where we are, without a layout or a second paint."""
        width, height = self.size
        top = self._timeline.top(self._position.entry) + self._position.line
        total = max(self._timeline.height, top + height)
        self.set_reactive(Widget.virtual_size, Size(width, total))
        self.set_reactive(Widget.scroll_y, float(top))
        self.set_reactive(Widget.scroll_target_y, float(top))
        if not self.show_vertical_scrollbar:
            return
        thumb = round(top * height * 8 / total), round(height * height * 8 / total)
        bar = self.vertical_scrollbar
        if thumb != self._thumb:
            self._thumb = thumb
            bar.window_virtual_size, bar.window_size, bar.position = total, height, top
        else:
            bar.set_reactive(type(bar).window_virtual_size, total)
            bar.set_reactive(type(bar).position, float(top))

    def _mark_seen(self) -> None:
        if self._position.is_following:
            last = len(self._timeline) - 1
            self._seen = (last, self._timeline.measure(last)) if last >= 0 else (0, 0)
        elif self._painter.places:
            entry, line = self._painter.places[-1]
            self._seen = min(max(self._seen, (entry, line + 1)), (len(self._timeline), 0))

    @property
    def _unseen_count(self) -> int:
        entry, line = self._seen
        if self._position.is_following or entry >= len(self._timeline):
            return 0
        return max(0, self._timeline.height - self._timeline.top(entry) - line)

    def _report_follow(self) -> None:
        state = self._position.is_following, self._unseen_count
        if state != self._reported:
            self._reported = state
            self.post_message(self.FollowChanged(*state))
