"""A log is read in a terminal, and quotes what servers said."""

import logging
import subprocess
import sys
from pathlib import Path

from chatapp.program_log import SafeFormatter

HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202e\ud800"


def test_what_others_said_does_not_act_when_it_is_read() -> None:
    record = logging.LogRecord("library", logging.WARNING, "", 0, "said %s", (HOSTILE,), None)
    line = SafeFormatter("%(message)s").format(record)
    assert line == "said ␛]0;owned␇␛[2J‹202E›\ufffd"


def test_warnings_go_to_the_file_and_not_to_the_terminal(tmp_path: Path) -> None:
    program = (
        "import logging, sys, pathlib\n"
        "from chatapp.program_log import write_log\n"
        "write_log(pathlib.Path(sys.argv[1]) if sys.argv[1:] else None)\n"
        "logging.getLogger('library').warning('\\x1b[2J')\n"
    )
    file = tmp_path / "chatapp.log"
    for arguments in ([str(file)], []):
        command = [sys.executable, "-c", program, *arguments]
        said = subprocess.run(command, capture_output=True, check=True, timeout=60)
        assert (said.stdout, said.stderr) == (b"", b"")
    assert file.read_text("utf-8").endswith("WARNING library: ␛[2J\n")
