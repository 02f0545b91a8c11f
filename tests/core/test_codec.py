"""Messages and conversations survive being JSON, and broken JSON is told from good."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.codec import (
    CODEC_VERSION,
    conversation_from_json,
    conversation_to_json,
    message_from_json,
    message_to_json,
)
from chatapp.core.conversation import Conversation
from chatapp.core.errors import CodecError
from chatapp.core.messages import ChatMessage, Role
from chatapp.core.records import ConversationHeader, StoredConversation, TitleSource
from chatapp.core.usage import Usage
from tests.support.conversations import MODELS, histories, played

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def stored(conversation: Conversation) -> StoredConversation:
    header = ConversationHeader(
        conversation_id="c-1",
        title="唐代的诗",
        created_at=1.5,
        updated_at=2.25,
        model=MODELS[2],
        message_count=len(conversation.messages),
        is_pinned=True,
        title_source=TitleSource.MODEL,
        has_unsent_text=True,
    )
    return StoredConversation(header, conversation.messages, conversation.leaf_id, "未发送")


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


@given(histories())
def test_a_conversation_comes_back_as_it_was(events: list[Any]) -> None:
    conversation = stored(played(events))
    assert conversation_from_json(through_json(conversation_to_json(conversation))) == conversation


@given(histories())
def test_a_priced_summary_comes_back_as_it_was(events: list[Any]) -> None:
    for message in played(events).messages:
        summary = replace(message, cost_usd=0.25, is_summary=True)
        assert message_from_json(through_json(message_to_json(summary))) == summary


def message_json() -> dict[str, Any]:
    return {"id": "m", "role": "user", "parts": [{"type": "text", "text": "hi"}], "created_at": 1}


def test_what_is_not_known_is_passed_over() -> None:
    value = message_json() | {"mood": "sunny"}
    assert message_from_json(value).text == "hi"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": None}, "'id' of the message is not text"),
        ({"role": "king"}, "'role' of the message is not one of system, user, assistant, tool"),
        ({"parts": "hi"}, "'parts' of the message is not a list"),
        ({"parts": [3]}, "part 1 of the message is no JSON object"),
        ({"parts": [{"type": "smell"}]}, "no kind of part called 'smell'"),
        ({"created_at": True}, "'created_at' of the message is not a number"),
        ({"created_at": 10**400}, "'created_at' of the message is not a number of usual size"),
        ({"usage": {"prompt_tokens": 1.5}}, "'prompt_tokens' of usage of the message"),
        ({"is_summary": "yes"}, "'is_summary' of the message is not true or false"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(CodecError) as caught:
        message_from_json(message_json() | change)
    assert complaint in str(caught.value)


def test_a_file_of_a_later_version_is_not_guessed_at() -> None:
    value = conversation_to_json(stored(Conversation(MODELS[0])))
    with pytest.raises(CodecError, match=f"has version {CODEC_VERSION + 1}"):
        conversation_from_json(value | {"version": CODEC_VERSION + 1})


def test_a_file_of_another_program_is_told() -> None:
    value = conversation_to_json(stored(Conversation(MODELS[0])))
    with pytest.raises(CodecError, match="not a conversation of chatapp"):
        conversation_from_json(value | {"format": "other"})


@given(json_values, st.sampled_from([*message_json(), "usage", "timing", "failure", "model"]))
def test_no_value_breaks_the_reader(value: Any, name: str) -> None:
    for candidate in (value, message_json() | {name: value}):
        try:
            read = message_from_json(candidate)
        except CodecError:
            continue
        assert isinstance(read, ChatMessage)


@pytest.mark.parametrize("responses", [1, 2])
def test_how_many_responses_a_usage_adds_up_is_kept(responses: int) -> None:
    usage = sum([Usage(1, 2, 3)] * (responses - 1), start=Usage(1, 2, 3))
    message = ChatMessage("r", None, Role.ASSISTANT, (), 0.0, usage=usage)
    known = message_from_json(message_to_json(message)).usage
    assert known == usage
    assert known is not None
    assert known.responses == responses
