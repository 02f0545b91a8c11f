"""What went wrong, told to a person."""

import socket
import ssl
import time

import httpx2
import pytest

from chatapp.core.endpoints import Endpoint, Secret
from chatapp.core.errors import Failure, FailureKind
from chatapp.providers.error_responses import (
    ErrorResponse,
    request_id_of,
    retry_after_s,
    status_failure,
)
from chatapp.providers.failures import connection_failure, masked
from chatapp.providers.server_words import MAX_WORDS, words_of_body

KEY = "sk-stays-at-home-012"
ENDPOINT = Endpoint("acme", "https://api.acme.test/v1", Secret("sk-1"), key_variable="ACME_KEY")


def told(status: int, body: bytes = b"", endpoint: Endpoint = ENDPOINT, **headers: str) -> Failure:
    return status_failure(ErrorResponse(status, headers, body), endpoint, "big-model")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "a"}}', "a"),
        (b'{"error": "a"}', "a"),
        (b'{"message": "a", "object": "error"}', "a"),
        (b'{"detail": "a"}', "a"),
        (b'{"detail": [{"loc": ["body"], "msg": "a"}, {"msg": "b"}]}', "a; b"),
        (b'[{"error": {"message": "a"}}]', "a"),
        (b'{"error": {"message": "{\\"error\\": {\\"message\\": \\"a\\"}}"}}', "a"),
        (b'{"error": {"metadata": {"raw": "upstream"}, "message": "a"}}', "a; upstream"),
        (b'{"errors": ["a", "a"]}', "a"),
        (b'{"status": 7}', '{"status": 7}'),
        (b"  plain words\n", "plain words"),
        (b"<html><title>502</title><style>x{}</style><p>Bad &lt;gateway&gt;", "502: Bad <gateway>"),
        (b"<!doctype html><title>Nope</title><body>Nope, sorry", "Nope, sorry"),
        (b'{"error": {"message": "<html><body>a<br>b</body></html>"}}', "a b"),
        (b"<html><!-- <b>no</b> --><script>if (a<b) x('</b>')</script>a<!-- b", "a"),
        (b"<html><title>a</title></title><SVG></svg >b<title>c", "a c: b"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"", ""),
    ],
)  # fmt: skip
def test_the_servers_words_are_found(body: bytes, words: str) -> None:
    assert words_of_body(body) == words


def test_words_are_never_a_book() -> None:
    assert len(words_of_body(b"word " * 10_000)) <= MAX_WORDS
    assert words_of_body(b"[" * 100_000)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b"", FailureKind.KEY_REJECTED),
        (400, b'{"error":{"message":"API key not valid. Pass one."}}', FailureKind.KEY_REJECTED),
        (402, b'{"error":{"message":"Insufficient Balance"}}', FailureKind.RATE_LIMITED),
        (403, b"", FailureKind.FORBIDDEN),
        (404, b"404 page not found", FailureKind.NOT_FOUND),
        (405, b"", FailureKind.NOT_FOUND),
        (404, b'{"error":{"message":"model \'x\' not found"}}', FailureKind.MODEL_NOT_FOUND),
        (404, b'{"error":{"message":"No endpoints found for x."}}', FailureKind.MODEL_NOT_FOUND),
        (400, b'{"error":{"message":"x is not a valid model ID"}}', FailureKind.MODEL_NOT_FOUND),
        (400, b'{"error":{"message":"Model Not Exist"}}', FailureKind.MODEL_NOT_FOUND),
        (400, b'{"message":"\'x\' does not work with this model"}', FailureKind.BAD_REQUEST),
        (400, b'{"error":{"code":"context_length_exceeded"}}', FailureKind.CONTEXT_OVERFLOW),
        (400, b'{"message":"prompt is too long: 9 > 8 tokens"}', FailureKind.CONTEXT_OVERFLOW),
        (500, b'{"error":"exceeds the available context size"}', FailureKind.CONTEXT_OVERFLOW),
        (413, b"", FailureKind.CONTEXT_OVERFLOW),
        (422, b'{"detail":"?"}', FailureKind.BAD_REQUEST),
        (429, b'{"error":{"message":"Rate limit reached"}}', FailureKind.RATE_LIMITED),
        (408, b"", FailureKind.TIMED_OUT),
        (504, b"<html>Gateway Timeout</html>", FailureKind.TIMED_OUT),
        (500, b"", FailureKind.SERVER_ERROR),
        (502, b"<html>Bad Gateway</html>", FailureKind.SERVER_ERROR),
        (503, b'{"error":{"message":"Loading model"}}', FailureKind.OVERLOADED),
        (529, b"", FailureKind.OVERLOADED),
        (418, b"", FailureKind.BAD_REQUEST),
        (301, b"", FailureKind.NOT_FOUND),
    ],
)  # fmt: skip
def test_a_status_and_its_words_mean_something(status: int, body: bytes, kind: FailureKind) -> None:
    failure = told(status, body)
    assert failure.kind is kind
    assert failure.status == status
    assert failure.next_step
    assert failure.actions


