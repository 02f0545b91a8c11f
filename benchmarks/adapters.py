"""How the pty benchmark starts and drives this app, and the floor it is compared with.

The benchmark itself is not part of the project; it defines `Adapter` and loads this file.
"""

import sys
from pathlib import Path

from ptybench import Adapter

PYTHON = sys.executable

ADAPTERS = [
    Adapter(
        name="chatapp",
        argv=[PYTHON, "-m", "chatapp"],
        version=[PYTHON, "-m", "chatapp", "--version"],
        env={"CHATAPP_MODEL": "{model}"},
        ready=r"Message .* Enter sends",
        stop=("\x1b",),
        note="this app",
    ),
    Adapter(
        name="floor",
        kind="script",
        argv=[PYTHON, str(Path(__file__).with_name("floor.py"))],
        version=[PYTHON, "-c", "import openai; print(openai.__version__)"],
        ready=r"^> ",
        idle=r"^> *$",
        stop=("\x03",),
        typing=False,
        note="the SDK, input() and print(end='', flush=True)",
    ),
]
