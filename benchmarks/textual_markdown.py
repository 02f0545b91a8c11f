"""The same reply through Textual's own Markdown widget and its stream, for comparison."""

from openai import AsyncOpenAI
from textual import on
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input, Markdown


class MarkdownApp(App[None]):
    """An input line and, above it, the replies."""

    def compose(self) -> ComposeResult:
        """Lay out the two."""
        with VerticalScroll():
            yield Markdown()
        yield Input(placeholder="Ask and press Enter")

    def on_mount(self) -> None:
        """Type at once, and follow the reply."""
        self.query_one(VerticalScroll).anchor()
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _ask(self, event: Input.Submitted) -> None:
        event.input.clear()
        self.run_worker(self._stream(event.value))

    async def _stream(self, text: str) -> None:
        output = Markdown.get_stream(self.query_one(Markdown))
        chunks = await AsyncOpenAI().chat.completions.create(
            model="bench", messages=[{"role": "user", "content": text}], stream=True
        )
        async for chunk in chunks:
            if chunk.choices and (delta := chunk.choices[0].delta.content):
                await output.write(delta)
        await output.stop()


if __name__ == "__main__":
    MarkdownApp().run()
