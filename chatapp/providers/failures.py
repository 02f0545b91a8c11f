"""Everything that can go wrong between us and a server, told to a person.

Each function makes a `Failure`: what happened, the server's own words, the next step.
"""

import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx2

from chatapp.core.endpoints import Endpoint, Secret
from chatapp.core.errors import Failure, FailureKind
from chatapp.providers.server_words import (
    codes_of,
    is_html,
    json_of_body,
    words_of,
    words_of_body,
)

_REQUEST_ID_HEADERS = (
    "x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "x-ms-request-id",
    "x-correlation-id", "mistral-correlation-id", "x-trace-id", "x-ds-trace-id", "cf-ray",
)  # fmt: skip

_MODEL_CODES = {
    "model_not_found", "invalid_model", "model_not_available", "unknown_model",
    "deploymentnotfound", "model_not_exist", "modelnotfound",
}  # fmt: skip
_MODEL_WORDS = re.compile(
    r"(?i)\bmodel\b.{0,160}?(does ?n[o']t exist|not found|not exist|unknown|is not available)"
    r"|(invalid|unknown|no such|unrecognized) model\b|not a valid model|no endpoints found for"
)
_CONTEXT_CODES = {
    "context_length_exceeded", "exceed_context_size_error", "context_window_exceeded",
    "string_above_max_length", "request_too_large", "model_context_window_exceeded",
}  # fmt: skip
_CONTEXT_WORDS = re.compile(
    r"(?i)(maximum|max|exceed\w*|available|beyond|larger than|greater than)\b.{0,80}"
    r"\bcontext (length|window|size|limit)|context (length|window|size|limit).{0,80}exceed"
    r"|prompt is too long|prompt too long|input is too long|too many (input )?tokens"
    r"|reduce the length of (the|your) (messages|prompt|input)"
)
_QUOTA_CODES = {"insufficient_quota", "billing_hard_limit_reached", "quota_exceeded", "arrearage"}
_QUOTA_WORDS = re.compile(
    r"(?i)insufficient[ _](quota|balance|credit|funds)|exceeded your current quota|out of credits"
    r"|(no|more) credits|billing|payment required|top up|recharge"
)
_KEY_CODES = {"invalid_api_key", "authentication_error", "invalid_authentication"}
_KEY_WORDS = re.compile(
    r"(?i)(invalid|incorrect|wrong|missing) api[ _-]?key|api[ _-]?key not valid"
)

_RETRIED_STATUSES = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))


def is_passing(failure: Failure) -> bool:
    """Whether the same request may well succeed when it is sent again a little later."""
    if "retry" not in failure.actions:
        return False
    return failure.kind is FailureKind.CONNECTION_LOST or failure.status in _RETRIED_STATUSES


def masked(failure: Failure, secret: Secret | None) -> Failure:
    """The failure without the key in it, should the server have repeated it."""
    key = secret.reveal() if secret else ""
    if not key:
        return failure
    texts = (failure.summary, failure.next_step, failure.server_words, failure.request_id)
    summary, next_step, server_words, request_id = (text.replace(key, "***") for text in texts)
    return replace(
        failure,
        summary=summary,
        next_step=next_step,
        server_words=server_words,
        request_id=request_id,
    )


def request_id_of(headers: Mapping[str, str]) -> str:
    """What the server calls this request, for its support; `headers` in lower case."""
    return next((headers[name] for name in _REQUEST_ID_HEADERS if headers.get(name)), "")


def cut_failure(request_id: str = "") -> Failure:
    """The stream ended before the server said that the reply is complete."""
    return Failure(
        FailureKind.CUT,
        "The reply was cut off: the connection ended before the server said it was complete.",
        "What arrived is kept. Continue the reply, or try again.",
        ("continue", "retry"),
        request_id=request_id,
    )


