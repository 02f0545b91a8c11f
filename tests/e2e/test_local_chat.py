"""The embedded model in the full screen: real weights, a real child process, a real terminal."""

import re
from pathlib import Path

import psutil
import pytest

from tests.support.local_model import require_real_model
from tests.support.programs import Home
from tests.support.terminal import Terminal

pytestmark = [
    pytest.mark.skipif("sys.platform == 'win32'", reason="there are no ptys on Windows"),
    pytest.mark.timeout(300),
]

START_S = 30.0
ANSWER_S = 90.0


def test_the_default_model_answers_and_is_stopped(tmp_path: Path) -> None:
    model = require_real_model()
    home = Home(tmp_path)
    models = tmp_path / "data" / "models"
    models.mkdir(parents=True)
    (models / model.path.name).symlink_to(model.path)
    with Terminal(home.command(), tmp_path, home.environ) as terminal:
        terminal.wait_until("Message", START_S)
        terminal.wait_until("small model to try the app with", START_S)
        terminal.type("/max-tokens 40\r")
        terminal.type("Say hello to a newcomer.\r")
        counts = terminal.wait_until(r"(?<!~)\b(\d+) in, (\d+) out", ANSWER_S)
        assert int(counts[1]) > 5
        assert 1 <= int(counts[2]) <= 40
        terminal.wait_until(r"\d tok/s", ANSWER_S)
        terminal.wait_until("· ready", ANSWER_S)

        terminal.type("/max-tokens\r")
        terminal.type("Tell me a very long story about a dragon.\r")
        terminal.wait_until(r"answering.*~ *\d+ out", ANSWER_S)
        terminal.type("\x1b")
        terminal.wait_until(r"· stopped", 5.0)

        children = psutil.Process(terminal.pid).children(recursive=True)
        assert len(children) == 1
        terminal.type("\x11")
        assert terminal.wait_for_exit() == 0
        psutil.wait_procs(children, timeout=3)
        assert not any(child.is_running() for child in children)
    assert not re.search(rb"llama_|ggml_|common_", terminal.output)
