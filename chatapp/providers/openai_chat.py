"""An OpenAI-compatible endpoint: the SDK opens the requests, the bytes of the replies are ours."""

import asyncio
import os
import random
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from functools import cache

import httpx2
import openai
from openai import AsyncOpenAI, Omit

from chatapp.core.addresses import is_loopback
from chatapp.core.endpoints import Endpoint, Secret
from chatapp.core.errors import Failure, FailureKind, KeyUnavailable, ProviderError
from chatapp.core.ports import ChatRequest, JsonValue
from chatapp.core.stream_events import (
    ProviderEvent,
    ResponseInterrupted,
    RetryScheduled,
    ToolsRefused,
)
from chatapp.core.wire import WireTaps, masked_text
from chatapp.daemon_thread import call_in_daemon_thread
from chatapp.providers.addresses import is_address
from chatapp.providers.body_reader import WORK_S, BodyReader, breathe
from chatapp.providers.bounded_body import bound_whole_body
from chatapp.providers.error_responses import ErrorResponse, request_id_of, status_failure
from chatapp.providers.failures import (
    address_failure,
    broken_off_failure,
    connection_failure,
    is_passing,
    masked,
    no_api_failure,
    silence_failure,
    unavailable_key_failure,
    unusable_key_failure,
)
from chatapp.providers.model_listing import model_ids, read_entries
from chatapp.providers.quirk_lessons import learn_quirk, refuses_tools
from chatapp.providers.reply_bounds import ReplyBounds
from chatapp.providers.request_body import build_request_body
from chatapp.providers.response_decoder import ResponseDecoder
from chatapp.providers.sdk_headers import foreign_headers
from chatapp.providers.server_windows import ServerWindows
from chatapp.providers.wire_scribe import WireScribe, note_request

RETRIES = 2
"""How often a request is sent again by itself, before anything of a reply was seen."""