def stream_failure(error: object, request_id: str = "") -> Failure:
    """The server reported an error in the middle of its reply."""
    status = error.get("code") if isinstance(error, Mapping) else None
    if isinstance(error, Mapping) and not isinstance(status, int):
        status = error.get("status_code")
    is_status = isinstance(status, int) and 400 <= status <= 599
    return Failure(
        FailureKind.STREAM_ERROR,
        "The server reported an error while it was answering.",
        "What arrived is kept. Try again, or choose another model.",
        ("retry", "continue", "model"),
        status=status if is_status and isinstance(status, int) else None,
        server_words=words_of(error),
        request_id=request_id,
    )


def no_api_failure(body: bytes, base_url: str) -> Failure:
    """Something answered with status 200, but it was no chat completion."""
    what = "a web page" if is_html(body) else "something else than a chat completion"
    return Failure(
        FailureKind.NOT_AN_API,
        f"The server at {_place(base_url)} answered with {what}.",
        _address_hint(base_url),
        ("model",),
        status=200,
        server_words=words_of_body(body),
    )


def silence_failure(seconds: float, *, has_begun: bool, request_id: str = "") -> Failure:
    """Nothing came for too long: before the first byte, or in the middle of the reply."""
    if has_begun:
        return Failure(
            FailureKind.CUT,
            f"The reply stalled: the server sent nothing for {seconds:g} s.",
            "What arrived is kept. Continue the reply, or try again.",
            ("continue", "retry"),
            request_id=request_id,
        )
    return Failure(
        FailureKind.TIMED_OUT,
        f"The server did not begin to answer within {seconds:g} s.",
        "It may be busy, or still loading the model. Try again, or choose another model.",
        ("retry", "model"),
        request_id=request_id,
    )


def broken_off_failure(error: Exception, request_id: str = "") -> Failure:
    """The connection broke in the middle of the reply."""
    return replace(
        cut_failure(request_id),
        summary="The reply was cut off: the connection broke before it was complete.",
        server_words="" if isinstance(error, httpx2.RemoteProtocolError) else str(error),
    )


def unusable_key_failure(endpoint: Endpoint) -> Failure:
    """The configured key cannot be a key: no header can carry it."""
    return Failure(
        FailureKind.KEY_REJECTED,
        f"The key for {endpoint.name} holds characters that no key has.",
        f"Look at {_key_place(endpoint)}: a quote, a line break or a blank may have slipped in.",
        ("model",),
    )


def connection_failure(error: BaseException, endpoint: Endpoint) -> Failure:
    """No response came at all; `error` is what the HTTP client raised."""
    place = _place(endpoint.base_url)
    chain = list(_chain(error))
    for cause in chain:
        failure = _failure_of_cause(cause, place, endpoint)
        if failure is not None:
            return failure
    return Failure(
        FailureKind.CONNECTION_LOST,
        f"The connection to {place} broke before an answer came.",
        "Check the network, then try again.",
        ("retry", "model"),
        server_words=_own_words(chain),
    )


def _failure_of_cause(cause: BaseException, place: str, endpoint: Endpoint) -> Failure | None:
    match cause:
        case ConnectionRefusedError():
            return Failure(
                FailureKind.CONNECTION_REFUSED,
                f"Nothing answers at {place}: the connection was refused.",
                "Is the server running, and is the port right? Then try again.",
                ("retry", "model"),
            )
        case socket.gaierror():
            host = urlsplit(endpoint.base_url).hostname or endpoint.base_url
            may_pass = cause.errno == socket.EAI_AGAIN
            return Failure(
                FailureKind.NAME_NOT_FOUND,
                f"There is no address for the name {host}.",
                "Check the network, or the name service, and try again."
                if may_pass
                else "Check the base URL for a typing error, and the network. Then try again.",
                ("retry", "model"),
                server_words=cause.strerror or "",
            )
        case ssl.SSLError():
            return _tls_failure(cause, place)
        case httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return Failure(
                FailureKind.TIMED_OUT,
                f"{place} did not accept a connection in time.",
                "Check the address, the network and the proxy. Then try again.",
                ("retry", "model"),
            )
        case httpx2.ProxyError():
            return Failure(
                FailureKind.CONNECTION_REFUSED,
                f"The proxy did not let us through to {place}.",
                "Check HTTPS_PROXY and NO_PROXY in the environment. Then try again.",
                ("retry", "model"),
                server_words=str(cause),
            )
        case httpx2.UnsupportedProtocol() | httpx2.InvalidURL():
            return Failure(
                FailureKind.NOT_AN_API,
                f"The base URL of {endpoint.name} is no address: {endpoint.base_url}",
                "It must begin with https:// or http://, and mostly ends with /v1.",
                ("model",),
            )
        case ValueError() | ImportError() | FileNotFoundError():
            return Failure(
                FailureKind.CONNECTION_REFUSED,
                f"A connection to {place} cannot be set up.",
                "Check the base URL, and HTTPS_PROXY, ALL_PROXY and SSL_CERT_FILE.",
                ("retry", "model"),
                server_words=str(cause),
            )
        case _:
            return None


