"""The embedded default model as a provider: fetched, started and restarted as need be."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from chatapp.core.endpoints import Quirks
from chatapp.core.errors import Failure, FailureKind, LocalModelError, ProviderError
from chatapp.core.ports import ChatRequest, JsonValue
from chatapp.core.preparation import Preparation, Ready, Starting, Unavailable
from chatapp.core.stream_events import Interruption, ProviderEvent, ResponseInterrupted
from chatapp.core.wire import WireTaps
from chatapp.extras import LOCAL, install_command
from chatapp.providers.file_download import explained_disk_errors
from chatapp.providers.local_process import LocalProcess, context_tokens
from chatapp.providers.model_download import embedded_model, embedded_model_id, pull
from chatapp.providers.request_body import build_request_body

if TYPE_CHECKING:
    from chatapp.providers.openai_chat import OpenAIChat

ENDPOINT_NAME = "local"

CONNECT_INSTEAD = (
    "Or connect an endpoint: set OPENAI_API_KEY or OPENAI_BASE_URL, "
    "start with --base-url, or write it into config.toml."
)

_EXTRA_BODY: dict[str, JsonValue] = {"return_progress": True}

_HEARTBEAT_S = 1.0
_CRASH_IS_HEARD_WITHIN_S = 0.5

_Report = Callable[[Preparation], None]


class LocalModel:
    """Implements `PreparedProvider` on a llama.cpp server of our own, on loopback.

    `folder` is where models lie. A crashed server is started again by the next request.
    `taps` watch what goes over the wire.
    """

    def __init__(self, folder: Path, taps: WireTaps | None = None) -> None:
        self._folder = folder
        self._taps = taps
        self._preparing: asyncio.Task[Ready | Unavailable] | None = None
        self._listeners: list[_Report] = []
        self._step: Preparation = Starting()
        self._process: LocalProcess | None = None
        self._chat: OpenAIChat | None = None

    @staticmethod
    def is_installed() -> bool:
        """Whether the library that runs models is here."""
        return find_spec("xllamacpp") is not None

    @property
    def model_id(self) -> str:
        """The id of the model that answers, known before it is fetched."""
        return embedded_model_id(self._folder)

    async def prepare(self, report: Callable[[Preparation], None]) -> None:
        """Fetch the model if it is not here, start it, report each step. Never raises.

        Concurrent calls share one preparation.
        """
        preparation = self._preparation()
        if not preparation.done():
            report(self._step)
            self._listeners.append(report)
            try:
                await asyncio.wait([preparation])
            finally:
                self._listeners.remove(report)
        if not preparation.cancelled():
            report(preparation.result())

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        """Wait until the model is ready, then answer as any other endpoint does."""
        preparation = self._preparation()
        while not preparation.done():
            yield ()
            await asyncio.wait([preparation], timeout=_HEARTBEAT_S)
        if preparation.cancelled():
            yield (ResponseInterrupted(Interruption.STOPPED),)
            return
        prepared = preparation.result()
        if isinstance(prepared, Unavailable):
            yield (ResponseInterrupted(prepared.failure),)
            return
        async with aclosing(self._answer(request)) as batches:
            async for batch in batches:
                yield batch

    async def list_models(self) -> tuple[str, ...]:
        """The one model's id, without waiting for it. Raises ProviderError."""
        if not self.is_installed():
            raise ProviderError(_not_installed())
        return (self.model_id,)

    def known_context_window(self, _model: str) -> int | None:
        """Nothing without a look at the disk."""
        return None

    async def find_context_window(self, _model: str) -> int | None:
        """What the model is started with, in tokens; it need not run yet."""
        with suppress(LocalModelError):
            return context_tokens(await asyncio.to_thread(embedded_model, self._folder))
        return None

    def request_body(self, request: ChatRequest) -> dict[str, JsonValue]:
        """The body that would be sent for a request."""
        if self._chat is not None:
            return self._chat.request_body(request)
        return build_request_body(request, Quirks()) | _EXTRA_BODY

    async def close(self) -> None:
        """Give up a preparation under way and end the process."""
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.wait([self._preparing])
        await self._stop()

    def _preparation(self) -> asyncio.Task[Ready | Unavailable]:
        """The preparation under way or done; a new one where the last came to nothing."""
        if self._preparing is None or (self._preparing.done() and not self._is_running):
            self._step = Starting()
            self._preparing = asyncio.create_task(self._prepare())
        return self._preparing

    @property
    def _is_running(self) -> bool:
        return self._process is not None and self._process.is_running

    async def _prepare(self) -> Ready | Unavailable:
        if not self.is_installed():
            return Unavailable(_not_installed())
        await self._stop()
        try:
            with explained_disk_errors(self._folder):
                here = embedded_model(self._folder)
            model = here or await pull(None, self._folder, self._tell)
            self._tell(Starting())
            self._process = await LocalProcess.start(model, ENDPOINT_NAME)
        except LocalModelError as error:
            return Unavailable(_unavailable(str(error)))
        make_chat = await asyncio.to_thread(_import_chat)
        self._chat = make_chat(self._process.endpoint, extra_body=_EXTRA_BODY, taps=self._taps)
        return Ready()

    def _tell(self, step: Preparation) -> None:
        self._step = step
        for report in tuple(self._listeners):
            report(step)

    async def _answer(self, request: ChatRequest) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        """Pass the server's answer on; where the server died in it, say that."""
        if self._chat is None or self._process is None:
            raise ValueError("an answer was asked for before the server was ready")
        process = self._process
        async with aclosing(self._chat.stream(request)) as batches:
            async for batch in batches:
                match batch:
                    case [*events, ResponseInterrupted(Failure() as failure)] if (
                        await process.has_ended(_CRASH_IS_HEARD_WITHIN_S)
                    ):
                        yield (*events, ResponseInterrupted(_crashed(process, failure)))
                    case _:
                        yield batch

    async def _stop(self) -> None:
        chat, self._chat = self._chat, None
        process, self._process = self._process, None
        if process is not None:
            await process.stop()
        if chat is not None:
            await chat.close()


def _import_chat() -> "type[OpenAIChat]":
    """Import the client in a thread: the SDK behind it takes half a second."""
    from chatapp.providers.openai_chat import OpenAIChat

    return OpenAIChat


def _not_installed() -> Failure:
    return _unavailable(
        "The local model needs the library xllamacpp, which is not installed: "
        f"`{install_command(LOCAL)}`, where a wheel for this system exists."
    )


def _unavailable(words: str) -> Failure:
    return Failure(FailureKind.LOCAL_MODEL, words, CONNECT_INSTEAD, actions=("retry", "model"))


def _crashed(process: LocalProcess, failure: Failure) -> Failure:
    """The failure that the lost connection really is, with the same ways on."""
    return replace(
        failure,
        kind=FailureKind.LOCAL_MODEL,
        summary=process.describe_end(),
        next_step="The next request starts it again.",
    )
