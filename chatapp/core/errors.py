"""What can go wrong, as exceptions and as a value that a conversation can keep.

ChatappError
├── EventOutOfOrder         a stream event broke the grammar of `stream_events` (a bug of ours)
├── ConfigError             a setting is wrong; says file, line and what is allowed
├── KeyUnavailable          a configured key cannot be fetched; says why and how to go on
├── StorageError            conversations cannot be read or kept; says why and what to do
├── CodecError              a JSON value is not the message or conversation it should be
├── ToolError               a tool could not do what the model asked; told to both
├── ProviderError           a request failed; carries the Failure to show
└── LocalModelError         the embedded model cannot run here; says how to go on
"""

from dataclasses import dataclass
from enum import StrEnum


class FailureKind(StrEnum):
    """Why a response failed, as far as the person's next step differs."""

    CONNECTION_REFUSED = "connection_refused"
    NAME_NOT_FOUND = "name_not_found"
    TLS = "tls"
    CONNECTION_LOST = "connection_lost"
    TIMED_OUT = "timed_out"
    CUT = "cut"
    KEY_MISSING = "key_missing"
    KEY_REJECTED = "key_rejected"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    MODEL_NOT_FOUND = "model_not_found"
    RATE_LIMITED = "rate_limited"
    CONTEXT_OVERFLOW = "context_overflow"
    BAD_REQUEST = "bad_request"
    SERVER_ERROR = "server_error"
    OVERLOADED = "overloaded"
    NOT_AN_API = "not_an_api"
    STREAM_ERROR = "stream_error"
    LOCAL_MODEL = "local_model"
    BUG = "bug"


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed response, told to a person.

    `summary` says what happened in a sentence, `server_words` is what the server
    wrote (hostile text: show it through `safe_text`), `next_step` what to do now.
    `actions` names the commands that do it ("retry", "model", "continue"); the
    screen adds their keys.
    """

    kind: FailureKind
    summary: str
    next_step: str = ""
    actions: tuple[str, ...] = ()
    status: int | None = None
    server_words: str = ""
    request_id: str = ""
    retry_after_s: float | None = None


class ChatappError(Exception):
    """Base of every error this program raises on purpose."""


class EventOutOfOrder(ChatappError):
    """A stream event came where the grammar of one response does not allow it."""


class ConfigError(ChatappError):
    """A setting is wrong; the text names the place and what is allowed there."""


class KeyUnavailable(ChatappError):
    """A configured key cannot be fetched; the text says why and never holds it."""


class LocalModelError(ChatappError):
    """The embedded model cannot be fetched or started; the text says why and what to do."""


class StorageError(ChatappError):
    """The database cannot be opened, read or written; the text says why and what to do.

    `is_passing` says that the same call may well work later, once a lock is gone or the person
    has made room or given rights back. Otherwise it never will: what was to be written is too
    large, or the database is damaged.
    """

    def __init__(self, text: str, *, is_passing: bool = False) -> None:
        super().__init__(text)
        self.is_passing = is_passing


class CodecError(ChatappError):
    """A JSON value is not what it should be; the text names the place in it."""


class ToolError(ChatappError):
    """A tool could not do what was asked; the text is told to the model and to the person."""


class ProviderError(ChatappError):
    """A request to an endpoint failed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.summary)
        self.failure = failure
