"""One exchange read item by item: what each is, what it says, what is odd about it. Total."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from chatapp.core.oddities import Finding, Oddity, OddityKind
from chatapp.core.oddity_watches import (
    CallWatch,
    FinishWatch,
    ShapeWatch,
    TextWatch,
    UsageWatch,
)
from chatapp.core.wire import (
    Closing,
    WireBody,
    WireComment,
    WireEnd,
    WireEvent,
    WireItem,
    WireResponse,
)
from chatapp.core.wire_chunks import (
    DONE,
    Chunk,
    ChunkView,
    EventKind,
    compact,
    completion_count,
    cut,
    parse_chunks,
    quoted,
    view_chunk,
)

LONG_SILENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One item, read: what it is above all, the begin of what it says, what is odd about it.

    `text` is what the model says in it, for counting tokens; `completion_tokens` is what the
    server has counted up to here, where it has.
    """

    kind: EventKind
    preview: str
    oddities: tuple[Oddity, ...] = ()
    text: str = ""
    completion_tokens: int | None = None


class ExchangeReader:
    """Reads the items of one exchange in their order; constant work and memory for each.

    `is_streamed` says whether an event stream was asked for.
    """

    def __init__(self, *, is_streamed: bool = True) -> None:
        self._is_streamed = is_streamed
        self._findings: dict[OddityKind, Finding] = {}
        self._items = 0
        self._heard_at: float | None = None
        self._is_refused = False
        self._has_events = self._has_body = self._is_done = False
        self._shape = ShapeWatch()
        self._text = TextWatch()
        self._calls = CallWatch()
        self._finish = FinishWatch()
        self._usage = UsageWatch()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was odd so far, each kind once, in the order in which they came first."""
        return tuple(self._findings.values())

    def read(self, item: WireItem) -> Reading:
        """Read one more item."""
        self._items += 1
        reading = self._view(item)
        silence = tuple(self._silence(item.at))
        if not (silence or reading.oddities):
            return reading
        oddities = tuple(dict.fromkeys((*silence, *reading.oddities)))
        for oddity in oddities:
            known = self._findings.get(oddity.kind)
            first, number = (known.oddity, known.first_item) if known else (oddity, self._items)
            count = known.count + 1 if known else 1
            self._findings[oddity.kind] = Finding(first, number, count)
        return replace(reading, oddities=oddities)

    def _silence(self, at: float) -> Iterator[Oddity]:
        before, self._heard_at = self._heard_at, at
        if before is not None and at - before > LONG_SILENCE_S:
            yield Oddity(OddityKind.SILENCE, f"{at - before:.0f}")

    def _view(self, item: WireItem) -> Reading:
        match item:
            case WireResponse(status=status):
                self._is_refused = status != 200
                kind = dict(item.headers).get("content-type", "")
                return Reading(EventKind.HEAD, f"{status} {kind}".strip(), tuple(self._head(item)))
            case WireComment(text=text):
                keep_alive = Oddity(OddityKind.KEEP_ALIVE, quoted(text))
                return Reading(EventKind.COMMENT, quoted(text), (keep_alive,))
            case WireBody(text=text):
                return self._view_body(text)
            case WireEvent():
                return self._view_event(item)
            case WireEnd(closing=closing, detail=detail):
                preview = f"{closing.words}: {detail}" if detail else closing.words
                return Reading(EventKind.END, preview, tuple(self._end(item)))
            case _:
                assert_never(item)

    def _head(self, head: WireResponse) -> Iterator[Oddity]:
        if head.status != 200:
            yield Oddity(OddityKind.STATUS, str(head.status))
            return
        kind = dict(head.headers).get("content-type", "")
        if self._is_streamed and not kind.lower().startswith("text/event-stream"):
            yield Oddity(OddityKind.CONTENT_TYPE, kind or "missing")

    def _view_body(self, text: str) -> Reading:
        is_first, self._has_body = not self._has_body, True
        is_odd = is_first and self._is_streamed and not (self._is_refused or self._has_events)
        oddities = (Oddity(OddityKind.NOT_A_STREAM),) if is_odd else ()
        chunks = parse_chunks(text) if text.lstrip().startswith("{") else None
        if not chunks:
            return Reading(EventKind.BODY, quoted(text), oddities)
        view = view_chunk(chunks[0])
        if self._is_refused:
            return Reading(EventKind.BODY, view.preview, oddities)
        tokens = completion_count(chunks[0])
        return Reading(EventKind.BODY, view.preview, oddities, view.text, tokens)

    def _view_event(self, event: WireEvent) -> Reading:
        oddities = list(self._fields(event))
        if event.data.strip() == DONE:
            self._is_done = True
            return Reading(EventKind.DONE, DONE, tuple(oddities))
        chunks = parse_chunks(event.data)
        if chunks is None or not chunks:
            oddity = OddityKind.NOT_AN_OBJECT
            if chunks is None:
                oddity = OddityKind.EVENT_CUT if event.is_cut else OddityKind.NOT_JSON
            shown = EventKind.ERROR if event.name == "error" else EventKind.ODD
            return Reading(shown, quoted(event.data), (*oddities, Oddity(oddity)))
        if len(chunks) > 1:
            oddities.append(Oddity(OddityKind.SEVERAL_CHUNKS))
        self._has_events = True
        views: list[ChunkView] = []
        for chunk in chunks:
            views.append(view_chunk(chunk))
            oddities += self._watch(chunk, event.at)
        kind = EventKind.ERROR if event.name == "error" else views[0].kind
        text = "".join(view.text for view in views)
        return Reading(kind, views[0].preview, tuple(oddities), text, self._usage.completion)

    def _fields(self, event: WireEvent) -> Iterator[Oddity]:
        if self._is_done:
            yield Oddity(OddityKind.AFTER_DONE)
        if event.name:
            yield Oddity(OddityKind.EVENT_NAME, quoted(event.name))
        if event.event_id is not None:
            yield Oddity(OddityKind.EVENT_ID)

    def _watch(self, chunk: Chunk, at: float) -> Iterator[Oddity]:
        if error := chunk.error:
            yield Oddity(OddityKind.ERROR_IN_STREAM, cut(compact(error)))
        yield from self._shape.see(chunk)
        yield from self._text.see(chunk)
        yield from self._calls.see(chunk)
        yield from self._finish.see(chunk, at, has_calls=self._calls.has_calls)
        yield from self._usage.see(chunk)

    def _end(self, end: WireEnd) -> Iterator[Oddity]:
        if end.closing is Closing.CUT:
            yield Oddity(OddityKind.CUT, end.detail)
        if end.closing is Closing.GIVEN_UP:
            yield Oddity(OddityKind.GIVEN_UP, end.detail)
        is_whole = end.closing in (Closing.DONE, Closing.CLEAN)
        if not (self._has_events and is_whole):
            return
        if not self._finish.has_come:
            yield Oddity(OddityKind.FINISH_MISSING)
        yield from self._usage.end()
        if not self._is_done:
            yield Oddity(OddityKind.NO_DONE)
