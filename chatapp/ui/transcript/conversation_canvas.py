"""A conversation on a canvas: what the app shows in it, and where it makes it go.

No widget a message or a block: `Viewport` knows what is in view and how the reader moves.
"""

from collections.abc import Callable, Mapping, Sequence

from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer

from chatapp.core.changes import Change, DraftOpened
from chatapp.core.messages import ChatMessage, ModelRef, SiblingPlace
from chatapp.ui.transcript.line_canvas import LineCanvas, ScrollPlace
from chatapp.ui.transcript.palette import Palette
from chatapp.ui.transcript.selection import row_id, selected_text, with_offsets
from chatapp.ui.transcript.timeline import NO_PLACES
from chatapp.ui.transcript.viewport import Viewport

_TICK_S = 0.1
"""Seconds between two looks at the clock while a tool call is under way."""


class ConversationCanvas(LineCanvas):
    """Shows a conversation, follows it as it grows, scrolls, and finds.

    `key_of` says how to reach a command; with a `clock` a tool call under way tells the time.
    """

    def __init__(
        self, *, key_of: Callable[[str], str], clock: Callable[[], float] | None = None
    ) -> None:
        super().__init__()
        self.viewport = Viewport(key_of, clock)
        self._has_clock = clock is not None
        self._ticker: Timer | None = None
        self._palette: Palette | None = None
        self._palette_theme = ""
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
        self.viewport.show(path, draft, model, places)
        self._to_reveal = None
        self.come_to_rest(keeps_still=False)
        self._tick_if_needed()

    def apply(self, changes: Sequence[Change], *, is_painted: bool = True) -> None:
        """Take in merged changes and paint once, or leave that to the next changes."""
        self.viewport.apply(changes)
        if not self.has_focus and any(isinstance(change, DraftOpened) for change in changes):
            self.viewport.focus.message_id = None  # who comes to read begins with the new reply
        if not is_painted:
            if self._palette is not None:
                self.viewport.timeline.measure_growing()
            return
        self.come_to_rest()
        self._tick_if_needed()

    def toggle_details(self) -> None:
        """Unfold all reasoning and tool calls, or fold them again."""
        self.viewport.fold_all()
        self.present()

    def on_mount(self) -> None:
        """Tell the time of what is under way already."""
        self._tick_if_needed()

    def _tick_if_needed(self) -> None:
        """Let time be told while a tool call waits or runs, and only then."""
        if not self._has_clock or not self.is_mounted:
            return
        if self.viewport.timeline.is_ticking:
            if self._ticker is None:
                self._ticker = self.set_interval(_TICK_S, self.present)
        elif self._ticker is not None:
            self._ticker.stop()
            self._ticker = None

    # -- what the canvas asks --------------------------------------------------------------

    @property
    def scroll_place(self) -> ScrollPlace:
        """Where the reader is, by present knowledge of the heights."""
        timeline = self.viewport.timeline
        is_pushed = self.is_following and timeline.is_growing
        return ScrollPlace(self.viewport.top, timeline.height, is_pushed)

    def settle(self, *, keeps_still: bool) -> None:
        """Lay out for the size and the theme, around the same line."""
        theme = self.app.current_theme
        if self._palette is None or theme.name != self._palette_theme:
            self._palette = Palette.from_theme(self.app.theme_variables, theme.dark)
            self._palette_theme = theme.name
        self.ground = self.visual_style.rich_style + self._palette.text
        width, self.viewport.height = self.size
        self.viewport.timeline.lay_out(width, self._palette, self.ground)
        self.viewport.settle(keeps_still=keeps_still)
        if self._to_reveal is not None:
            self.viewport.reveal(*self._to_reveal)
            self._to_reveal = None

    def paint(self) -> list[Strip]:
        """The messages in view, with what lies over them."""
        assert self._palette is not None  # noqa: S101 - settling comes first
        return self.viewport.paint(
            self.size.width,
            self._palette,
            self.ground,
            self.text_selection,
            shows_focus=self.has_focus,
        )

    def move(self, old: int, new: int) -> None:
        """Scroll over lines, or to a guessed place far away."""
        self.viewport.scroll_from_to(old, new, self.max_scroll_y)

    # -- scrolling -------------------------------------------------------------------------

    @property
    def is_following(self) -> bool:
        """Whether the newest line is kept in view."""
        return self.viewport.is_following

    def scroll_by_page(self, direction: int) -> None:
        """Scroll a screen less one line, up (-1) or down (1)."""
        self.viewport.scroll_by(direction * max(1, self.size.height - 1))
        self.present()

    def scroll_to_start(self) -> None:
        """Go to the first message."""
        self.viewport.scroll_to_start()
        self.present()

    def scroll_to_latest(self) -> None:
        """Go to the end and follow it."""
        self.viewport.scroll_to_end()
        self.present()

    def reveal(self, message_id: str, words: str = "") -> bool:
        """Go to a message, focus it, and mark what it has of `words`, as they were searched for.

        The marks stay until the person goes back to writing. False when the message is not on
        the path. A view that is not on the screen yet does it once it is.
        """
        if self.viewport.timeline.index_of(message_id) is None:
            return False
        self._to_reveal = message_id, words
        self._is_marked_for_reading = True
        self.come_to_rest()
        self.focus()
        return True

    def end_reveal(self) -> None:
        """Take away what `reveal` marked; what somebody looks for since stays marked."""
        if self._is_marked_for_reading:
            self._is_marked_for_reading = False
            self.end_find()

    # -- find ------------------------------------------------------------------------------

    def find(self, needle: str) -> None:
        """Mark `needle` everywhere, in any case, and go to the first match from here on."""
        if not needle:
            self.end_find()
            return
        self._is_marked_for_reading = False
        self.viewport.find(needle)
        self.present()

    @property
    def find_position(self) -> int:
        """Which match is the current one, counted from 1; 0 when there is none."""
        finder = self.viewport.finder
        return finder.position if finder is not None else 0

    @property
    def match_count(self) -> int:
        """How many matches the conversation had when somebody last went to one."""
        finder = self.viewport.finder
        return finder.match_count if finder is not None else 0

    def find_next(self) -> None:
        """Go to the next match."""
        self.viewport.find_step(1)
        self.present()

    def find_previous(self) -> None:
        """Go to the match before."""
        self.viewport.find_step(-1)
        self.present()

    def end_find(self) -> None:
        """Take the marks away."""
        self.viewport.finder = None
        self.present()

    # -- selecting -------------------------------------------------------------------------

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected source text, for Textual's own copying."""
        return selected_text(self.viewport.timeline, selection), "\n"

    def render_line(self, y: int) -> Strip:
        """A row with what Textual needs to find the character under the mouse."""
        places, timeline = self.viewport.places, self.viewport.timeline
        if not 0 <= y < len(places):
            end = row_id(len(timeline), 0)
            return Strip([*Strip.blank(self.size.width, Style.from_meta({"offset": (0, end)}))])
        index, line = places[y]
        entry = timeline.entry(index)
        return with_offsets(entry.line(line).strip, entry.gutter(line), row_id(index, line))
