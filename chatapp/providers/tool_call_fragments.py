"""Tool calls put together from fragments, as variously as servers send them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chatapp.core.stream_events import ProviderEvent, ToolCallDelta, ToolCallStarted
from chatapp.providers.part_text import text_or_empty

_JSON_MARK = re.compile(r'["\\{}\[\]]')

_LONGEST_ID = 16 * 1024
"""In characters: gateways put what a model wants to be told again into it, but not a book."""

_LEGACY_INDEX = "function_call"
"""The wire index of the one call that the old `function_call` field can make."""


class _JsonProgress:
    """Whether a JSON object that arrives in fragments is whole; every character is read once."""

    __slots__ = ("_depth", "_escape_at", "_has_begun", "_is_in_string", "_length", "_unread")

    def __init__(self) -> None:
        self._unread: list[str] = []
        self._depth = self._length = 0
        self._escape_at = -1
        self._is_in_string = self._has_begun = False

    def add(self, text: str) -> None:
        self._unread.append(text)

    @property
    def is_empty(self) -> bool:
        return not (self._length or self._unread)

    @property
    def is_whole(self) -> bool:
        for text in self._unread:
            for mark in _JSON_MARK.finditer(text):
                self._read(mark.group(), self._length + mark.start())
            self._length += len(text)
        self._unread.clear()
        return self._has_begun and not (self._depth or self._is_in_string)

    def _read(self, mark: str, place: int) -> None:
        if place == self._escape_at:
            return
        if mark == "\\":
            self._escape_at = place + 1
        elif mark == '"':
            self._is_in_string = not self._is_in_string
        elif not self._is_in_string:
            self._has_begun = True
            self._depth += 1 if mark in "{[" else -1


@dataclass(slots=True)
class _OpenCall:
    """A call that has begun; `tool_call_id` is empty until the server gives one."""

    index: int
    tool_call_id: str
    name: str
    arguments: _JsonProgress = field(default_factory=_JsonProgress)

    @property
    def shown_id(self) -> str:
        return self.tool_call_id or f"call_{self.index + 1}"


@dataclass(frozen=True, slots=True)
class _Fragment:
    """One entry of a delta's `tool_calls`, made regular; what is missing is empty or None."""

    wire_index: object
    tool_call_id: str
    name: str
    arguments: str
    is_after_sibling: bool