def _tls_failure(error: ssl.SSLError, place: str) -> Failure:
    if isinstance(error, ssl.SSLCertVerificationError):
        next_step = (
            "Check the address and this machine's clock. For a certificate of your own, "
            "name its authority in SSL_CERT_FILE."
        )
        summary = f"The certificate of {place} could not be verified."
        words = error.verify_message
    else:
        summary = f"No secure connection to {place} could be made."
        next_step = "If the server speaks plain HTTP, write http:// in the base URL."
        words = error.reason or str(error)
    return Failure(FailureKind.TLS, summary, next_step, ("retry", "model"), server_words=words)


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """An HTTP response that is an error; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def status_failure(response: ErrorResponse, endpoint: Endpoint, model: str = "") -> Failure:
    """The failure that an error response means."""
    parsed = json_of_body(response.body)
    words = words_of_body(response.body)
    kind, summary, next_step, actions = _Verdict(response, endpoint, model).find(
        codes_of(parsed), words
    )
    return Failure(
        kind,
        summary,
        next_step,
        actions,
        status=response.status,
        server_words=words,
        request_id=request_id_of(response.headers),
        retry_after_s=retry_after_s(response.headers),
    )


def retry_after_s(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds until the server wants to be asked again; `now` is seconds since the epoch."""
    for name, factor in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"\d{1,9}(\.\d*)?", value):
            return float(value) * factor
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return max(0.0, date.timestamp() - (time.time() if now is None else now))