_SLICE_SIZE = 8 * 1024
_TRANSPORT_ERRORS = (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, in seconds.

    `stall_s` is the longest silence in a reply, where comments count as sound; `wordless_s`
    the longest time with nothing but such sounds; `ending_s` the longest silence after the
    server said the reply was complete. A longer `Retry-After` than `longest_wait_s` is told
    instead of waited for.
    """

    connect_s: float = 10.0
    first_byte_s: float = 120.0
    whole_reply_s: float = 600.0
    stall_s: float = 60.0
    wordless_s: float = 3600.0
    ending_s: float = 5.0
    drain_s: float = 0.05
    listing_s: float = 5.0
    backoff_s: float = 0.5
    longest_wait_s: float = 30.0


class OpenAIChat:
    """Provider for one endpoint; learns what the endpoint does not accept as it goes.

    `extra_body` goes into every request, for what one kind of server understands beyond the API.
    `taps` watch what goes over the wire; `transport` takes the place of the network.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        patience: Patience | None = None,
        *,
        extra_body: Mapping[str, JsonValue] | None = None,
        taps: WireTaps | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._taps = WireTaps() if taps is None else taps
        self._transport = transport
        self._extra_body = dict(extra_body or {})
        self._patience = patience or Patience()
        self._quirks = endpoint.quirks
        self._models_without_tools: set[str] = set()
        self._windows = ServerWindows()
        self._client: AsyncOpenAI | None = None
        self._connecting = asyncio.Lock()
        self._fetching: asyncio.Future[Secret | None] | None = None

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Sequence[ProviderEvent], None]:
        """Yield the events of one reply in batches; see `core.ports.Provider`."""
        failures = 0
        while True:
            if request.tools and request.model in self._models_without_tools:
                request = replace(request, tools=())
            async with AsyncExitStack() as stack:
                scribe = stack.enter_context(WireScribe(self._taps, self._endpoint.name))
                opened = await self._open(stack, request, scribe)
                if isinstance(opened, httpx2.Response):
                    async with aclosing(self._read(opened, request, scribe)) as batches:
                        async for batch in batches:
                            yield [self._without_key(event) for event in batch]
                    return
                if isinstance(opened, Failure):
                    scribe.cut(f"{opened.kind}: {opened.summary}")
            if opened is None:
                # the endpoint taught us something; the next request is another one
                if request.tools and request.model in self._models_without_tools:
                    yield [ToolsRefused()]
                continue
            failures += 1
            wait_s = self._wait_before_retry(opened, failures)
            if wait_s is None:
                yield [self._without_key(ResponseInterrupted(opened))]
                return
            yield [RetryScheduled(failures + 1, wait_s, masked(opened, self._key).summary)]
            await asyncio.sleep(wait_s)

    async def list_models(self) -> tuple[str, ...]:
        """Ask for the endpoint's model ids, sorted. Raises ProviderError."""
        self._windows.was_asked = True
        body = await self._get("/models")
        entries = read_entries(body)
        if entries is None:
            raise self._error(no_api_failure(body, self._endpoint.base_url))
        self._windows.take_listing(entries)
        return tuple(masked_text(model_id, self._bare_key) for model_id in model_ids(entries))

    def known_context_window(self, model: str) -> int | None:
        """The model's window in tokens, where the server's list has told it."""
        return self._windows.window(model)

    async def find_context_window(self, model: str) -> int | None:
        """The same, asking where that has not been done. Raises ProviderError."""
        if not self._windows.was_asked:
            await self.list_models()
        if place := self._windows.native_place(model):
            root = self._endpoint.base_url.removesuffix("/v1")
            self._windows.take_native(model, await self._get(root + place))
        return self._windows.window(model)

    def request_body(self, request: ChatRequest) -> dict[str, JsonValue]:
        """The body that would be sent for a request."""
        if request.model in self._models_without_tools:
            request = replace(request, tools=())
        return build_request_body(request, self._quirks) | self._extra_body

    async def _get(self, place: str) -> bytes:
        """The answer at a path below the base URL, or at an address. Raises ProviderError."""
        try:
            client = await self._connected()
            async with asyncio.timeout(self._patience.listing_s):
                response = await client.get(
                    place, cast_to=httpx2.Response, options={"headers": self._headers()}
                )
        except openai.APIStatusError as error:
            raise ProviderError(self._refused(_error_response(error))) from None
        except TimeoutError:
            failure = silence_failure(self._patience.listing_s, has_begun=False)
            raise self._error(failure) from None
        except ProviderError as error:
            raise self._error(error.failure) from None
        except (openai.OpenAIError, *_TRANSPORT_ERRORS) as error:
            raise self._error(connection_failure(error, self._endpoint)) from None
        return response.content

    async def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        client, self._client = self._client, None
        if self._fetching is not None:
            self._fetching.cancel()
        if client is not None:
            await client.close()

    @property
    def _key(self) -> Secret | None:
        return self._endpoint.api_key

    def _error(self, failure: Failure) -> ProviderError:
        return ProviderError(masked(failure, self._key))

    def _refused(self, response: ErrorResponse, model: str = "") -> Failure:
        """The failure of an error response; a key that was refused is fetched anew next time."""
        failure = masked(status_failure(response, self._endpoint, model), self._key)
        if failure.kind is FailureKind.KEY_REJECTED and self._endpoint.key_source is not None:
            self._endpoint = replace(self._endpoint, api_key=None)
        return failure

    def _without_key(self, event: ProviderEvent) -> ProviderEvent:
        if isinstance(event, ResponseInterrupted) and isinstance(event.cause, Failure):
            return ResponseInterrupted(masked(event.cause, self._key))
        return event

    async def _connected(self) -> AsyncOpenAI:
        """The client, made on first use. Raises ProviderError when it cannot be made."""
        async with self._connecting:
            await self._fetch_key()
            if self._client is None:
                failure = self._unusable()
                if failure is not None:
                    raise ProviderError(failure)
                try:
                    # certificates and the SDK's lazy imports take long enough to be seen
                    self._client = await asyncio.to_thread(self._make_client)
                except (ValueError, ImportError, *_TRANSPORT_ERRORS) as error:
                    # a proxy variable or a certificate file that cannot be used
                    raise ProviderError(connection_failure(error, self._endpoint)) from error
            return self._client

    async def _fetch_key(self) -> None:
        """Get the key where it has to be got. Raises ProviderError where that fails.

        Whoever gives up waiting leaves the fetch running, for the next one who asks.
        """
        source = self._endpoint.key_source
        if source is None or self._key is not None:
            return
        if self._fetching is None:
            self._fetching = asyncio.ensure_future(call_in_daemon_thread(source.fetch))
        try:
            key = await asyncio.shield(self._fetching)
        except KeyUnavailable as error:
            raise ProviderError(unavailable_key_failure(self._endpoint, error)) from None
        finally:
            if self._fetching.done():
                self._fetching = None
        self._endpoint = replace(self._endpoint, api_key=key)

    def _unusable(self) -> Failure | None:
        """What is wrong with the configured address or key, if something is."""
        if not is_address(self._endpoint.base_url):
            return address_failure(self._endpoint)
        key = self._bare_key
        is_legal = key.isascii() and key.isprintable() and " " not in key
        return None if is_legal else unusable_key_failure(self._endpoint)

    @property
    def _bare_key(self) -> str:
        return self._key.reveal().strip() if self._key else ""

    def _make_client(self) -> AsyncOpenAI:
        http_client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(None, connect=self._patience.connect_s),
            follow_redirects=False,
            verify=_tls_context(),
            # no proxy has any business between us and this machine
            trust_env=not is_loopback(self._endpoint.base_url),
            transport=self._transport,
            event_hooks={"request": [note_request], "response": [bound_whole_body]},
        )
        client = AsyncOpenAI(
            api_key="none",  # each request has its own; the key may come late
            default_headers={"Authorization": "none"},  # or one of the environment's would go along
            base_url=self._endpoint.base_url,
            max_retries=0,
            http_client=http_client,
        )
        _ = client.chat.completions  # imported by the SDK when first looked at
        return client

    async def _open(
        self, stack: AsyncExitStack, request: ChatRequest, scribe: WireScribe
    ) -> httpx2.Response | Failure | None:
        """Send the request; return its response, why there is none, or None to ask again."""
        patience = self._patience
        limit_s = patience.first_byte_s if request.is_streamed else patience.whole_reply_s
        body = self.request_body(request)
        try:
            client = await self._connected()
            async with asyncio.timeout(limit_s):
                with scribe.sending():
                    opened = await self._post(client, stack, body)
            scribe.answered(opened)
            return opened
        except ProviderError as error:
            return error.failure
        except openai.APIStatusError as error:
            scribe.refused(error.response)
            response = _error_response(error)
            if request.tools and refuses_tools(response):
                self._models_without_tools.add(request.model)
                return None
            quirks = learn_quirk(
                response, self._quirks, sent_max_tokens=request.sampling.max_tokens is not None
            )
            if quirks is not None:
                self._quirks = quirks
                return None
            return self._refused(response, request.model)
        except TimeoutError:
            return silence_failure(limit_s, has_begun=False)
        except (openai.OpenAIError, ValueError, *_TRANSPORT_ERRORS) as error:
            return connection_failure(error, self._endpoint)

    async def _post(
        self, client: AsyncOpenAI, stack: AsyncExitStack, body: dict[str, JsonValue]
    ) -> httpx2.Response:
        """Open the response, to be closed with `stack`."""
        create = client.chat.completions.with_streaming_response.create
        # The body goes as it is: the SDK's parameters are OpenAI's, not every server's.
        opening = create(model="", messages=[], extra_body=body, extra_headers=self._headers())
        return (await stack.enter_async_context(opening)).http_response

    def _headers(self) -> dict[str, str | Omit]:
        """The key, and what the SDK shall not send: what is meant for others."""
        key = self._bare_key
        headers = foreign_headers(self._endpoint.base_url, os.environ)
        return headers | {"Authorization": f"Bearer {key}" if key else Omit()}

    async def _read(
        self, response: httpx2.Response, request: ChatRequest, scribe: WireScribe
    ) -> AsyncGenerator[list[ProviderEvent], None]:
        """Decode the body while it comes, letting the event loop breathe."""
        request_id = request_id_of(response.headers)
        decoder = ResponseDecoder(self._endpoint.base_url, request_id)
        loop = asyncio.get_running_loop()
        rested_at = loop.time()
        bounds = ReplyBounds(request.reply_limit, self._patience.wordless_s, rested_at)
        has_begun = False
        async with (
            aclosing(response.aiter_bytes()) as pieces,
            BodyReader(pieces, lambda: self._taps.is_open) as reader,
        ):
            while not decoder.is_over:
                limit_s = self._silence_limit_s(decoder, request, has_begun=has_begun)
                is_flood = reader.is_ahead
                try:
                    data = await reader.take(limit_s)
                except TimeoutError:
                    silence = silence_failure(limit_s, has_begun=has_begun, request_id=request_id)
                    scribe.gave_up(silence.summary, in_silence=True)
                    yield bounds.cut(decoder.finish(silence))
                    return
                except _TRANSPORT_ERRORS as error:
                    scribe.cut(f"{type(error).__name__}: {error}")
                    yield bounds.cut(decoder.finish(broken_off_failure(error, request_id)))
                    return
                if not data:
                    yield bounds.cut(decoder.finish())
                    return
                has_begun = True
                if not is_flood:
                    rested_at = loop.time()
                for start in range(0, len(data), _SLICE_SIZE):
                    piece = data[start : start + _SLICE_SIZE]
                    scribe.received(piece)
                    yield bounds.hear(len(piece), decoder.feed(piece), loop.time())
                    if bounds.failure is not None:
                        scribe.gave_up(bounds.failure.summary)
                        yield bounds.cut(decoder.finish(bounds.failure))
                        return
                    if loop.time() - rested_at > WORK_S:
                        await breathe()
                        rested_at = loop.time()
            await reader.drain(self._patience.drain_s)

    def _silence_limit_s(
        self, decoder: ResponseDecoder, request: ChatRequest, *, has_begun: bool
    ) -> float:
        """How long the server may say nothing now, not even a comment."""
        patience = self._patience
        if not has_begun:
            return patience.first_byte_s if request.is_streamed else patience.whole_reply_s
        return patience.ending_s if decoder.has_finish_reason else patience.stall_s

    def _wait_before_retry(self, failure: Failure, failures: int) -> float | None:
        """Seconds until the request is worth sending again, or None when it is not."""
        if failures > RETRIES or not is_passing(failure):
            return None
        if failure.retry_after_s is not None:
            wanted_s = failure.retry_after_s
            return wanted_s if wanted_s <= self._patience.longest_wait_s else None
        jitter = random.uniform(0.75, 1.25)  # noqa: S311 - spreads retries, guards nothing
        return self._patience.backoff_s * float(2 ** (failures - 1)) * jitter


@cache
def _tls_context() -> ssl.SSLContext:
    """The machine's certificates, or those of SSL_CERT_FILE, read once for all endpoints."""
    return httpx2.create_ssl_context()


def _error_response(error: openai.APIStatusError) -> ErrorResponse:
    response = error.response
    headers = {name.lower(): value for name, value in response.headers.items()}
    return ErrorResponse(response.status_code, headers, response.content)
