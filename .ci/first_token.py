"""Run the README's first command as a newcomer would, and time it until the model answers.

Usage: first_token.py COMMAND, in a fresh clone. Nothing is cached and no endpoint is configured.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.terminal import Terminal

INSTALL_S = 400
ANSWER_S = 120

ANSWER_BEGAN = r"~\s*\d+ out|TTFT\s+\d"
REPORTED_USAGE = r"(?<!~)\b\d+ in, \d+ out"


def main() -> None:
    """Print when the composer and when the first token were on the screen."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CHATAPP_") and not name.endswith(("_API_KEY", "_BASE_URL"))
    }
    with tempfile.TemporaryDirectory() as folder:
        environment = inherited | {
            "XDG_CACHE_HOME": f"{folder}/cache",
            "CHATAPP_DATA_DIR": f"{folder}/data",
            "CHATAPP_CONFIG_DIR": f"{folder}/config",
        }
        started = time.monotonic()
        with Terminal(["bash", "-c", sys.argv[1]], Path.cwd(), environment) as terminal:
            terminal.wait_until("Message", INSTALL_S)
            composer = time.monotonic() - started
            terminal.type("Hello! Who are you?\r")
            terminal.wait_until(ANSWER_BEGAN, ANSWER_S)
            token = time.monotonic() - started
            terminal.wait_until(REPORTED_USAGE, ANSWER_S)
            print(terminal.text)
            terminal.type("\x11")
            exit_code = terminal.wait_for_exit()
    print(f"composer after {composer:.1f} s, first token after {token:.1f} s, exit {exit_code}")
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
