"""What is written for a while in the place of another text, which comes back afterwards."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Interlude:
    """An earlier message that is edited, or without a `message_id` a command that is typed.

    `original` is what it began with, "" to count all of it as written now; `aside` is what stood
    there before.
    """

    message_id: str | None
    original: str
    aside: str

    def unsent(self, draft: str) -> str:
        """All that would be lost now, with this `draft` in it; no command that is half typed."""
        is_command = self.message_id is None and draft.startswith("/")
        texts = (self.aside, "" if draft == self.original or is_command else draft)
        return "\n\n".join(text for text in texts if text)

    def with_given_back(self, text: str) -> "Interlude":
        """The same, with one more text put aside before the others."""
        return replace(self, aside=joined(text, self.aside))


def joined(first: str, second: str) -> str:
    """Two texts as one, each on lines of its own."""
    return f"{first}\n{second}" if second else first
