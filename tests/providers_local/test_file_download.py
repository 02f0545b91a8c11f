"""Whatever happens to the transfer, the file comes out whole, and nothing is fetched twice."""

import asyncio
import random
import socket
import sys
import threading
from pathlib import Path

import pytest

from chatapp.core.errors import LocalModelError
from chatapp.core.preparation import Downloading
from chatapp.providers import file_download
from chatapp.providers.file_download import download_file
from chatapp.providers.partial_file import PartialFile
from tests.support.file_server import FileServer, ServedFile

CONTENT = b"GGUF" + random.Random(0).randbytes(3_000_000)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_download, "_PAUSE_S", 0.0)


@pytest.fixture
def served(file_server: FileServer) -> ServedFile:
    file_server.files["/model.gguf"] = ServedFile(CONTENT)
    return file_server.files["/model.gguf"]


@pytest.fixture
def url(file_server: FileServer, served: ServedFile) -> str:
    return file_server.url("/model.gguf")


def ignore(_: Downloading) -> None:
    """Report to nobody."""


def visible_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


async def test_file_arrives_whole_and_progress_is_reported(url: str, tmp_path: Path) -> None:
    steps: list[Downloading] = []
    await download_file(url, tmp_path / "model.gguf", steps.append)
    assert (tmp_path / "model.gguf").read_bytes() == CONTENT
    assert visible_names(tmp_path) == ["model.gguf"]
    assert steps[-1] == Downloading(len(CONTENT), len(CONTENT))
    assert [step.received_bytes for step in steps] == sorted(s.received_bytes for s in steps)
    assert {step.total_bytes for step in steps} == {len(CONTENT)}


async def test_broken_connections_are_gone_on_with(
    file_server: FileServer, served: ServedFile, url: str, tmp_path: Path
) -> None:
    served.cut_after, served.cuts = 700_000, 4
    await download_file(url, tmp_path / "model.gguf", ignore)
    assert (tmp_path / "model.gguf").read_bytes() == CONTENT
    starts = [int(asked.removeprefix("bytes=").rstrip("-") or 0) for asked in file_server.ranges]
    assert starts == [0, 700_000, 1_400_000, 2_100_000, 2_800_000]


async def test_server_without_ranges_begins_anew(
    file_server: FileServer, served: ServedFile, url: str, tmp_path: Path
) -> None:
    served.cut_after, served.cuts, served.has_ranges = 700_000, 1, False
    await download_file(url, tmp_path / "model.gguf", ignore)
    assert (tmp_path / "model.gguf").read_bytes() == CONTENT
    assert file_server.ranges == ["", "bytes=700000-"]


async def test_cancelled_download_is_gone_on_with_by_the_next(
    file_server: FileServer, served: ServedFile, url: str, tmp_path: Path
) -> None:
    served.cut_after, served.gate = 1_000_000, threading.Event()
    heard = asyncio.Event()
    download = asyncio.create_task(
        download_file(url, tmp_path / "model.gguf", lambda _: heard.set())
    )
    await asyncio.to_thread(served.reached_gate.wait, 10)
    await asyncio.wait_for(heard.wait(), 10)
    download.cancel()
    await asyncio.wait([download])
    kept = (tmp_path / "model.gguf.part").stat().st_size
    assert 0 < kept <= 1_000_000
    assert not (tmp_path / "model.gguf").exists()
    served.gate.set()
    await download_file(url, tmp_path / "model.gguf", ignore)
    assert (tmp_path / "model.gguf").read_bytes() == CONTENT
    assert file_server.ranges[-1] == f"bytes={kept}-"


PROGRAM = """
import asyncio, sys
from pathlib import Path
from chatapp.providers.file_download import download_file
asyncio.run(download_file(sys.argv[1], Path(sys.argv[2]), lambda step: print(step, flush=True)))
"""


async def start_other_process(url: str, target: Path) -> asyncio.subprocess.Process:
    """Start a download in another process and wait for its first progress."""
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, url, str(target), stdout=asyncio.subprocess.PIPE
    )
    assert other.stdout is not None
    assert b"Downloading" in await asyncio.wait_for(other.stdout.readline(), 20)
    return other


