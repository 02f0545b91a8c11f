"""What a conversation shows before its first message: what this is and what to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from chatapp.core.messages import ModelRef
from chatapp.core.safe_text import safe_line
from chatapp.ui.ink import KEY, MUTED

EXAMPLES = (
    "Explain in three sentences why the sky is blue.",
    "Write a Python function that finds prime numbers.",
)
CHINESE_EXAMPLE = "用一句话介绍你自己。"
"""What the small model of this computer answers in English, and beside the point."""

_KEYS = (
    ("model", "models"),
    ("palette", "commands"),
    ("help", "help"),
)


class Example(Static, can_focus=True):
    """A message to try the app with."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "choose", "Take the example", show=False, id="example.choose"),
    ]

    @dataclass
    class Chosen(Message):
        """The person wants this text in the composer."""

        text: str

    def __init__(self, text: str) -> None:
        super().__init__(text, markup=False)
        self._text = text

    def action_choose(self) -> None:
        """Offer the text."""
        self.post_message(self.Chosen(self._text))

    def on_click(self) -> None:
        """Offer the text."""
        self.action_choose()


class EmptyState(VerticalScroll, can_focus=False):
    """Greets, says which model will answer, and how to begin.

    `key_of` writes a command's key. `is_local` says that `model` is the embedded one.
    `config_path` is where endpoints are configured. `notes` stand in place of the examples, and
    of how to connect another endpoint.
    """

    def __init__(
        self,
        model: ModelRef,
        *,
        key_of: Callable[[str], str],
        is_local: bool = False,
        config_path: str = "",
        notes: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._model_line = Static("", markup=False)
        self._connection_line = Static("", markup=False, classes="-connection")
        self._chinese_example = Example(CHINESE_EXAMPLE)
        self._key_of = key_of
        self._config_path = config_path
        self._notes = notes
        self.show(model, is_local=is_local)

    def compose(self) -> ComposeResult:
        """Lay out the greeting from top to bottom."""
        with Vertical():
            yield Static("chatapp", markup=False, classes="-name")
            yield self._model_line
            if self._notes:
                yield Static("\n".join(self._notes), markup=False, classes="-notes")
            else:
                yield Static("Try", markup=False, classes="-heading")
                for text in EXAMPLES:
                    yield Example(text)
                yield self._chinese_example
            yield Static(self._keys(), markup=False, classes="-keys")
            yield self._connection_line

    def show(self, model: ModelRef, *, is_local: bool) -> None:
        """Name the model that will answer, and offer what it can do."""
        self._chinese_example.display = not is_local
        name = safe_line(model.model) or f"Choose a model ({self._key_of('model')})"
        if is_local:
            about = (
                " \u2014 a small model to try the app with, running on this computer;"
                " its answers are often wrong"
            )
        else:
            about = f" at {safe_line(model.endpoint)}"
        self._model_line.update(Content.assemble((name, KEY), (about, MUTED)))
        self._connection_line.update(Content.styled(self._connection(is_local=is_local), MUTED))

    def _keys(self) -> Content:
        pieces: list[str | tuple[str, str]] = []
        for command, words in _KEYS:
            pieces += [(self._key_of(command), KEY), (f" {words}   ", MUTED)]
        return Content.assemble(*pieces)

    def _connection(self, *, is_local: bool) -> str:
        if self._notes:
            return ""
        path = safe_line(self._config_path)
        if not is_local:
            return f"More endpoints: edit {path}." if path else ""
        place = f", or edit {path}" if path else ""
        return f"Connect a real endpoint: set OPENAI_API_KEY{place}."
