"""`chatapp pull`: fetch the embedded model ahead, or choose another for it."""

import asyncio
from pathlib import Path

from chatapp.core.errors import LocalModelError
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.interrupt import stopping_on_interrupt
from chatapp.headless.output import Output
from chatapp.headless.progress import PreparationLine
from chatapp.providers import model_download


async def pull(source: str | None, folder: Path, stdout: Output, stderr: Output) -> ExitCode:
    """Make `source`, a GGUF file or URL, the embedded model; None stands for the default.

    Takes SIGINT over while it runs; what was fetched until then is kept for the next time.
    """
    line = PreparationLine(stderr)
    pulling = asyncio.create_task(model_download.pull(source, folder, line.show))
    with stopping_on_interrupt(lambda: pulling.cancel()):
        try:
            model = await pulling
        except asyncio.CancelledError:
            line.clear()
            stderr.write("Stopped; `chatapp pull` goes on from here.\n")
            return ExitCode.STOPPED
        except LocalModelError as error:
            line.clear()
            stderr.write(f"chatapp: {error}\n")
            return ExitCode.FAILED
    line.clear()
    stdout.write(f"The local model is {model.model_id}: {model.path}\n")
    return ExitCode.NO_READER if stdout.is_broken else ExitCode.OK