async def test_killed_process_leaves_a_part_and_no_lock(
    file_server: FileServer, served: ServedFile, url: str, tmp_path: Path
) -> None:
    served.cut_after, served.gate = 1_000_000, threading.Event()
    target = tmp_path / "model.gguf"
    other = await start_other_process(url, target)
    other.kill()
    await other.communicate()
    served.gate.set()
    await asyncio.wait_for(download_file(url, target, ignore), 20)
    assert target.read_bytes() == CONTENT
    assert len(file_server.ranges) == 2


async def test_two_processes_fetch_once_and_both_show_progress(
    file_server: FileServer, served: ServedFile, url: str, tmp_path: Path
) -> None:
    served.cut_after, served.gate = 1_000_000, threading.Event()
    target = tmp_path / "model.gguf"
    steps: list[Downloading] = []
    other = await start_other_process(url, target)
    waiting = asyncio.create_task(download_file(url, target, steps.append))
    async with asyncio.timeout(10):
        while not steps:
            await asyncio.sleep(0.01)
    served.gate.set()
    await asyncio.wait_for(waiting, 20)
    await other.communicate()
    assert other.returncode == 0
    assert target.read_bytes() == CONTENT
    assert steps[0].received_bytes > 0
    assert file_server.ranges == [""]


async def test_changed_file_is_never_mixed_with_the_old(
    file_server: FileServer, served: ServedFile, url: str, tmp_path: Path
) -> None:
    part = PartialFile(tmp_path / "model.gguf")
    part.path.write_bytes(bytes(500_000))
    part.note_origin(url, '"0"')
    await download_file(url, tmp_path / "model.gguf", ignore)
    assert (tmp_path / "model.gguf").read_bytes() == CONTENT
    assert file_server.ranges == ["bytes=500000-"]


async def test_part_that_is_already_whole_only_gets_its_name(
    file_server: FileServer, url: str, tmp_path: Path
) -> None:
    target = tmp_path / "model.gguf"
    part = PartialFile(target)
    part.path.write_bytes(CONTENT)
    part.note_origin(url, '"1"')
    await download_file(url, target, ignore)
    assert target.read_bytes() == CONTENT
    assert file_server.ranges == [f"bytes={len(CONTENT)}-"]


async def test_missing_file_says_so(file_server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(LocalModelError, match=r"answers 404 Not Found to .*/none\.gguf"):
        await download_file(file_server.url("/none.gguf"), tmp_path / "m.gguf", ignore)


async def test_no_server_says_so_without_secrets(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(LocalModelError, match="could not be fetched from") as caught:
            await download_file(
                f"http://me:hunter2@127.0.0.1:{port}/m.gguf?token=hunter2",
                tmp_path / "m.gguf",
                ignore,
            )
    assert "hunter2" not in str(caught.value)
    assert "chatapp pull" in str(caught.value)


async def test_server_that_always_breaks_off_is_given_up(
    file_server: FileServer, served: ServedFile, url: str, tmp_path: Path
) -> None:
    served.cut_after, served.cuts, served.has_ranges = 700_000, 99, False
    with pytest.raises(LocalModelError, match="What has arrived is kept"):
        await download_file(url, tmp_path / "model.gguf", ignore)


async def test_web_page_in_place_of_a_model_is_refused(
    file_server: FileServer, tmp_path: Path
) -> None:
    page = ServedFile(b"<!doctype html>" + bytes(1000), content_type="text/html")
    file_server.files["/page"] = page
    with pytest.raises(LocalModelError, match="not a model in the GGUF format but text/html"):
        await download_file(file_server.url("/page"), tmp_path / "m.gguf", ignore, magic=b"GGUF")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
async def test_full_disk_says_so(url: str, tmp_path: Path) -> None:
    (tmp_path / "model.gguf.part").symlink_to("/dev/full")
    with pytest.raises(LocalModelError, match="The disk is full"):
        await download_file(url, tmp_path / "model.gguf", ignore)


async def test_folder_that_cannot_be_made_says_so(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LocalModelError, match="cannot be written to"):
        await download_file(url, tmp_path / "file" / "model.gguf", ignore)
