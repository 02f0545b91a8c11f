"""What fills the model's context window, in bars and figures."""

import asyncio
import textwrap
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from chatapp.core.bar_charts import gauge
from chatapp.core.context import WARNING_SHARE, ContextFill, ContextMeter, ContextWindow
from chatapp.core.messages import ModelRef
from chatapp.core.ports import ChatRequest
from chatapp.core.safe_text import safe_line
from chatapp.providers.directory import EndpointDirectory
from chatapp.session.chat_session import ChatSession
from chatapp.ui.ink import ACCENT, FAINT, MUTED, WARNING
from chatapp.ui.widgets.row_list import Row, RowList

GAUGE_CELLS = 24
_LABEL_CELLS = 22

_FIGURE_CELLS = 19
"""What a count and its share take at the right of a bar."""

_BESIDE_CELLS = 11
"""What the panel's margins, border, padding and scroll bar take of a screen."""

UNKNOWN_WINDOW = "Nobody says how large the window is; set context_window."


def open_context(
    app: App[int], session: ChatSession, directory: EndpointDirectory, unsent: str
) -> None:
    """Show what the session's next request fills, with the unsent text in it."""
    model = session.conversation.model
    request = session.next_request(unsent)
    app.push_screen(ContextScreen(model, request, lambda: directory.context_window(model)))


@dataclass(frozen=True, slots=True)
class _Share:
    """One line of the list: a part of the request, or what is beside it."""

    label: str
    tokens: int
    ink: str = ACCENT


class ContextScreen(ModalScreen[None]):
    """Lists the parts of the next request; `find_window` tells the model's window."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", show=False),
    ]

    def __init__(
        self,
        model: ModelRef,
        request: ChatRequest,
        find_window: Callable[[], Awaitable[ContextWindow | None]],
    ) -> None:
        super().__init__()
        self._model = model
        self._request = request
        self._find_window = find_window
        self._rows: RowList[None] = RowList(can_focus=True)

    def compose(self) -> ComposeResult:
        """Lay out the figures in a panel."""
        with Vertical() as panel:
            panel.border_title = Content(f"Context of {safe_line(str(self._model))}")
            panel.border_subtitle = "Esc close"
            yield self._rows

    def on_mount(self) -> None:
        """Count while the panel is shown already."""
        self._rows.focus()
        self._rows.show([Row(Content.styled("Counting …", MUTED))])
        self.run_worker(self._count())

    async def _count(self) -> None:
        fill = await asyncio.to_thread(ContextMeter().fill, self._request)
        columns = self.app.size.width - _BESIDE_CELLS
        self._rows.show(list(_rows(fill, None, "Looking for the window …", columns)))
        window = await self._find_window() if self._model.model else None
        self._rows.show(list(_rows(fill, window, UNKNOWN_WINDOW, columns)))


def _rows(
    fill: ContextFill, window: ContextWindow | None, otherwise: str, columns: int
) -> Iterator[Row[None]]:
    """The list, with shares of the window or, where it is not known, of the request."""
    cells = max(0, min(GAUGE_CELLS, columns - _LABEL_CELLS - _FIGURE_CELLS))
    whole = window.tokens if window else fill.total
    if window is None:
        yield from _sentence(otherwise, MUTED, columns)
    else:
        said = f"The window holds {window.tokens:,} tokens, says {window.source}."
        yield from _sentence(said, MUTED, columns)
    yield Row(Content(""))
    for part in _parts(fill):
        yield _share_row(part, whole, cells, mark="~")
    yield Row(Content(""))
    mark = "~" if fill.is_estimated else ""
    is_tight = window is not None and fill.share_of(window) >= WARNING_SHARE
    next_request = _Share("next request", fill.total, WARNING if is_tight else ACCENT)
    yield _share_row(next_request, whole, cells, mark=mark)
    if window is not None:
        free = _Share("free", max(0, whole - fill.total), FAINT)
        yield _share_row(free, whole, cells, mark=mark)
        yield Row(Content(""))
        yield from _advice(fill, window, columns)
    else:
        yield Row(Content(""))
    yield from _sentence("Figures with ~ are estimates, the others the server's.", FAINT, columns)


def _sentence(text: str, ink: str, columns: int) -> Iterator[Row[None]]:
    for line in textwrap.wrap(text, max(20, columns)):
        yield Row(Content.styled(line, ink))


def _parts(fill: ContextFill) -> Iterator[_Share]:
    yield _Share("system prompt", fill.system)
    yield _Share("your messages", fill.user)
    yield _Share("replies", fill.replies)
    yield _Share("tool answers", fill.tool_results)
    yield _Share("tools", fill.tools)
    if fill.other:
        yield _Share("counted by the server", fill.other)


def _share_row(share: _Share, whole: int, cells: int, *, mark: str) -> Row[None]:
    part = share.tokens / whole if whole else 0.0
    return Row(
        Content.assemble(
            f"{share.label:{_LABEL_CELLS}}",
            (gauge(part, cells) if cells else "", share.ink),
            f"{f'{mark}{share.tokens:,}':>12}",
            (f"{part:>7.0%}", MUTED),
        )
    )


def _advice(fill: ContextFill, window: ContextWindow, columns: int) -> Iterator[Row[None]]:
    reserve = f"A reply is expected to take up to {fill.reply_reserve:,} tokens."
    if fill.fits(window):
        yield from _sentence(reserve, MUTED, columns)
    else:
        yield from _sentence(f"{reserve} That does not fit any more:", WARNING, columns)
        yield from _sentence("/compact sums up what was said, /new begins anew.", WARNING, columns)
