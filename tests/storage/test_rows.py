"""Rows that were damaged, or written by nobody we know, raise what is expected and nothing else."""

import json
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatapp.core.codec import part_to_json
from chatapp.core.errors import CodecError
from chatapp.core.messages import TextPart, ToolCallPart, ToolResultPart
from chatapp.core.ports import JsonValue
from chatapp.storage.rows import broken_off, message_in
from tests.storage.recording import replied

PARTS = [TextPart("text"), ToolCallPart("a", "name", "{}"), ToolResultPart("a", "content")]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner)
)
parts = st.sampled_from([part_to_json(part) for part in PARTS])
growth = st.lists(st.tuples(st.integers(-3, 3), st.text(max_size=3) | parts), max_size=5)


@given(growth | values)
@example([(-2, "text")])
@example([(-2, {"type": "text", "text": "text"})])
def test_growth_of_any_kind_is_taken_or_refused(grown: JsonValue) -> None:
    with suppress(CodecError):
        broken_off(replied("so far"), [json.dumps(grown)])


@pytest.mark.parametrize("body", ["", "[" * 100_000, "1" * 5000, '"\ud800"', "null", "[1]"])
def test_what_is_no_message_is_refused(body: str) -> None:
    with pytest.raises(CodecError):
        message_in(body)
