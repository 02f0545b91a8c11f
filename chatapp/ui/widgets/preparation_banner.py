"""One line about an endpoint that is being fetched or started."""

from typing import assert_never

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from chatapp.core.preparation import Downloading, Preparation, Ready, Starting, Unavailable
from chatapp.core.safe_text import safe_text
from chatapp.ui.ink import ACCENT, FAINT, MUTED, SUCCESS, WARNING

READY_S = 2.0
"""How long "ready" stays on the screen."""

_BAR_CELLS = 12


class PreparationBanner(Static):
    """Shows how far the local model is; what went wrong stays until it is dismissed."""

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.display = False
        self._leaving: Timer | None = None

    @property
    def is_open(self) -> bool:
        """Whether the banner is on the screen."""
        return bool(self.display)

    def show(self, preparation: Preparation) -> None:
        """Show a step."""
        if self._leaving is not None:
            self._leaving.stop()
        self.display = True
        self.set_class(isinstance(preparation, Unavailable), "-unavailable")
        self.update(_words(preparation))
        if isinstance(preparation, Ready):
            self._leaving = self.set_timer(READY_S, self.dismiss)

    def dismiss(self) -> None:
        """Leave the screen."""
        self.display = False

    def on_click(self) -> None:
        """Leave the screen when clicked, unless something is still under way."""
        if self.has_class("-unavailable"):
            self.dismiss()


def _words(preparation: Preparation) -> Content:
    match preparation:
        case Downloading(received_bytes, total_bytes):
            return _progress(received_bytes, total_bytes)
        case Starting():
            return Content.styled("Starting the local model \u2026", MUTED)
        case Ready():
            return Content.styled("The local model is ready.", SUCCESS)
        case Unavailable(failure):
            return Content.assemble(
                (safe_text(failure.summary), WARNING),
                " ",
                safe_text(failure.next_step),
                ("  click or Esc to dismiss", FAINT),
            )
        case _:
            assert_never(preparation)


def _progress(received_bytes: int, total_bytes: int) -> Content:
    label = ("Fetching model  ", MUTED)
    received = f"{received_bytes / 1e6:.1f}"
    if total_bytes <= 0:
        return Content.assemble(label, f"{received} MB")
    share = min(1.0, received_bytes / total_bytes)
    cells = round(share * _BAR_CELLS)
    total = f"{total_bytes / 1e6:.1f}"
    return Content.assemble(
        label,
        ("\u2501" * cells, ACCENT),
        ("\u2501" * (_BAR_CELLS - cells), FAINT),
        f"  {received.rjust(len(total))} of {total} MB  {share:4.0%}",
    )
