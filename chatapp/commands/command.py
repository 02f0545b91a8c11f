"""What a command is, and what it may ask of the screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from chatapp.core.messages import ModelRef
from chatapp.session.chat_session import ChatSession


class CommandContext(Protocol):
    """The running app, as commands see it."""

    @property
    def session(self) -> ChatSession:
        """The conversation in view and its turns."""
        ...

    @property
    def endpoint_names(self) -> tuple[str, ...]:
        """The configured endpoints."""
        ...

    def open_model_picker(self) -> None:
        """Show the dropdown of models."""
        ...

    def select_model(self, model: ModelRef) -> None:
        """Let `model` answer from now on, and make it ready."""
        ...

    def open_help(self) -> None:
        """Show keys and commands."""
        ...

    def open_tools(self) -> None:
        """Show the tools and what each is allowed."""
        ...

    def open_context(self) -> None:
        """Show what fills the model's context window."""
        ...

    def open_request(self) -> None:
        """Show the exact request that would be sent now."""
        ...

    def open_palette(self) -> None:
        """Show the searchable list of commands."""
        ...

    @property
    def conversations(self) -> "ConversationsContext":
        """What can be done with whole conversations."""
        ...

    @property
    def has_other_conversations(self) -> bool:
        """Whether there is a conversation besides the one in view."""
        ...

    def focus_transcript(self) -> None:
        """Move from typing to reading."""
        ...

    def scroll_transcript(self, where: str) -> None:
        """Scroll the transcript: "page_up", "page_down", "home" or "end"."""
        ...

    def find_in_conversation(self) -> None:
        """Open the search line of the transcript."""
        ...

    def toggle_details(self) -> None:
        """Unfold all reasoning and tool calls, or fold them again."""
        ...

    def copy_last_reply(self) -> None:
        """Put the newest reply's text on the clipboard."""
        ...

    @property
    def theme_names(self) -> Sequence[str]:
        """All themes, ours first."""
        ...

    @property
    def model_names(self) -> Sequence[str]:
        """The models known so far, each with its endpoint; nobody is asked."""
        ...

    def choose_theme(self, name: str) -> None:
        """Switch to the theme and keep it, or ask for one when `name` is empty."""
        ...

    def edit_in_editor(self) -> None:
        """Open the composer's text in the person's own editor."""
        ...

    def toggle_inspector(self) -> None:
        """Show the stream event by event beside the chat, or no more."""
        ...

    def open_statistics(self) -> None:
        """Show what the replies of the last days cost and how fast they came."""
        ...

    def open_doctor(self) -> None:
        """Look for what is wrong, and show it."""
        ...

    @property
    def has_held_back_file(self) -> bool:
        """Whether a `.env` file wants what it does not get."""
        ...

    def allow_held_back_file(self) -> None:
        """Let the `.env` file have it from the next request on."""
        ...

    def say(self, text: str, *, is_warning: bool = False) -> None:
        """Show a passing notice."""
        ...

    def leave(self) -> None:
        """End the program in order."""
        ...


class ConversationsContext(Protocol):
    """The kept conversations, as commands see them; "this one" is the one in view."""

    def begin(self) -> None:
        """Put this one aside and begin another."""
        ...

    def go_back(self) -> None:
        """Show the one that was in view before this one."""
        ...

    def open_search(self) -> None:
        """Show the search over all of them."""
        ...

    def toggle_sidebar(self) -> None:
        """Show the list of all of them, or hide it."""
        ...

    def rename(self, title: str) -> None:
        """Give this one a title."""
        ...

    def pin(self) -> None:
        """Let this one stand above the others, or no more."""
        ...

    def delete(self) -> None:
        """Delete this one."""
        ...

    def undo_deletion(self) -> None:
        """Bring back the message or conversation that was deleted last."""
        ...

    def fork(self) -> None:
        """Go on in a copy of this one."""
        ...

    def export(self, argument: str) -> None:
        """Write this one to a file; `argument` has the format, the file, both or nothing."""
        ...

    def import_file(self, argument: str) -> None:
        """Take in the conversations of a file."""
        ...


def always(_context: CommandContext) -> bool:
    """The availability of a command that can always run."""
    return True


def nothing_known(_context: CommandContext) -> Sequence[str]:
    """The values of a command that takes none, or any."""
    return ()


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the person can do.

    `name` is its slash name and the id of its key binding. `run` gets what was typed after
    the slash name, stripped; `is_typed` says that it makes little sense without, so that the
    palette lets it be typed. `label` is the two or three words the footer shows, empty to
    stay out of it. A command that is not available is shown dim and says `why_not`. `values` are
    those of its argument that are known now, to be offered while it is typed.
    """

    name: str
    help: str
    run: Callable[[CommandContext, str], None]
    keys: tuple[str, ...] = ()
    argument: str = ""
    is_typed: bool = False
    label: str = ""
    is_available: Callable[[CommandContext], bool] = always
    why_not: str = ""
    values: Callable[[CommandContext], Sequence[str]] = nothing_known
