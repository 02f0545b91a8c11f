"""Shows what a key did at once, ahead of all else that waits to be painted."""

# ruff: noqa: SLF001 - Textual has no public way to paint a widget by itself

import time

from textual.widget import Widget

_FRAME_S = 1 / 120
"""What follows sooner is shown by the next frame: keys that a paste sends are many."""


class KeyEcho:
    """Paints one widget by itself, right after a key has changed it.

    Textual tells the screen of a change, which waits for the time of the next frame and paints
    all that changed meanwhile. While a reply floods in, each of these steps comes only after
    another piece of the reply, and the frame has the reply in it.
    """

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._painted_at = 0.0

    def paint(self) -> None:
        """Show the widget as it is now, unless that is up to the next frame."""
        now = time.monotonic()
        if now < self._painted_at + _FRAME_S or not self._can_paint():
            return
        self._painted_at = now
        app, screen = self._widget.app, self._widget.screen
        screen._compositor.update_widgets({self._widget})
        app._display(screen, screen._compositor.render_update(screen_stack=app._background_screens))

    def _can_paint(self) -> bool:
        """Whether the widget stands on the topmost screen, and where it will stay."""
        if not self._widget.is_mounted or self._widget._layout_required:
            return False
        app, screen = self._widget.app, self._widget.screen
        return screen is app.screen and not screen._layout_required and not app._batch_count