class ToolCallAssembler:
    """Decides to which call a fragment belongs, and gives calls dense indexes of our own.

    Most servers send index and id with the name and only the index afterwards. Others leave
    out the index, the id or both, repeat id or name on every fragment, or use one index for all
    calls. An id seen before continues its call; else a fragment begins a new call when it must
    (another name), or when it may (an id or name of its own) and the last call is whole.
    """

    def __init__(self) -> None:
        self._calls: list[_OpenCall] = []
        self._by_wire_index: dict[object, _OpenCall] = {}
        self._by_id: dict[str, _OpenCall] = {}

    def feed(self, entries: object) -> list[ProviderEvent]:
        """Take in a delta's `tool_calls`, whatever it is."""
        if isinstance(entries, Mapping):
            entries = [entries]
        if not isinstance(entries, list):
            return []
        events: list[ProviderEvent] = []
        for place, entry in enumerate(entries):
            if isinstance(entry, Mapping):
                events += self._take(_fragment_of(entry, is_after_sibling=place > 0))
        return events

    def feed_legacy(self, function_call: object) -> list[ProviderEvent]:
        """Take in a delta's `function_call`, the field that `tool_calls` replaced."""
        if not isinstance(function_call, Mapping):
            return []
        return self.feed([{"index": _LEGACY_INDEX, "function": function_call}])

    def _take(self, fragment: _Fragment) -> list[ProviderEvent]:
        if not (fragment.tool_call_id or fragment.name or fragment.arguments):
            return []
        call = self._find(fragment)
        if call is None:
            return self._open(fragment)
        events: list[ProviderEvent] = []
        known = call.shown_id, call.name
        self._register(call, fragment)
        if known != (call.shown_id, call.name):
            events.append(ToolCallStarted(call.index, call.shown_id, call.name))
        has_own_id = fragment.tool_call_id == call.tool_call_id != ""
        is_repeat = has_own_id and _begins_object(fragment) and call.arguments.is_whole
        if fragment.arguments and not is_repeat:
            call.arguments.add(fragment.arguments)
            events.append(ToolCallDelta(call.index, fragment.arguments))
        return events

    def _open(self, fragment: _Fragment) -> list[ProviderEvent]:
        index = len(self._calls)
        is_taken = fragment.tool_call_id in self._by_id
        call = _OpenCall(index, "" if is_taken else fragment.tool_call_id, fragment.name)
        self._calls.append(call)
        self._register(call, fragment)
        events: list[ProviderEvent] = [ToolCallStarted(index, call.shown_id, call.name)]
        if fragment.arguments:
            call.arguments.add(fragment.arguments)
            events.append(ToolCallDelta(index, fragment.arguments))
        return events

    def _register(self, call: _OpenCall, fragment: _Fragment) -> None:
        if not call.tool_call_id and fragment.tool_call_id not in self._by_id:
            call.tool_call_id = fragment.tool_call_id
        if fragment.name != call.name:
            is_piece = call.name and not fragment.name.startswith(call.name)
            call.name = call.name + fragment.name if is_piece else fragment.name or call.name
        if call.tool_call_id:
            self._by_id[call.tool_call_id] = call
        if fragment.wire_index is not None:
            self._by_wire_index[fragment.wire_index] = call

    def _find(self, fragment: _Fragment) -> _OpenCall | None:
        """The open call that the fragment continues, or None when it begins one."""
        by_id = self._by_id.get(fragment.tool_call_id)
        if fragment.wire_index is not None:
            call = self._by_wire_index.get(fragment.wire_index)
            if call is None and by_id is not None and not by_id.arguments.is_whole:
                call = by_id  # an index that counts fragments instead of calls
        else:
            call = by_id or (self._calls[-1] if self._calls else None)
            if fragment.is_after_sibling and fragment.name and by_id is None:
                return None
        return call if call is not None and _continues(fragment, call) else None


def _continues(fragment: _Fragment, call: _OpenCall) -> bool:
    has_new_id = fragment.tool_call_id not in ("", call.tool_call_id) and call.tool_call_id != ""
    if fragment.name and call.name and fragment.name != call.name:
        # a name in pieces is added up, as the reference client does
        is_bare = not (fragment.tool_call_id or fragment.arguments) and call.arguments.is_empty
        return is_bare and fragment.wire_index is not None
    if has_new_id:
        # some servers make up an id for every fragment, so an id alone begins nothing new
        return not call.arguments.is_whole
    if fragment.tool_call_id and fragment.tool_call_id == call.tool_call_id:
        return True
    may_be_new = fragment.wire_index is None or _begins_object(fragment)
    return not (fragment.name and may_be_new and call.arguments.is_whole)


def _begins_object(fragment: _Fragment) -> bool:
    return fragment.arguments.lstrip().startswith("{")


def _fragment_of(entry: Mapping[str, Any], *, is_after_sibling: bool) -> _Fragment:
    candidates = entry.get("function"), entry.get("custom"), entry
    function = next(value for value in candidates if isinstance(value, Mapping))
    arguments = function.get("arguments")
    if arguments is None:
        arguments = function.get("input")
    wire_index = entry.get("index")
    return _Fragment(
        wire_index=wire_index if isinstance(wire_index, int | str) else None,
        tool_call_id=_id_of(entry),
        name=text_or_empty(function.get("name")),
        arguments=_arguments_text(arguments),
        is_after_sibling=is_after_sibling,
    )


def _id_of(entry: Mapping[str, Any]) -> str:
    tool_call_id = text_or_empty(entry.get("id"))
    return tool_call_id if len(tool_call_id) <= _LONGEST_ID else ""


def _arguments_text(arguments: object) -> str:
    if arguments is None:
        return ""
    if isinstance(arguments, str):
        return arguments
    try:
        return json.dumps(arguments, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return ""  # no JSON, so it was never on a wire
