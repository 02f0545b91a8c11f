"""One event, or the request, looked at as a whole."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from chatapp.ui.inspector.whole_texts import WholeText
from chatapp.ui.widgets.json_view import JsonView


class WholeView(Vertical):
    """What is to be said about a text, above the text; hidden while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: WholeText | None = None
        """What is looked at."""
        self._about = Static("", markup=False, classes="-about")
        self.code = JsonView()
        """The text itself, which takes the keys that scroll."""
        self.display = False

    def compose(self) -> ComposeResult:
        """Lay out both."""
        yield self._about
        yield self.code

    def show(self, text: WholeText | None) -> None:
        """Show a text from its beginning, or none."""
        self.shown = text
        self.display = text is not None
        if text is not None:
            self._about.update(text.about)
            self.code.show(text.shown, text.language)
            self.code.scroll_home(animate=False)
