"""The reply that a recorded exchange makes, decoded at once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import assert_never

from chatapp.core.conversation import Conversation
from chatapp.core.endpoints import Endpoint
from chatapp.core.errors import Failure, FailureKind
from chatapp.core.messages import ChatMessage, ModelRef
from chatapp.core.stream_events import (
    Interruption,
    ProviderEvent,
    ReasoningDelta,
    RefusalDelta,
    ReplyClosed,
    RequestSent,
    ResponseFinished,
    ResponseInterrupted,
    TextDelta,
    ToolCallDelta,
    UserSpoke,
)
from chatapp.core.usage import ResponseMeter
from chatapp.core.wire import Closing, Exchange, WireEnd, WireItem, WireResponse
from chatapp.providers.error_responses import ErrorResponse, status_failure
from chatapp.providers.failures import cut_failure
from chatapp.providers.recording import Recording
from chatapp.providers.response_decoder import ResponseDecoder
from chatapp.providers.wire_splitter import wire_bytes

_Told = Callable[[str], None]


class RecordedReply:
    """Decodes the items of one exchange in order; `close` gives the finished reply."""

    def __init__(self, exchange: Exchange, recording: Recording) -> None:
        self._exchange = exchange
        self._endpoint = Endpoint(
            recording.endpoint or "replay", recording.base_url, recording.stand_in
        )
        self._model = ModelRef(self._endpoint.name, recording.models[0])
        self._decoder = ResponseDecoder(recording.base_url)
        self._error_body: list[bytes] = []
        self._is_over = False
        sent_at = exchange.request.at if exchange.request else 0.0
        self._now = sent_at
        self._meter = ResponseMeter(sent_at)
        self._conversation = Conversation(self._model)
        self._conversation.apply(UserSpoke("question", "", self._model, at=0.0))
        self._conversation.apply(RequestSent("reply", "question", self._model, at=0.0))

    def take(self, item: WireItem, text: _Told, reasoning: _Told, refusal: _Told) -> None:
        """Decode one more item; each delta in it goes to one of the three."""
        self._now = item.at
        events = self._decode(item)
        self._apply(events)
        for event in events:
            match event:
                case TextDelta(delta):
                    text(delta)
                case ReasoningDelta(delta):
                    reasoning(delta)
                case RefusalDelta(delta):
                    refusal(delta)
                case _:
                    pass

    def close(self) -> ChatMessage:
        """The reply as it ended; to be called once, after all items."""
        if not self._is_over:
            self._apply(self._decoder.finish())
        self._conversation.apply(ReplyClosed(self._meter.timing(self._now)))
        last = self._conversation.last
        if last is None:
            raise ValueError("a reply was closed twice")
        return last

    def _decode(self, item: WireItem) -> Sequence[ProviderEvent]:
        if isinstance(item, WireResponse):
            return ()
        if isinstance(item, WireEnd):
            return self._end(item)
        if self._has_failed:
            self._error_body.append(wire_bytes(item))
            return ()
        return self._decoder.feed(wire_bytes(item))

    @property
    def _has_failed(self) -> bool:
        response = self._exchange.response
        return response is not None and response.status != 200

    def _end(self, end: WireEnd) -> Sequence[ProviderEvent]:
        response = self._exchange.response
        if end.closing is Closing.STOPPED:
            return () if self._is_over else (ResponseInterrupted(Interruption.STOPPED),)
        if response is not None and response.status != 200:
            error = ErrorResponse(
                response.status, dict(response.headers), b"".join(self._error_body)
            )
            return (ResponseInterrupted(status_failure(error, self._endpoint, self._model.model)),)
        if response is None:
            lost = Failure(FailureKind.CONNECTION_LOST, end.detail or "No answer came.")
            return (ResponseInterrupted(lost),)
        return self._decoder.finish(_cause_of(end))

    def _apply(self, events: Sequence[ProviderEvent]) -> None:
        for event in events:
            if self._is_over and isinstance(event, ResponseInterrupted):
                continue
            self._is_over |= isinstance(event, ResponseFinished | ResponseInterrupted)
            if isinstance(event, TextDelta | ReasoningDelta | RefusalDelta):
                self._meter.add_delta(event.text, self._now)
            elif isinstance(event, ToolCallDelta):
                self._meter.add_delta(event.arguments, self._now)
            self._conversation.apply(event)


def _cause_of(end: WireEnd) -> Failure | None:
    """What broke a reply off, if something did: the connection, or a limit of ours."""
    match end.closing:
        case Closing.CUT:
            return cut_failure()
        case Closing.GIVEN_UP:
            return replace(cut_failure(), summary=end.detail or "The reply was given up.")
        case Closing.DONE | Closing.CLEAN | Closing.STOPPED:
            return None
        case _:
            assert_never(end.closing)
