"""What the subcommands about conversations have in common: the store, and the two outputs."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from chatapp import composition

if TYPE_CHECKING:
    from chatapp.core.ports import ConversationStore
    from chatapp.headless.exit_code import ExitCode
    from chatapp.headless.output import Output


def run_with_store(
    work: "Callable[[ConversationStore, Output, Output], Awaitable[ExitCode]]",
) -> int:
    """Open the store, do the work with it and the outputs, and return the exit code."""
    import asyncio

    from chatapp.headless.conversations import with_store
    from chatapp.headless.output import standard_error, standard_output

    composition.log_to_file()
    stdout, stderr = standard_output(), standard_error()
    return asyncio.run(
        with_store(
            composition.open_store(), stdout, stderr, lambda store: work(store, stdout, stderr)
        )
    )