def test_an_unknown_model_is_named() -> None:
    failure = told(404, b'{"error":{"code":"model_not_found"}}')
    assert "big-model" in failure.summary
    assert failure.actions == ("model",)


def test_a_key_is_looked_for_where_it_is_configured() -> None:
    assert "ACME_KEY" in told(401).next_step
    bare = Endpoint("mine", "http://localhost/v1")
    failure = told(401, endpoint=bare)
    assert failure.kind is FailureKind.KEY_MISSING
    assert "config.toml" in failure.next_step


@pytest.mark.parametrize(
    ("base_url", "hint"),
    [
        ("http://localhost:8080", "http://localhost:8080/v1"),
        ("http://localhost:8080/", "http://localhost:8080/v1"),
        ("http://x.test/v1/chat/completions", "try http://x.test/v1"),
        ("http://x.test/api/v4", "OpenAI-compatible"),
        ("http://x.test/v1beta/openai", "OpenAI-compatible"),
    ],
)
def test_a_wrong_address_gets_the_hint_that_fits(base_url: str, hint: str) -> None:
    assert hint in told(404, b"nothing", Endpoint("mine", base_url)).next_step


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:10 GMT"}, 10.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:27:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "9" * 400}, None),
        ({}, None),
    ],
)
def test_retry_after_in_both_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, now=1445412480.0) == seconds


def test_the_request_id_under_its_names() -> None:
    assert request_id_of({"cf-ray": "c", "x-request-id": "x"}) == "x"
    assert request_id_of({"cf-ray": "c"}) == "c"
    assert request_id_of({}) == ""


def test_a_key_is_masked_wherever_it_stands() -> None:
    failure = Failure(FailureKind.BUG, f"a {KEY} b", KEY, server_words=f"{KEY}!", request_id=KEY)
    assert "sk-" not in repr(masked(failure, Secret(KEY)))
    assert masked(failure, None) is failure
    assert masked(failure, Secret("")) is failure


def test_a_key_that_guards_nothing_is_not_looked_for() -> None:
    failure = Failure(FailureKind.BUG, "none of them", server_words="a lama")
    assert masked(failure, Secret("none")) is masked(failure, Secret("a")) is failure


@pytest.mark.parametrize("kept", range(len(KEY) + 2))
def test_a_key_that_is_cut_off_with_the_words_is_masked_too(kept: int) -> None:
    body = b"w" * (MAX_WORDS - 1 - kept) + KEY.encode() + b" and a long way further"
    words = masked(told(500, body), Secret(KEY)).server_words
    assert len(words) <= MAX_WORDS + len("***")
    assert KEY[:4] not in words


def test_a_page_of_markup_alone_is_read_once() -> None:
    for markup in ("<", "<title>", "<svg>", "<svg ", "<!--", "</title>", "&#"):
        began = time.process_time()
        words_of_body(b"<html>" + markup.encode() * (65536 // len(markup)))
        assert time.process_time() - began < 0.5, markup


def _caused(outer: Exception, cause: BaseException) -> Exception:
    outer.__cause__ = cause
    return outer


VERIFY = ssl.SSLCertVerificationError(1, "certificate verify failed")
VERIFY.verify_message = "self-signed certificate"


@pytest.mark.parametrize(
    ("cause", "kind", "part"),
    [
        (
            ConnectionRefusedError(111, "refused"),
            FailureKind.CONNECTION_REFUSED,
            "api.acme.test:443",
        ),
        (
            ExceptionGroup("several", [ConnectionRefusedError(111, "refused")]),
            FailureKind.CONNECTION_REFUSED,
            "api.acme.test:443",
        ),
        (socket.gaierror(-2, "Name or service not known"), FailureKind.NAME_NOT_FOUND, "acme"),
        (VERIFY, FailureKind.TLS, "certificate"),
        (httpx2.ConnectTimeout("slow"), FailureKind.TIMED_OUT, "in time"),
        (httpx2.ProxyError("403"), FailureKind.CONNECTION_REFUSED, "proxy"),
        (httpx2.RemoteProtocolError("Server disconnected"), FailureKind.CONNECTION_LOST, "broke"),
        (ConnectionResetError(104, "reset"), FailureKind.CONNECTION_LOST, "broke"),
        (ValueError("Unknown scheme for proxy URL"), FailureKind.CONNECTION_REFUSED, "set up"),
    ],
)
def test_no_connection_is_told_by_its_cause(
    cause: BaseException, kind: FailureKind, part: str
) -> None:
    failure = connection_failure(_caused(httpx2.ConnectError("failed"), cause), ENDPOINT)
    assert failure.kind is kind
    assert part in failure.summary
    assert "retry" in failure.actions


def test_a_password_in_an_address_is_not_shown() -> None:
    endpoint = Endpoint("mine", "http://me:hunter2@localhost:1/v1")
    failure = connection_failure(ConnectionRefusedError(), endpoint)
    assert "localhost:1" in failure.summary
    assert "hunter2" not in repr(failure)
