"""Opens the tools behind the first paint, and tells the person what is wrong with them."""

from collections.abc import Callable, Collection, Iterable

from textual.widget import Widget

from chatapp.session.tool_kit import ToolKit


def open_tools(
    host: Widget,
    kit: ToolKit,
    warn: Callable[[str], None],
    wrong_names: Callable[[Collection[str]], Iterable[object]],
) -> None:
    """Load the tools in a worker of `host`; every note about them goes to `warn` once.

    A server that dies later is told as well. Once all are there, `wrong_names` gets their names
    and says what else names tools that there are not.
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
        await kit.supply.wait()
        for problem in wrong_names([tool.declaration.name for tool in kit.supply.tools]):
            warn(str(problem))

    kit.book.on_problem = warn
    kit.supply.on_change = tell
    host.run_worker(open_and_tell(), group="tools")
