"""What an HTTP response that is an error means, told to a person."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from chatapp.core.endpoints import Endpoint
from chatapp.core.errors import Failure, FailureKind
from chatapp.providers.addresses import address_hint, key_place, place_of
from chatapp.providers.server_words import codes_of, json_of_body, shorten, words_of_body

_REQUEST_ID_HEADERS = (
    "x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "x-ms-request-id",
    "x-correlation-id", "mistral-correlation-id", "x-trace-id", "x-ds-trace-id", "cf-ray",
)  # fmt: skip

_LONGEST_REQUEST_ID = 200

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


def request_id_of(headers: Mapping[str, str]) -> str:
    """What the server calls this request, for its support; `headers` in lower case."""
    found = next((headers[name] for name in _REQUEST_ID_HEADERS if headers.get(name)), "")
    return found[:_LONGEST_REQUEST_ID]


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
                "Let the model sum it up, begin anew, or choose a model with a larger context.",
                ("compact", "new", "model"),
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
                address_hint(self.endpoint.base_url),
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
            source = self.endpoint.key_source
            return (
                FailureKind.KEY_MISSING,
                f"{self.endpoint.name} wants a key, and none is configured.",
                f"Put it into {key_place(self.endpoint)} and start again."
                if source is None
                else source.hint,
                ("model",) if source is None else ("retry", "model"),
            )
        return (
            FailureKind.KEY_REJECTED,
            f"{self.endpoint.name} did not accept the key.",
            f"Check the key in {key_place(self.endpoint)}, or choose another endpoint's model.",
            ("model",),
        )

    def _redirected(self) -> _Told:
        target = shorten(self.response.headers.get("location", ""))
        return (
            FailureKind.NOT_FOUND,
            f"The server at {place_of(self.endpoint.base_url)} points elsewhere: {target}"
            if target
            else f"The server at {place_of(self.endpoint.base_url)} points elsewhere.",
            "The key is not sent to another address unasked. If this one is right, "
            "make it the base URL.",
            ("model",),
        )


def _is_about_key(codes: frozenset[str], words: str) -> bool:
    return bool(codes & _KEY_CODES or _KEY_WORDS.search(words))
