"""Opens the tools behind the first paint, and tells the person what is wrong with them."""

from collections.abc import Callable

from textual.widget import Widget

from chatapp.session.tool_kit import ToolKit


def open_tools(host: Widget, kit: ToolKit, warn: Callable[[str], None]) -> None:
    """Load the tools in a worker of `host`; every note about them goes to `warn` once.

    A server that dies later is told as well.
    """
    told: set[str] = set()

    def tell() -> None:
        for note in kit.supply.notes:
            if note not in told:
                told.add(note)
                warn(note)

    async def open_and_tell() -> None:
        await kit.supply.open()
        tell()

    kit.book.on_problem = warn
    kit.supply.on_change = tell
    host.run_worker(open_and_tell(), group="tools")
