"""The chat screen: puts the widgets together and turns what they post into commands."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingsMap, BindingType
from textual.screen import Screen

from chatapp.commands.command import Command
from chatapp.commands.registry import BY_NAME, COMMANDS, FOOTER
from chatapp.config.settings import Settings
from chatapp.config.tool_names import tool_problems
from chatapp.core.changes import Change
from chatapp.core.ports import ConversationStore
from chatapp.paths import config_file
from chatapp.providers.directory import EndpointDirectory
from chatapp.session.tool_kit import ToolKit
from chatapp.ui.change_pump import ChangePump
from chatapp.ui.change_router import ChangeRouter
from chatapp.ui.context_gauge import ContextGauge
from chatapp.ui.garbage_rounds import GarbageRounds
from chatapp.ui.interrupt import Interrupt, InterruptActions
from chatapp.ui.key_owners import is_for_screen, is_reachable
from chatapp.ui.keymap import Keymap
from chatapp.ui.library_desk import LibraryDesk
from chatapp.ui.live_figures import LiveFigures
from chatapp.ui.message_actions import MessageActions
from chatapp.ui.model_switch import ModelSwitch
from chatapp.ui.replay_guide import ReplayGuide, replay_notes
from chatapp.ui.row_compositor import RowCompositor
from chatapp.ui.screen_context import ScreenContext
from chatapp.ui.sending import Sender
from chatapp.ui.session_maker import SessionMaker
from chatapp.ui.start_notices import StartNotices
from chatapp.ui.status_figures import StatusFigures
from chatapp.ui.tool_news import open_tools
from chatapp.ui.transcript.transcript_view import TranscriptView
from chatapp.ui.transcript_pane import TranscriptPane
from chatapp.ui.typing_order import typing_taken
from chatapp.ui.warm_up import BEGIN_AFTER_S, warm_up
from chatapp.ui.widgets.composer import Composer
from chatapp.ui.widgets.empty_state import Example
from chatapp.ui.widgets.find_bar import FIND_KEYS
from chatapp.ui.widgets.key_footer import KeyFooter
from chatapp.ui.widgets.preparation_banner import PreparationBanner
from chatapp.ui.widgets.sidebar import Sidebar
from chatapp.ui.widgets.slash_menu import SlashMenu
from chatapp.ui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from chatapp.providers.playback import Playback
    from chatapp.ui.inspector.panel import Inspector


class ChatScreen(Screen[None]):
    """Transcript, composer and status bar around the session in view."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", "Copy, stop, clear, quit", show=False, priority=True),
        Binding("escape", "dismiss_banner", "Dismiss the notice", show=False),
        Binding("home", "edge('start')", "First message", show=False, priority=True),
        Binding("end", "edge('latest')", "Latest message", show=False, priority=True),
    ]

    def __init__(
        self,
        settings: Settings,
        directory: EndpointDirectory,
        kit: ToolKit | None,
        stores: Sequence[ConversationStore],
        playback: "Playback | None" = None,
    ) -> None:
        super().__init__()
        self._playback = playback
        self._compositor = RowCompositor()
        self.kit = kit
        self.settings = settings
        self.directory = directory
        self.keymap = Keymap(COMMANDS, settings.keys)
        # The person's keymap is known only now, so these bindings cannot stand in the class.
        self._bindings = BindingsMap.merge([self._bindings, BindingsMap(self.keymap.bindings())])
        self.context = ScreenContext(self)
        self.start_notices = StartNotices(self.context)
        self.last_words = ""
        """What the person is to know when the screen is gone."""
        self._make_widgets()
        router = ChangeRouter(self.transcript, self._show_state, self._warn)
        self._pump = ChangePump(router.deliver, self.call_after_refresh)
        self.sessions = SessionMaker(settings, directory, kit, self._pump.room)
        self.desk = LibraryDesk(self, stores, settings.model)
        self.shelf = self.desk.shelf
        self.models = self._make_model_switch()
        self.gauge = ContextGauge(directory.context_window, settings.compact, self._warn)
        self._figures = LiveFigures(self, self.status_bar.show, self.base_url, self.gauge)
        self._message_actions = MessageActions(
            self.composer, self.transcript, self.desk, self.run_command, self._warn
        )
        self._sender = Sender(self)
        self._guide = ReplayGuide(self, self._playback) if self._playback else None
        self._garbage = GarbageRounds()
        self._interrupt = self._make_interrupt()

    def _make_widgets(self) -> None:
        model = self.settings.model
        self.pane = TranscriptPane(
            model,
            key_of=self.keymap.key_of,
            is_local=self.directory.endpoint(model.endpoint).is_embedded,
            config_path=str(config_file()),
            notes=replay_notes(self._playback) if self._playback else (),
        )
        self.sidebar = Sidebar(self.keymap.key_of)
        self.sidebar.display = False
        self.inspector: Inspector | None = None
        self.banner = PreparationBanner()
        self.menu = SlashMenu(
            COMMANDS, self.keymap, self.why_not, lambda command: command.values(self.context)
        )
        self.composer = Composer(self.menu)
        self.status_bar = StatusBar(StatusFigures(model))
        self.footer = KeyFooter(self.keymap)

    def _make_model_switch(self) -> ModelSwitch:
        return ModelSwitch(
            self.app,
            self.directory,
            lambda: self.shelf.current,
            self.banner.show,
            self._warn,
            self.desk.library.reply_figures,
            self.settings.model_choice,
        )

    def _make_interrupt(self) -> Interrupt:
        return Interrupt(
            InterruptActions(
                copy_selection=self.context.copy_selection,
                stop=lambda: self.shelf.current.stop(),
                clear_composer=self.composer.clear_undoably,
                warn=lambda: self.notify("Press Ctrl+C again to quit."),
                leave=self.context.leave,
            )
        )

    def compose(self) -> ComposeResult:
        """Lay out the chat from top to bottom, the list of conversations beside it."""
        yield self.sidebar
        yield self.pane
        yield self.banner
        yield self.menu
        yield self.composer
        yield self.status_bar
        yield self.footer

    @property
    def transcript(self) -> TranscriptView:
        """The messages."""
        return self.pane.transcript

    def on_mount(self) -> None:
        """Let the person type at once; what takes time begins after the first paint."""
        self.composer.focus()
        self.show_session()
        warn = self.start_notices.warn
        for problem in (*map(str, self.settings.problems), *self.keymap.problems):
            warn(problem)
        if self.settings.theme not in ("", *self.app.available_themes):
            warn(f"There is no theme {self.settings.theme!r}; /theme lists them.")
        if self.kit is not None:
            open_tools(self, self.kit, warn, partial(tool_problems, self.settings))
        self.call_after_refresh(self.models.begin)
        self.call_after_refresh(lambda: self.run_worker(self.desk.open()))
        self.set_timer(BEGIN_AFTER_S, lambda: self.run_worker(warm_up()))

    def on_screen_suspend(self) -> None:
        """Leave no menu open behind a dialog."""
        self.menu.step_aside()

    def on_screen_resume(self) -> None:
        """Bring the menu back, and let go of the screen that was closed."""
        self.menu.come_back()
        self.call_after_refresh(self._look_for_garbage)

    async def on_unmount(self) -> None:
        """Leave nothing running."""
        self.models.close()
        self.gauge.close()
        self._sender.close()
        self.last_words = await self.desk.close()
        await self.directory.close()
        if self.kit is not None:
            await self.kit.supply.close()

    def hear(self, changes: Sequence[Change]) -> None:
        """Show what became different in the conversation in view."""
        self._pump.push(changes)

    def base_url(self, endpoint: str) -> str:
        """The address of an endpoint; empty for one that is no longer configured."""
        is_known = endpoint in self.directory.endpoint_names
        return self.directory.endpoint(endpoint).base_url if is_known else ""

    def show_session(self) -> None:
        """Show the session in view from scratch."""
        self._pump.drop()
        self.pane.show(self.shelf.current)
        self.composer.begin_with(self.shelf.in_view.unsent_text)
        self.composer.focus()
        self._show_state()

    def _show_state(self) -> None:
        session = self.shelf.current
        model = session.conversation.model
        is_local = self.directory.endpoint(model.endpoint).is_embedded
        self.pane.show_greeting(not session.conversation.path, model, is_local=is_local)
        self._figures.update(session)
        if self._guide is not None:
            self._guide.follow()
        self._show_keys()
        if not session.is_busy:
            self.call_after_refresh(self._look_for_garbage)

    def on_descendant_focus(self) -> None:
        """Show the keys that are the chat's while this widget has the focus."""
        self._show_keys()

    def _show_keys(self) -> None:
        self.footer.show(
            [
                command
                for command in FOOTER
                if command.is_available(self.context) and is_reachable(self, command)
            ],
            FIND_KEYS if self.pane.find_bar.has_focus_within else (),
        )

    def _look_for_garbage(self) -> None:
        if not self.shelf.current.is_busy:
            self._garbage.look()

    def why_not(self, command: Command) -> str:
        """Why a command cannot run now, "" when it can."""
        return "" if command.is_available(self.context) else command.why_not

    def _warn(self, text: str) -> None:
        self.context.say(text, is_warning=True)

    # Commands, by whatever way they come

    def run_command(self, command: Command, argument: str = "") -> None:
        """Run a command, or say why it cannot run now."""
        if why_not := self.why_not(command):
            self._warn(f"/{command.name}: {why_not}.")
        else:
            command.run(self.context, argument)

    def run_by_name(self, name: str) -> None:
        """Run the command with this name, or say why it cannot run now."""
        self.run_command(BY_NAME[name])

    async def action_run_command(self, name: str, _key: str = "") -> None:
        """Run the command whose key was pressed, after what was typed before it."""
        await typing_taken(self, self.composer)
        self.run_by_name(name)

    def run_from_palette(self, command: Command | None) -> None:
        """Run what was chosen, or let the person type what it is to be given."""
        if command is None:
            return
        if command.is_typed and not self.why_not(command):
            self.composer.begin_command(command.name)
        else:
            self.run_command(command)

    def action_interrupt(self) -> None:
        """Take a Ctrl+C."""
        self._interrupt.press()

    def action_edge(self, name: str) -> None:
        """Go to an end of the conversation."""
        self.run_command(BY_NAME[name])

    def action_dismiss_banner(self) -> None:
        """Put away what the local model has to say."""
        self.banner.dismiss()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave a key to the focused widget where the screen has no use for it."""
        return is_for_screen(self, action, parameters)

    # What the widgets post

    @on(Composer.Submitted)
    def _send(self, event: Composer.Submitted) -> None:
        self._sender.submit(event.text, event.edits)

    @on(Composer.DraftChanged)
    def _keep_unsent(self) -> None:
        self.desk.put_aside(self.composer.unsent)

    @on(SlashMenu.Chosen)
    def _run_chosen(self, event: SlashMenu.Chosen) -> None:
        self.run_command(event.command, event.argument)

    @on(SlashMenu.Refused)
    def _say_refused(self, event: SlashMenu.Refused) -> None:
        self._warn(f"/{event.command.name}: {event.why_not}.")

    @on(KeyFooter.Clicked)
    def _run_clicked(self, event: KeyFooter.Clicked) -> None:
        self.run_command(event.command)

    @on(StatusBar.ModelClicked)
    def _open_models(self) -> None:
        self.models.open()

    @on(Sidebar.Request)
    def _serve_sidebar(self, event: Sidebar.Request) -> None:
        self.desk.serve(event)

    @on(Example.Chosen)
    def _take_example(self, event: Example.Chosen) -> None:
        self.composer.draft = event.text
        self.composer.focus()

    @on(TranscriptView.TypingRequested)
    def _type(self, event: TranscriptView.TypingRequested) -> None:
        self.composer.focus()
        if event.character:
            self.composer.take_in(event.character)

    @on(TranscriptView.KeysChanged)
    def _show_reading_keys(self, event: TranscriptView.KeysChanged) -> None:
        self.footer.show_hints(event.hints)

    @on(TranscriptView.ActionRequested)
    def _act_on_message(self, event: TranscriptView.ActionRequested) -> None:
        self._message_actions.act(event.command_name, event.message_id)
