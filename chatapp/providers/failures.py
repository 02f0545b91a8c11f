"""Everything that can go wrong between us and a server, told to a person.

Each function makes a `Failure`: what happened, the server's own words, the next step.
"""

import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import httpx2

from chatapp.core.endpoints import Endpoint, Secret
from chatapp.core.errors import Failure, FailureKind, KeyUnavailable
from chatapp.core.wire import MASK, is_worth_masking, masked_text
from chatapp.providers.addresses import address_hint, key_place, place_of, proxy_hint
from chatapp.providers.server_words import is_html, shorten, words_of, words_of_body

_HARMLESS_PIECE = 3
"""So many characters at the begin of a key tell whose it is (`sk-`), and nothing else."""

_RETRIED_STATUSES = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))


def is_passing(failure: Failure) -> bool:
    """Whether the same request may well succeed when it is sent again a little later."""
    if "retry" not in failure.actions:
        return False
    return failure.kind is FailureKind.CONNECTION_LOST or failure.status in _RETRIED_STATUSES


def masked(failure: Failure, secret: Secret | None) -> Failure:
    """The failure without the key in it, should the server have repeated it."""
    key = secret.reveal().strip() if secret else ""
    if not is_worth_masking(key):
        return failure
    texts = (failure.summary, failure.next_step, failure.server_words, failure.request_id)
    summary, next_step, server_words, request_id = (_without(key, text) for text in texts)
    return replace(
        failure,
        summary=summary,
        next_step=next_step,
        server_words=server_words,
        request_id=request_id,
    )


def _without(key: str, text: str) -> str:
    """A text without the key, and without the begin of one that was cut off with the text."""
    text = masked_text(text, key)
    bare = text.removesuffix("…").rstrip()
    sizes = range(min(len(key), len(bare)), _HARMLESS_PIECE, -1)
    size = next((size for size in sizes if bare.endswith(key[:size])), 0)
    return f"{bare[:-size]}{MASK}…" if size and bare != text else text


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
        f"The server at {place_of(base_url)} answered with {what}.",
        address_hint(base_url),
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


def too_many_calls_failure(calls: int) -> Failure:
    """The model called tools as if it would never stop."""
    return Failure(
        FailureKind.CUT,
        f"The reply was stopped: it called more than {calls} tools at once.",
        "None of them was run. Try again, or choose another model.",
        ("retry", "model"),
    )


def overlong_failure(characters: int) -> Failure:
    """The reply is longer than the person wants one to be."""
    return Failure(
        FailureKind.CUT,
        f"The reply was stopped: it is longer than {characters:,} characters.",
        "What arrived is kept. The setting reply_limit allows more; or continue the reply.",
        ("continue", "retry"),
    )


def oversized_failure(what: str) -> Failure:
    """The server sent something larger than is ever held in memory."""
    return Failure(
        FailureKind.CUT,
        f"The reply was given up: the server sent {what}.",
        "What arrived before is kept. Try again, or choose another model.",
        ("retry", "model"),
    )


def wordless_failure(size: int, seconds: float) -> Failure:
    """The server sends and sends, but says nothing."""
    return Failure(
        FailureKind.CUT,
        f"The reply was given up: {size:,} bytes came in {seconds:,.0f} s, and no word in them.",
        "What arrived before is kept. Try again, or choose another model.",
        ("retry", "model"),
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
        f"Look at {key_place(endpoint)}: a quote, a line break or a blank may have slipped in.",
        ("model",),
    )


def unavailable_key_failure(endpoint: Endpoint, error: KeyUnavailable) -> Failure:
    """The key has to be fetched from somewhere, and could not be."""
    return Failure(
        FailureKind.KEY_MISSING,
        f"The key for {endpoint.name} could not be fetched: {error}.",
        endpoint.key_source.hint if endpoint.key_source else "",
        ("retry", "model"),
    )


def address_failure(endpoint: Endpoint) -> Failure:
    """The configured base URL is nothing that a request can be sent to."""
    return Failure(
        FailureKind.NOT_AN_API,
        f"The base URL of {endpoint.name} is no address: {endpoint.base_url}",
        "It must begin with https:// or http://, and mostly ends with /v1.",
        ("model",),
    )


def connection_failure(error: BaseException, endpoint: Endpoint) -> Failure:
    """No response came at all; `error` is what the HTTP client raised."""
    place = place_of(endpoint.base_url)
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
                "Is the server running, and is the port right? Then try again."
                + proxy_hint(endpoint.base_url),
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
            return address_failure(endpoint)
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
    return shorten(next(filter(None, reversed(told)), ""))
