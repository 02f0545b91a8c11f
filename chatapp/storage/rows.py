"""Messages, and what came for an open reply, as text in the database and back."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from chatapp.core.changes import (
    PartAppended,
    PartChange,
    PartOpened,
    ToolCallNamed,
    ToolResultChanged,
)
from chatapp.core.codec import message_from_json, message_to_json, part_from_json, part_to_json
from chatapp.core.errors import CodecError
from chatapp.core.messages import (
    ChatMessage,
    Part,
    ReasoningPart,
    ToolCallPart,
    ToolResultPart,
    interrupted,
)
from chatapp.core.ports import JsonValue

Growth = tuple[int, Part | str]
"""What became of a part: its place, and the part anew or text at its end."""


def storable(text: str) -> str:
    """Text as a column can hold it: a lone surrogate has no UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


def storable_or_none(text: str | None) -> str | None:
    """The same for what may be missing."""
    return None if text is None else storable(text)


def body_of(message: ChatMessage) -> str:
    """A message as it lies in its row."""
    return _json(message_to_json(message))


def message_in(body: str) -> ChatMessage:
    """Read a row. Raises CodecError."""
    return message_from_json(_value(body))


def growth_of(changes: Iterable[PartChange]) -> str:
    """Changes of an open reply as they lie in a row."""
    return _json([_change_to_json(change) for change in changes])


def growth_in(changes: str) -> list[Growth]:
    """Read what `growth_of` made. Raises CodecError."""
    value = _value(changes)
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise CodecError("the growth of a reply is no list")
    return [_growth_from_json(item) for item in value]


def broken_off(opening: ChatMessage, growth: Iterable[str]) -> ChatMessage:
    """A reply whose program died, with all that had come. Raises CodecError."""
    parts = [_GrownPart(part) for part in opening.parts]
    for changes in growth:
        for place, grown in growth_in(changes):
            if isinstance(grown, str):
                if place < len(parts):
                    parts[place].pieces.append(grown)
            elif place < len(parts):
                parts[place].become(grown)
            else:
                parts.append(_GrownPart(grown))
    return interrupted(replace(opening, parts=tuple(part.finished() for part in parts)))


def searchable_text(message: ChatMessage) -> str:
    """What a search looks at: the text, and what tools were asked and answered."""
    return "\n".join(_searchable(part) for part in message.parts)


@dataclass(slots=True)
class _GrownPart:
    part: Part
    pieces: list[str] = field(default_factory=list)

    def become(self, part: Part) -> None:
        """Be named late, or be another result; arguments that came before stay."""
        if isinstance(part, ToolCallPart) and isinstance(self.part, ToolCallPart):
            self.part = replace(part, arguments=self.part.arguments)
        else:
            self.part = part

    def finished(self) -> Part:
        text = "".join(self.pieces)
        match self.part:
            case ToolCallPart():
                return replace(self.part, arguments=self.part.arguments + text)
            case ToolResultPart():
                return self.part
            case _:
                return replace(self.part, text=self.part.text + text)


def _change_to_json(change: PartChange) -> JsonValue:
    match change:
        case PartAppended(_, place, text):
            return [place, text]
        case PartOpened(_, place, part) | ToolCallNamed(_, place, part):
            return [place, part_to_json(part)]
        case ToolResultChanged(_, place, part):
            return [place, part_to_json(part)]
        case _:
            assert_never(change)


def _growth_from_json(value: JsonValue) -> Growth:
    match value:
        case [int(place), str(text)] if place >= 0:
            return place, text
        case [int(place), part] if place >= 0:
            return place, part_from_json(part)
        case _:
            raise CodecError("a growth of a reply is no place and part")


def _searchable(part: Part) -> str:
    match part:
        case ToolCallPart(_, name, arguments):
            return f"{name} {_readable(arguments)}"
        case ToolResultPart(_, content):
            return content
        case ReasoningPart():
            return ""
        case _:
            return part.text


def _readable(arguments: str) -> str:
    """JSON without escapes, as some servers write every Chinese character."""
    if "\\u" not in arguments:
        return arguments
    try:
        return json.dumps(json.loads(arguments), ensure_ascii=False)
    except (ValueError, RecursionError):  # the model may send anything
        return arguments


def _json(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # lone surrogates, which only an escape can carry
        return json.dumps(value, separators=(",", ":"))
    return text


def _value(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CodecError(f"a row is no JSON: {error}") from None
    return value
