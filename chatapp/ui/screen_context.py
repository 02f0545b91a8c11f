"""What commands may ask of the chat screen: its side of `CommandContext`."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING

from textual.app import App, SuspendNotSupported

from chatapp.commands.instruments import INSPECTOR
from chatapp.commands.registry import COMMANDS
from chatapp.core.messages import ModelRef, Role
from chatapp.core.safe_text import safe_text
from chatapp.session.chat_session import ChatSession
from chatapp.ui.editor import Edited, edit_text

if TYPE_CHECKING:
    from chatapp.ui.chat_screen import ChatScreen
    from chatapp.ui.library_desk import LibraryDesk
    from chatapp.ui.theme_switch import ThemeSwitch


_MOST_LINES, _MOST_CHARACTERS = 8, 500
"""What a passing notice may cover of the chat, whoever wrote the words in it."""


class ScreenContext:
    """Carries out what a command wants, on the screen it was made for."""

    def __init__(self, screen: "ChatScreen") -> None:
        self._screen = screen

    @property
    def session(self) -> ChatSession:
        """The session in view."""
        return self._screen.shelf.current

    @property
    def conversations(self) -> "LibraryDesk":
        """What can be done with whole conversations."""
        return self._screen.desk

    @property
    def endpoint_names(self) -> tuple[str, ...]:
        """The configured endpoints."""
        return self._screen.directory.endpoint_names

    @property
    def has_other_conversations(self) -> bool:
        """Whether there is a conversation besides the one in view."""
        return self._screen.shelf.has_others

    def open_model_picker(self) -> None:
        """Show the dropdown of models."""
        self._screen.models.open()

    def select_model(self, model: ModelRef) -> None:
        """Let `model` answer from now on, and make it ready."""
        self._screen.models.select(model)

    def open_help(self) -> None:
        """Show keys and commands."""
        # the screen is not needed before the first F1
        from chatapp.ui.screens.help_screen import HelpScreen

        bindings = [active.binding for active in self._screen.active_bindings.values()]
        self._screen.app.push_screen(HelpScreen(COMMANDS, self._screen.keymap, bindings))

    def open_tools(self) -> None:
        """Show the tools and what each is allowed."""
        # the screen is not needed before the first /tools
        from chatapp.ui.screens.tools_screen import ToolsScreen

        kit, runner = self._screen.kit, self.session.runner
        if kit is not None and runner is not None:
            self._screen.app.push_screen(
                ToolsScreen(kit.supply.tools, runner.desk.policy, kit.book.decide, kit.supply.notes)
            )

    def open_context(self) -> None:
        """Show what fills the model's context window."""
        # the screen is not needed before the first /context
        from chatapp.ui.screens.context_screen import open_context

        screen = self._screen
        open_context(screen.app, self.session, screen.directory, screen.composer.draft)

    def open_request(self) -> None:
        """Show the exact request that would be sent now."""
        # the screen is not needed before the first /request
        from chatapp.ui.screens.request_screen import open_request

        screen = self._screen
        open_request(screen.app, self.session, screen.directory, screen.composer.draft)

    def open_palette(self) -> None:
        """Show the searchable list of commands."""
        # the palette is not needed before the first Ctrl+P
        from chatapp.ui.command_palette import CommandPalette

        screen = self._screen
        screen.app.push_screen(
            CommandPalette(COMMANDS, screen.keymap, screen.why_not), screen.run_from_palette
        )

    def focus_transcript(self) -> None:
        """Move from typing to reading, or back."""
        screen = self._screen
        target = screen.composer if screen.transcript.has_focus else screen.transcript
        target.focus()

    def scroll_transcript(self, where: str) -> None:
        """Scroll: "page_up", "page_down", "home" or "end"."""
        transcript = self._screen.transcript
        match where:
            case "page_up":
                transcript.scroll_by_page(-1)
            case "page_down":
                transcript.scroll_by_page(1)
            case "home":
                transcript.scroll_to_start()
            case _:
                transcript.scroll_to_latest()

    def find_in_conversation(self) -> None:
        """Open the search line of the transcript."""
        self._screen.pane.find_bar.open()

    def toggle_details(self) -> None:
        """Unfold all reasoning and tool calls, or fold them again."""
        self._screen.transcript.toggle_details()

    def copy_last_reply(self) -> None:
        """Put the newest reply's text on the clipboard."""
        for message in reversed(self.session.conversation.path):
            if message.role is Role.ASSISTANT and message.text:
                self._screen.pane.copy(message.text, "the last reply")
                return
        self.say("There is no reply to copy.")

    def copy_selection(self) -> bool:
        """Copy what is selected where one writes or reads; False when nothing is."""
        screen = self._screen
        written = screen.pane.find_bar.selected_text or screen.composer.selected_text
        text = written or screen.get_selected_text()
        if text:
            screen.pane.copy(text, "the selection")
            screen.clear_selection()
        return bool(text)

    @cached_property
    def _themes(self) -> "ThemeSwitch":
        # not needed before the first /theme
        from chatapp.ui.theme_switch import ThemeSwitch

        screen = self._screen
        return ThemeSwitch(screen.app, screen.settings.theme_choice, self.say, self.warn)

    @property
    def theme_names(self) -> Sequence[str]:
        """All themes, ours first."""
        return self._themes.names

    @property
    def model_names(self) -> Sequence[str]:
        """The models known so far, each with its endpoint; nobody is asked."""
        return self._screen.models.known_names

    def choose_theme(self, name: str) -> None:
        """Switch to the theme and keep it, or ask for one when `name` is empty."""
        if name:
            self._themes.choose(name)
        else:
            self._themes.open()

    def edit_in_editor(self) -> None:
        """Open the composer's text in the person's own editor; replies go on meanwhile."""
        self._screen.run_worker(self._edit(), group="editor")

    async def _edit(self) -> None:
        composer = self._screen.composer
        try:
            with self._screen.app.suspend(), _leaving_interrupts_to_the_editor():
                edited = await asyncio.to_thread(_edit_or_fail, composer.draft)
        except SuspendNotSupported as error:
            edited = error
        if not isinstance(edited, Edited):
            self.warn(f"The editor did not work: {edited}. Set $EDITOR.")
            return
        composer.draft = edited.text
        if edited.notice:
            self.warn(edited.notice)

    def toggle_inspector(self) -> None:
        """Show the stream event by event beside the chat; go there; hide it."""
        # neither the panel nor what reads the stream for it is needed before the first F12
        from chatapp.ui.inspector.panel import Inspector

        screen, inspector = self._screen, self._screen.inspector
        if inspector is None:
            close_key = screen.keymap.key_of(INSPECTOR.name)
            screen.inspector = Inspector(
                screen.directory.taps, screen.base_url, screen.composer.focus, close_key
            )
            screen.mount(screen.inspector)
            screen.set_focus(screen.inspector)
        elif inspector.has_focus_within:
            screen.inspector = None
            screen.composer.focus()
            inspector.remove()
        else:
            inspector.come_back()

    def open_statistics(self) -> None:
        """Show what the replies of the last days cost and how fast they came."""
        # neither the screen nor the adding up is needed before the first /stats
        from chatapp.ui.screens.statistics_screen import StatisticsScreen

        screen = self._screen
        screen.app.push_screen(
            StatisticsScreen(
                screen.desk.library.reply_figures,
                lambda text: screen.pane.copy(text, "the statistics"),
            )
        )

    def open_doctor(self) -> None:
        """Look for what is wrong, and show it."""
        # neither the screen nor the checks are needed before the first /doctor
        from chatapp.doctor.checks import examine
        from chatapp.doctor.patient import Terminal, this_machine
        from chatapp.ui.screens.doctor_screen import DoctorScreen
        from chatapp.ui.themes import theme_names

        screen = self._screen
        size = screen.app.size
        terminal = Terminal((size.width, size.height), shows_chat=True)
        themes = theme_names(screen.app.console.color_system)
        patient = this_machine(screen.settings, terminal, themes)
        screen.app.push_screen(
            DoctorScreen(
                partial(examine, patient), lambda text: screen.pane.copy(text, "the report")
            )
        )

    @property
    def has_held_back_file(self) -> bool:
        """Whether a `.env` file wants what it does not get."""
        held_back = self._screen.settings.held_back
        return held_back is not None and not held_back.is_allowed

    def allow_held_back_file(self) -> None:
        """Let the `.env` file have it: a key with the next request, folders at the next start."""
        held_back = self._screen.settings.held_back
        if held_back is None:
            return
        try:
            held_back.allow()
        except OSError as error:
            self.say(f"That cannot be remembered: {error.strerror}.", is_warning=True)
        else:
            self.say(f"{held_back.trust.file} gets {' and '.join(held_back.wants)}.")

    def say(self, text: str, *, is_warning: bool = False) -> None:
        """Show a passing notice."""
        self._screen.notify(
            _short(safe_text(text)),
            severity="warning" if is_warning else "information",
            markup=False,
        )

    def warn(self, text: str) -> None:
        """Show a passing warning."""
        self.say(text, is_warning=True)

    def take_back(self, text: str) -> None:
        """Take away the newest passing notice that says this, for it holds no more."""
        # in the app's turn, behind a notice that is still on its way
        self._screen.app.call_later(_take_away, self._screen.app, _short(safe_text(text)))

    def leave(self) -> None:
        """End the program in order."""
        self._screen.app.exit(0)


@contextmanager
def _leaving_interrupts_to_the_editor() -> Iterator[None]:
    """Survive a Ctrl+C that the terminal sends to every program on it.

    A handler that does nothing, for the editor would inherit it if signals were ignored.
    """
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _edit_or_fail(text: str) -> Edited | Exception:
    """The edited text, or why there is none: `App.suspend` does not survive an exception."""
    try:
        return edit_text(text, os.environ)
    except (OSError, ValueError) as error:
        return error


def _take_away(app: App[int], notice: str) -> None:
    notices = [*app._notifications]  # noqa: SLF001 - in public Textual takes back all or none
    for each in reversed(notices):
        if each.message == notice:
            app._unnotify(each)  # noqa: SLF001 - the same
            return


def _short(notice: str) -> str:
    lines = [line for line in notice.split("\n") if line.strip()]
    short = "\n".join(lines[:_MOST_LINES])[:_MOST_CHARACTERS]
    return short if short == "\n".join(lines) else f"{short}…"
