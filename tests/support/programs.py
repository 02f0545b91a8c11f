"""Runs `chatapp` as its users do: as a process of its own, on a machine of its own."""

import os
import subprocess
import sys
from pathlib import Path

TIMEOUT_S = 30.0


class Home:
    """A folder that is a person's whole machine: settings, data and current folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.variables: dict[str, str] = {}
        self._started: list[subprocess.Popen[bytes]] = []

    @property
    def environ(self) -> dict[str, str]:
        """The variables of a process: none of the tester's own settings and keys."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.endswith(("_API_KEY", "_BASE_URL"))
            and not name.startswith("CHATAPP_")
            and name not in ("COLUMNS", "LINES")
        }
        return {
            **inherited,
            "CHATAPP_CONFIG_DIR": str(self.folder / "config"),
            "CHATAPP_DATA_DIR": str(self.folder / "data"),
            "PYTHONIOENCODING": "utf-8",
            "NO_PROXY": "*",
            **self.variables,
        }

    def command(self, *arguments: str, python: tuple[str, ...] = ()) -> list[str]:
        """The command line that runs the program."""
        return [sys.executable, *python, "-m", "chatapp", *arguments]

    def run(
        self, *arguments: str, stdin: str = "", python: tuple[str, ...] = ()
    ) -> "subprocess.CompletedProcess[str]":
        """Run to the end."""
        return subprocess.run(
            self.command(*arguments, python=python),
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            cwd=self.folder,
            env=self.environ,
            timeout=TIMEOUT_S,
            check=False,
        )

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start, with pipes for both outputs and nothing to read."""
        started = subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=self.environ,
        )
        self._started.append(started)
        return started

    def close(self) -> None:
        """End what a failed test left running."""
        for process in self._started:
            process.kill()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            process.wait()