_Told = tuple[FailureKind, str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Finds what an error response means, from its status and its words."""

    response: ErrorResponse
    endpoint: Endpoint
    model: str

    def find(self, codes: frozenset[str], words: str) -> _Told:
        status, name = self.response.status, self.endpoint.name
        if codes & _CONTEXT_CODES or _CONTEXT_WORDS.search(words) or status == 413:
            return (
                FailureKind.CONTEXT_OVERFLOW,
                "The conversation is longer than the model can read at once.",
                "Begin a new conversation, or choose a model with a larger context.",
                ("new", "model"),
            )
        if status == 401 or (status in (400, 403) and _is_about_key(codes, words)):
            return self._about_key()
        if status == 402 or codes & _QUOTA_CODES or (status == 429 and _QUOTA_WORDS.search(words)):
            return (
                FailureKind.RATE_LIMITED,
                f"The account at {name} has no quota or credit left.",
                "Look at its plan and billing, or choose another model.",
                ("model",),
            )
        if codes & _MODEL_CODES or (status in (400, 404, 422) and _MODEL_WORDS.search(words)):
            return (
                FailureKind.MODEL_NOT_FOUND,
                f"{name} does not know the model {self.model}."
                if self.model
                else f"{name} does not know this model.",
                "Choose another model.",
                ("model",),
            )
        return self._by_status()

    def _by_status(self) -> _Told:
        status, name = self.response.status, self.endpoint.name
        if 300 <= status < 400:
            return self._redirected()
        if status == 403:
            return (
                FailureKind.FORBIDDEN,
                f"{name} does not allow this.",
                "The key may lack the right to this model, or the country may be blocked. "
                "Choose another model, or look at the account.",
                ("model",),
            )
        if status in (404, 405):
            return (
                FailureKind.NOT_FOUND,
                f"There is no chat API at {self.endpoint.base_url}.",
                _address_hint(self.endpoint.base_url),
                ("model",),
            )
        if status == 429:
            wait = retry_after_s(self.response.headers)
            pause = f"Wait {wait:.0f} s" if wait else "Wait a little"
            return (
                FailureKind.RATE_LIMITED,
                f"{name} wants fewer requests for now.",
                f"{pause}, then try again, or choose another model.",
                ("retry", "model"),
            )
        if status in (408, 504, 524):
            return (
                FailureKind.TIMED_OUT,
                f"{name} gave up on the request after too long a time.",
                "Try again, or choose another model.",
                ("retry", "model"),
            )
        if status in (503, 529):
            return (
                FailureKind.OVERLOADED,
                f"{name} is overloaded, or the model is still loading.",
                "Wait a little, then try again, or choose another model.",
                ("retry", "model"),
            )
        if status >= 500:
            return (
                FailureKind.SERVER_ERROR,
                f"{name} failed to answer.",
                "Try again, or choose another model.",
                ("retry", "model"),
            )
        return (
            FailureKind.BAD_REQUEST,
            f"{name} did not accept the request.",
            "The server's words say why. Change the settings or the model, then try again.",
            ("retry", "model"),
        )

    def _about_key(self) -> _Told:
        if self.endpoint.api_key is None or not self.endpoint.api_key.reveal():
            return (
                FailureKind.KEY_MISSING,
                f"{self.endpoint.name} wants a key, and none is configured.",
                f"Put it into {_key_place(self.endpoint)} and start again.",
                ("model",),
            )
        return (
            FailureKind.KEY_REJECTED,
            f"{self.endpoint.name} did not accept the key.",
            f"Check the key in {_key_place(self.endpoint)}, or choose another endpoint's model.",
            ("model",),
        )

    def _redirected(self) -> _Told:
        target = self.response.headers.get("location", "")
        return (
            FailureKind.NOT_FOUND,
            f"The server at {_place(self.endpoint.base_url)} points elsewhere: {target}"
            if target
            else f"The server at {_place(self.endpoint.base_url)} points elsewhere.",
            "The key is not sent to another address unasked. If this one is right, "
            "make it the base URL.",
            ("model",),
        )


def _is_about_key(codes: frozenset[str], words: str) -> bool:
    return bool(codes & _KEY_CODES or _KEY_WORDS.search(words))


def _key_place(endpoint: Endpoint) -> str:
    return endpoint.key_variable or f"api_key of the endpoint {endpoint.name} in config.toml"


def _place(base_url: str) -> str:
    """Host and port of an address, without a name and password that may stand before them."""
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:
        return base_url.rpartition("@")[2]
    host = parts.hostname or base_url
    port = port or {"https": 443, "http": 80}.get(parts.scheme)
    return f"{host}:{port}" if port else host


def _address_hint(base_url: str) -> str:
    """What is probably wrong with a base URL where no API answers."""
    bare = base_url.rstrip("/")
    if bare.endswith("/chat/completions"):
        return f"The base URL ends too late: try {bare.removesuffix('/chat/completions')}"
    if re.search(r"/v\d+\w*(/|$)", bare):
        return "Check the base URL: is this the address of an OpenAI-compatible API?"
    return f"Most servers want /v1 at the end of the base URL: try {bare}/v1"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception with everything that led to it, itself first."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        if isinstance(current, BaseExceptionGroup):
            waiting += current.exceptions
        waiting += [current.__cause__, current.__context__]


def _own_words(chain: list[BaseException]) -> str:
    """The innermost words of the HTTP client or the system; never a request with its headers."""
    told = [str(error) for error in chain if isinstance(error, OSError | httpx2.TransportError)]
    return next(filter(None, reversed(told)), "")
