"""A long text as code, of which only what is in view is drawn."""

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from chatapp.ui.transcript.code_flow import CodeFlow
from chatapp.ui.transcript.palette import Palette


class JsonView(ScrollView, can_focus=True):
    """A text as code, JSON if nothing else is said; costs what is in view, however long it is."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._flow = CodeFlow("json")

    def show(self, text: str, language: str = "json") -> None:
        """Show a whole text."""
        self._flow = CodeFlow(language, text)
        self.virtual_size = Size(0, 0)
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.scrollable_content_region.width
        base = self.visual_style.rich_style
        line = y + self.scroll_offset.y
        if line >= self.virtual_size.height:
            return Strip.blank(width, base)
        return self._flow.line(line).strip.apply_style(base).adjust_cell_length(width, base)

    def on_resize(self) -> None:
        """Wrap anew."""
        self._lay_out()

    def notify_style_update(self) -> None:
        """Follow the theme."""
        super().notify_style_update()
        self._lay_out()

    def get_content_height(self, _container: Size, _viewport: Size, _width: int) -> int:
        """As high as there is room."""
        return max(1, self.virtual_size.height)

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        if width:
            palette = Palette.from_theme(self.app.theme_variables, self.app.current_theme.dark)
            self._flow.layout(width, palette)
            self.virtual_size = Size(0, self._flow.line_count)
            self.refresh(layout=True)
