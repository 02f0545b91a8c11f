"""The keys that do something on the focused message, as the footer shows them."""

from dataclasses import dataclass

from chatapp.core.messages import ALONE, SiblingPlace

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
