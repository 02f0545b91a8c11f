"""The process that runs `local_server`: started, watched and ended from here."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict
from pathlib import Path

from chatapp.core.endpoints import Endpoint, Secret
from chatapp.core.errors import LocalModelError
from chatapp.core.key_variables import without_keys
from chatapp.core.safe_text import safe_line
from chatapp.providers.local_server import Settings
from chatapp.providers.model_download import EmbeddedModel

_PROGRAM = Path(__file__).with_name("local_server.py")
_TEMPLATE = Path(__file__).with_name("smollm2_tools.jinja")

_DEFAULT_CONTEXT_TOKENS = 4096
_CONTEXT_TOKENS = 8192
"""For the person's own model: memory grows with it, and most are trained on far more."""

_DEFAULT_SAMPLING = {"temp": 0.2, "top_p": 0.9, "penalty_repeat": 1.1}
"""What SmolLM2's makers recommend, for at the library's temperature of 0.8 so small a model loses
the thread; and without the penalty it says the same sentence until the context is full."""

_PATIENCE_TO_START_S = 120.0
_PATIENCE_TO_STOP_S = 0.5


class LocalProcess:
    """A running server of one model, and the endpoint at which it answers."""

    def __init__(self, process: asyncio.subprocess.Process, endpoint: Endpoint) -> None:
        self._process = process
        self.endpoint = endpoint

    @classmethod
    async def start(cls, model: EmbeddedModel, name: str) -> "LocalProcess":
        """Start a server and wait until it has loaded the model; its endpoint is called `name`.

        Raises LocalModelError.
        """
        settings = _settings(model)
        async with AsyncExitStack() as on_failure:
            process = await _spawn()
            on_failure.push_async_callback(_end, process)
            try:
                async with asyncio.timeout(_PATIENCE_TO_START_S):
                    base_url = await _introduce(process, settings)
            except TimeoutError as error:
                words = f"{safe_line(model.path.name)} did not load within two minutes."
                raise LocalModelError(words) from error
            on_failure.pop_all()
        return cls(process, Endpoint(name, base_url, Secret(settings.api_key), is_embedded=True))

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it lives, as far as we have heard."""
        return self._process.returncode is None

    async def has_ended(self, within_s: float) -> bool:
        """Whether it is dead or dies in the next moments; a lost connection is heard sooner."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._process.wait()
        return not self.is_running

    def describe_end(self) -> str:
        """How it ended, in words."""
        return _describe_end(self._process.returncode)

    async def stop(self) -> None:
        """End it, at the latest by force."""
        await _end(self._process)


def context_tokens(model: EmbeddedModel | None) -> int:
    """Prompt and reply together, in tokens; None is the default model, before it is fetched."""
    is_default = model is None or model.is_default
    return _DEFAULT_CONTEXT_TOKENS if is_default else _CONTEXT_TOKENS


def _settings(model: EmbeddedModel) -> Settings:
    return Settings(
        parent_pid=os.getpid(),
        api_key=secrets.token_urlsafe(24),
        model_path=str(model.path),
        model_id=model.model_id,
        template_path=str(_TEMPLATE) if model.is_default else None,
        context_tokens=context_tokens(model),
        sampling=_DEFAULT_SAMPLING if model.is_default else {},
    )


async def _spawn() -> asyncio.subprocess.Process:
    """Start the program out of reach of the terminal: its Ctrl+C is not for it."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # a module in the current folder must not take the place of a library
            str(_PROGRAM),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=without_keys(os.environ),
            start_new_session=True,
            creationflags=flags,
        )
    except OSError as error:
        raise LocalModelError(f"The local model could not be started: {error}.") from error


async def _introduce(process: asyncio.subprocess.Process, settings: Settings) -> str:
    """Hand over the settings and return the base URL. Raises LocalModelError."""
    # stays open: its end tells the process that we are gone
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise ValueError("the process was started without pipes")
    with suppress(ConnectionError):  # it died at once; its missing answer says so
        stdin.write(json.dumps(asdict(settings)).encode() + b"\n")
        await stdin.drain()
    line = await stdout.readline()
    if not line:
        raise LocalModelError(_describe_end(await process.wait()))
    answer = json.loads(line)
    if "base_url" not in answer:
        name = safe_line(Path(settings.model_path).name)
        raise LocalModelError(f"{name} could not be loaded: {safe_line(answer['error'])}")
    return str(answer["base_url"])


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_PATIENCE_TO_STOP_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _describe_end(return_code: int | None) -> str:
    subject = "The local model's process"
    if return_code is None or return_code >= 0:
        return f"{subject} ended unexpectedly (exit code {return_code})."
    if return_code == -signal.SIGKILL:
        return f"{subject} was killed, perhaps for lack of memory."
    if return_code == -signal.SIGILL:
        return f"{subject} needs instructions that this processor does not have."
    return f"{subject} crashed ({signal.Signals(-return_code).name})."
