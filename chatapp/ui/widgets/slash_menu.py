"""The list of commands above the composer, while a slash command is typed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.events import Click, MouseScrollDown, MouseScrollUp, Resize
from textual.message import Message
from textual.widget import Widget

from chatapp.commands.command import Command
from chatapp.core.safe_text import safe_line
from chatapp.ui.fuzzy import name_rank
from chatapp.ui.ink import ACCENT, FAINT, KEY, MUTED
from chatapp.ui.keymap import Keymap, show_key
from chatapp.ui.line_fitting import cut_end

MAX_ROWS = 8
"""How many commands or values are in view at once."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A command, with what is typed after its name or, below that, with a value it could have."""

    command: Command
    value: str = ""


def _no_values(_command: Command) -> Sequence[str]:
    return ()


class SlashMenu(Widget):
    """Shows the commands that fit what is typed; the composer hands it the keys.

    `why_not` says why a command cannot run now, "" when it can; such a command is dim and
    cannot be chosen. `values` are what could be typed after its name.
    """

    ALLOW_SELECT = False

    @dataclass
    class Chosen(Message):
        """The person ran a command; `argument` is what was typed after its name."""

        command: Command
        argument: str

    @dataclass
    class Refused(Message):
        """The person tried to run a command that cannot run now."""

        command: Command
        why_not: str

    def __init__(
        self,
        commands: Sequence[Command],
        keymap: Keymap,
        why_not: Callable[[Command], str],
        values: Callable[[Command], Sequence[str]] = _no_values,
    ) -> None:
        super().__init__()
        self._commands = tuple(commands)
        self._keymap = keymap
        self._why_not = why_not
        self._values = values
        self._matches: list[_Row] = []
        self._reasons: dict[str, str] = {}
        self._argument = ""
        self._selected = 0
        self._top = 0
        self._is_aside = False
        self.after_click: Callable[[], object] = lambda: None
        """What the composer wants done once a click has run a command."""
        self.display = False

    @property
    def is_open(self) -> bool:
        """Whether the menu is on the screen and wants keys."""
        return bool(self.display)

    @property
    def selected(self) -> Command | None:
        """The command that Enter would run."""
        return self._matches[self._selected].command if self._matches else None

    def filter(self, text: str) -> None:
        """Show what fits the text, "/na" or "/name argument"; close when nothing does."""
        if not self.is_open:
            self._reasons = {command.name: self._why_not(command) for command in self._commands}
        matches, self._argument = self._match(text)
        if matches != self._matches:
            self._matches, self._selected, self._top = matches, 0, 0
        self.display = bool(matches)
        self.refresh(layout=True)

    def close(self) -> None:
        """Leave the screen."""
        self.display = False
        self._matches = []

    def step_aside(self) -> None:
        """Leave the screen for a dialog, until `come_back`."""
        self._is_aside = self.is_open
        self.display = False

    def come_back(self) -> None:
        """Be open again if the menu was, and nobody closed it since."""
        self.display = self.is_open or (self._is_aside and bool(self._matches))
        self._is_aside = False

    def move(self, step: int) -> None:
        """Select the command `step` rows further on, around the end."""
        self._selected = (self._selected + step) % len(self._matches)
        self._top = max(min(self._top, self._selected), self._selected - self._rows + 1)
        self.refresh()

    def completion(self) -> str:
        """Return the composer's text with the selected command's name, or its value, complete."""
        row = self._matches[self._selected]
        first_value = next((each.value for each in self._matches if each.value), "")
        return f"/{row.command.name} {row.value or first_value or self._argument}"

    def choose(self) -> Chosen | Refused:
        """Say what becomes of the selected command; whoever asks posts it.

        A widget's messages keep their order among themselves alone, so the composer posts
        what its Enter chose, before the text that its next Enter sends.
        """
        row = self._matches[self._selected]
        command = row.command
        if why_not := self._reasons[command.name]:
            return self.Refused(command, why_not)
        return self.Chosen(command, row.value or self._argument)

    def _match(self, text: str) -> tuple[list[_Row], str]:
        if not text.startswith("/") or "\n" in text:
            return [], ""
        name, space, argument = text[1:].partition(" ")
        if space:
            argument = argument.strip()
            commands = (command for command in self._commands if command.name == name)
            return [row for each in commands for row in self._with_values(each, argument)], argument
        ranked = [(name_rank(name, command.name), command) for command in self._commands]
        found = [
            (rank, bool(self._reasons[command.name]), command)
            for rank, command in ranked
            if rank is not None
        ]
        return [_Row(command) for *_, command in sorted(found, key=lambda found: found[:2])], ""

    def _with_values(self, command: Command, argument: str) -> Iterator[_Row]:
        """The command as it is typed, then what could be meant; what is whole needs no other."""
        yield _Row(command)
        values = () if self._reasons[command.name] else self._values(command)
        if argument not in values:
            fitting = (value for value in values if argument.casefold() in value.casefold())
            yield from (_Row(command, value) for value in fitting)

    @property
    def _rows(self) -> int:
        return min(MAX_ROWS, len(self._matches), max(1, self.app.size.height // 3))

    def get_content_height(self, _container: object, _viewport: object, _width: int) -> int:
        """One line a command, as many as are in view."""
        return self._rows

    def render(self) -> Content:
        """Return the commands in view."""
        shown = self._matches[self._top : self._top + self._rows]
        lines = [self._line(row, place) for place, row in enumerate(shown, self._top)]
        return Content("\n").join(lines)

    def _line(self, row: _Row, place: int) -> Content:
        if row.value:
            return self._value_line(row, place)
        command = row.command
        width = self.content_size.width
        name_width = max(cell_len(_usage(command)) for command in self._commands)
        name = set_cell_size(_usage(command), name_width)
        keys = self._keymap.keys(command.name)
        key = show_key(keys[0]) if keys else ""
        why_not = self._reasons[command.name]
        room = max(0, width - name_width - 5 - cell_len(key))
        about = cut_end(f"not now: {why_not}" if why_not else command.help, room)
        is_selected = place == self._selected
        name_style = FAINT if why_not else KEY
        line = Content.assemble(
            ("\u203a " if is_selected else "  ", f"bold {ACCENT}"),
            (name, name_style),
            "  ",
            (set_cell_size(about, room), FAINT if why_not else ""),
            " ",
            (key, MUTED),
        )
        return line.stylize("bold") if is_selected else line

    def _value_line(self, row: _Row, place: int) -> Content:
        is_selected = place == self._selected
        words = cut_end(safe_line(f"/{row.command.name} {row.value}"), self.content_size.width - 2)
        mark = ("\u203a " if is_selected else "  ", f"bold {ACCENT}")
        line = Content.assemble(mark, (words, KEY))
        return line.stylize("bold") if is_selected else line

    def on_click(self, event: Click) -> None:
        """Run the command under the pointer."""
        offset = event.get_content_offset(self)
        if offset is not None and self._top + offset.y < len(self._matches):
            event.stop()
            self._selected = self._top + offset.y
            outcome = self.choose()
            self.post_message(outcome)
            if isinstance(outcome, self.Chosen):
                self.after_click()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Select the next command."""
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Select the command before."""
        event.stop()
        self.move(-1)

    def on_resize(self, _event: Resize) -> None:
        """Fit the lines into the new width."""
        self.refresh()


def _usage(command: Command) -> str:
    return f"/{command.name} {command.argument}".rstrip()
