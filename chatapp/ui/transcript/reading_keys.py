"""The keys of whoever reads, and which of them do something on the focused message."""

from dataclasses import dataclass

from textual.binding import Binding, BindingType

from chatapp.core.messages import ALONE, SiblingPlace

BINDINGS: list[BindingType] = [
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
"""All of them; what `ask` names is carried out by the app."""

KeyHint = tuple[str, str]
"""A key and what it does, in a word."""


@dataclass(frozen=True, slots=True)
class FocusedMessage:
    """What the keys depend on; `is_unfolded` is None where there is nothing to fold.

    `is_settled` says that no reply is being streamed, so that branches may change. A summary
    answers no question that could be edited or asked again.
    """

    place: SiblingPlace = ALONE
    is_settled: bool = True
    is_summary: bool = False
    can_go_on: bool = False
    is_unfolded: bool | None = None
    can_undelete: bool = False

    @property
    def key_hints(self) -> tuple[KeyHint, ...]:
        """The keys, the most useful first."""
        fold = "fold" if self.is_unfolded else "unfold"
        has_question = self.is_settled and not self.is_summary
        hints = (
            (self.is_settled and self.place.count > 1, ("[ ]", "flip")),
            (self.is_settled and self.can_go_on, ("+", "continue")),
            (has_question, ("e", "edit")),
            (has_question, ("r", "regenerate")),
            (True, ("y", "copy")),
            (self.is_unfolded is not None, ("Enter", fold)),
            (self.is_settled, ("d", "delete")),
            (self.is_settled and self.can_undelete, ("u", "undelete")),
            (self.is_settled, ("f", "fork")),
            (True, ("Y", "copy code")),
            (True, ("/", "find")),
            (True, ("i", "type")),
        )
        return tuple(hint for is_of_use, hint in hints if is_of_use)
