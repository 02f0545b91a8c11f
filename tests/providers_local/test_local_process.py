"""The server's process answers us alone, ends with us however we end, and is never seen."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import psutil
import pytest
import pytest_asyncio

from chatapp.core.errors import LocalModelError
from chatapp.providers.local_process import LocalProcess
from chatapp.providers.model_download import EmbeddedModel

pytestmark = pytest.mark.skipif(os.name != "posix", reason="looks at POSIX processes")


@pytest_asyncio.fixture
async def process(
    real_model: EmbeddedModel, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LocalProcess]:
    monkeypatch.setenv("ACME_API_KEY", "sk-not-for-children")
    process = await LocalProcess.start(real_model, "local")
    yield process
    await process.stop()


def key_of(process: LocalProcess) -> str:
    assert process.endpoint.api_key is not None
    return process.endpoint.api_key.reveal()


def client_of(process: LocalProcess, key: str) -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.AsyncClient(
        base_url=process.endpoint.base_url, headers=headers, trust_env=False, timeout=30
    )


async def test_process_answers_whoever_has_the_key_alone(process: LocalProcess) -> None:
    body = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4}
    async with client_of(process, "wrong") as stranger:
        assert (await stranger.post("/chat/completions", json=body)).status_code == 401
    async with client_of(process, key_of(process)) as client:
        answer = (await client.post("/chat/completions", json=body)).json()
        listed = (await client.get("/models")).json()
    assert answer["choices"][0]["message"]["content"]
    assert answer["usage"]["completion_tokens"] == 4
    assert [model["id"] for model in listed["data"]] == ["smollm2-135m-instruct"]


async def test_process_is_out_of_reach_and_keeps_its_key(process: LocalProcess) -> None:
    assert key_of(process) not in " ".join(psutil.Process(process.pid).cmdline())
    assert key_of(process) not in repr(process.endpoint)
    assert "sk-not-for-children" not in psutil.Process(process.pid).environ().values()
    assert os.getsid(process.pid) != os.getsid(0), "the terminal's Ctrl+C would reach it"
    addresses = {each.laddr.ip for each in psutil.Process(process.pid).net_connections()}
    assert addresses == {"127.0.0.1"}


async def test_stop_in_the_middle_of_an_answer_is_fast(process: LocalProcess) -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}], "stream": True, "ignore_eos": True}
    async with (
        client_of(process, key_of(process)) as client,
        client.stream("POST", "/chat/completions", json=body) as response,
    ):
        await anext(response.aiter_raw())
        async with asyncio.timeout(1.0):
            await process.stop()
    assert not psutil.pid_exists(process.pid)


async def test_model_that_cannot_be_loaded_says_so(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp", reason="the extra `local` is not installed")
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(1000))
    with pytest.raises(LocalModelError, match=r"broken\.gguf could not be loaded"):
        await LocalProcess.start(EmbeddedModel("broken", path, is_default=False), "local")


PARENT = """
import asyncio, sys, threading
from pathlib import Path
from chatapp.providers.local_process import LocalProcess
from chatapp.providers.model_download import EmbeddedModel

async def main():
    model = EmbeddedModel("m", Path(sys.argv[1]), is_default=True)
    if sys.argv[2] == "loading":
        starting = asyncio.create_task(LocalProcess.start(model, "local"))
        await asyncio.sleep(float(sys.argv[3]))
    else:
        process = await LocalProcess.start(model, "local")
    print("up", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("moment", ["loading", "idle"])
async def test_no_process_outlives_a_killed_parent(real_model: EmbeddedModel, moment: str) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(real_model.path), moment, "0.15"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert parent.stdout is not None
    assert await asyncio.wait_for(parent.stdout.readline(), 60) == b"up\n"
    children = psutil.Process(parent.pid).children(recursive=True)
    assert len(children) == 1
    parent.send_signal(signal.SIGKILL)
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, timeout=2.0)
    assert alive == []
    assert await parent.stdout.read() == b"", "the process printed on our terminal"
    await parent.wait()
