"""`chatapp pull` with a person's own file, and with what is none."""

from pathlib import Path

import pytest

from tests.support.programs import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


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
