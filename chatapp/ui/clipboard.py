"""Copying: through the terminal, and through the system's clipboard where there is one."""

import asyncio
import os
import shutil
import sys
from typing import TypeVar

from textual.app import App

from chatapp.clipboard_commands import native_commands, needed_variables
from chatapp.core.key_variables import without_keys

_Result = TypeVar("_Result")

_TIME_OUT_S = 2.0


async def copy(text: str, app: App[_Result]) -> str:
    """Put `text` on the clipboard and say by which ways, for "copied to the …".

    OSC 52 asks the terminal, which never says whether it obeyed; the system's own command
    does. Never raises for a command that fails or hangs.
    """
    app.copy_to_clipboard(text)
    for command in native_commands(os.environ, sys.platform):
        if await _pipe(text, command):
            return f"system clipboard ({command[0]}) and the terminal (OSC 52)"
    return "terminal (OSC 52)"


async def _pipe(text: str, command: tuple[str, ...]) -> bool:
    """Give `text` to a command; False where there is none, or it fails or takes too long."""
    if shutil.which(command[0]) is None:
        return False
    encoding = "utf-16-le" if command[0] == "clip.exe" else "utf-8"
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=without_keys(os.environ) | needed_variables(command, os.environ),
        )
    except OSError:
        return False
    try:
        await asyncio.wait_for(process.communicate(text.encode(encoding, "replace")), _TIME_OUT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
        return False
    return process.returncode == 0
