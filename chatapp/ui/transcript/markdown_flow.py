"""Markdown as lines."""

from chatapp.ui.transcript.plain_flow import PlainFlow


class MarkdownFlow(PlainFlow):
    """A TextFlow of Markdown."""

    def __init__(self, text: str = "", is_closed: bool = False) -> None:
        super().__init__(text, is_closed)
