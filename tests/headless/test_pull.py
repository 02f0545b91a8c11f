"""`chatapp pull` with a person's own file, and with what is none."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.file_server import FileServer, ServedFile
from tests.support.programs import TIMEOUT_S, Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()


def test_a_file_becomes_the_local_model(home: Home) -> None:
    model = home.folder / "my-model.gguf"
    model.write_bytes(b"GGUF" + b"\0" * 64)
    answer = home.run("pull", str(model))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == f"The local model is my-model: {model}\n"


@pytest.mark.parametrize("source", ["none.gguf", "http://127.0.0.1:9/none.gguf"])
def test_what_is_not_there_is_told(home: Home, source: str) -> None:
    answer = home.run("pull", source)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith("chatapp: ")
    assert "Traceback" not in answer.stderr


def test_an_interrupt_keeps_what_came_and_the_next_pull_goes_on(home: Home) -> None:
    models = home.folder / "data" / "models"
    content = b"GGUF" + bytes(range(256)) * 1024
    half = ServedFile(content, cut_after=100_000, gate=threading.Event())
    with FileServer() as server:
        server.files["/model.gguf"] = half
        pulling = home.start("pull", server.url("/model.gguf"))
        deadline = time.monotonic() + TIMEOUT_S
        while not any(part.stat().st_size for part in models.rglob("*.part")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        pulling.send_signal(signal.SIGINT)
        output, errors = pulling.communicate(timeout=TIMEOUT_S)
        assert (output, pulling.returncode) == (b"", 130)
        assert b"goes on from here" in errors
        assert b"Traceback" not in errors
        server.files["/model.gguf"] = ServedFile(content)
        answer = home.run("pull", server.url("/model.gguf"))
    assert answer.returncode == 0
    path = Path(answer.stdout.rstrip("\n").rpartition(": ")[2])
    assert path.is_relative_to(models)
    assert path.read_bytes() == content
    assert server.ranges[-1] != ""
