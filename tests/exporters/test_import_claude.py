"""Claude's export: blocks of content side by side, attachments, branches where it has them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.message_tree import MessageTree
from chatapp.core.messages import (
    ModelRef,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.records import ImportProblem, StoredConversation
from chatapp.exporters.files import read_imports
from tests.exporters.claude_values import FIRST_PARENT, Json, conversation, message, text


def read(folder: Path, *values: Any) -> list[StoredConversation | ImportProblem]:
    file = folder / "conversations.json"
    file.write_text(json.dumps(values), encoding="utf-8")
    return [*read_imports(file)]


def read_one(folder: Path, value: Json) -> StoredConversation:
    (found,) = read(folder, value)
    assert isinstance(found, StoredConversation)
    return found


def test_a_conversation_with_a_tool(tmp_path: Path) -> None:
    found = read_one(
        tmp_path,
        conversation(
            message("m1", "human", text("写诗")),
            message(
                "m2",
                "assistant",
                {"type": "thinking", "thinking": "A poem.", "summaries": []},
                text("Let me look."),
                {"type": "tool_use", "id": "t1", "name": "web_search", "input": {"q": "唐诗"}},
                {
                    "type": "tool_result",
                    "tool_use_id": "t1",
                    "content": [
                        {"type": "knowledge", "title": "T", "url": "https://u", "text": "床前"},
                        {"type": "text", "text": "明月光"},
                    ],
                    "is_error": False,
                },
                {"type": "token_budget"},
                text("床前明月光"),
            ),
        ),
    )
    header = found.header
    assert (header.conversation_id, header.title) == ("claude-u-1", "诗")
    assert (header.created_at, header.updated_at) == (1740819600.0, 1740826800.0)
    question, reply = found.messages
    assert (question.role, question.text, question.created_at) == (Role.USER, "写诗", 1740823200.25)
    assert reply.model == ModelRef("claude", "unknown")
    assert reply.parts == (
        ReasoningPart("A poem."),
        TextPart("Let me look."),
        ToolCallPart("t1", "web_search", '{"q": "唐诗"}'),
        ToolResultPart("t1", "T\nhttps://u\n床前\n\n明月光"),
        TextPart("床前明月光"),
    )
    assert found.leaf_id == reply.message_id == "claude-u-1-m2"


def test_calls_without_ids_are_answered_in_order(tmp_path: Path) -> None:
    found = read_one(
        tmp_path,
        conversation(
            message(
                "m1",
                "assistant",
                {"type": "tool_use", "name": "a", "input": {}},
                {"type": "tool_use", "name": "b", "input": None},
                {"type": "tool_result", "content": "one"},
                {"type": "tool_result", "content": "two", "is_error": True},
            )
        ),
    )
    assert found.messages[0].parts == (
        ToolCallPart("claude-u-1-m1-1", "a", "{}"),
        ToolCallPart("claude-u-1-m1-2", "b", "{}"),
        ToolResultPart("claude-u-1-m1-1", "one"),
        ToolResultPart("claude-u-1-m1-2", "two", ToolStatus.FAILED),
    )


def test_attachments_stand_below_the_message(tmp_path: Path) -> None:
    asked = message(
        "m1",
        "human",
        attachments=[{"file_name": "a.md", "extracted_content": "```\nx\n```"}],
        files=[{"file_name": "b.png"}],
        text="Read",
    )
    found = read_one(tmp_path, conversation(asked, name=""))
    assert found.messages[0].text == (
        "Read\n\n[file: a.md]\n\n````\n```\nx\n```\n````\n\n[file: b.png]"
    )
    assert found.header.title.startswith("Read [file: a.md]")


def test_branches_are_kept_where_parents_are_named(tmp_path: Path) -> None:
    value = conversation(
        message("m1", "human", text("a"), parent_message_uuid=FIRST_PARENT),
        message("m2", "assistant", text("b"), parent_message_uuid="m1"),
        message("m3", "assistant", text("c"), parent_message_uuid="m1"),
        current_leaf_message_uuid="m2",
    )
    found = read_one(tmp_path, value)
    shown = MessageTree(found.messages, found.leaf_id)
    assert [one.text for one in shown.path] == ["a", "b"]
    assert shown.place(shown.path_ids[1]).count == 2


def test_one_follows_another_where_they_are_not(tmp_path: Path) -> None:
    found = read_one(
        tmp_path,
        conversation(
            message("m1", "human", text("a")),
            message("m2", "assistant"),
            message("m3", "human", text("c")),
        ),
    )
    assert [(one.text, one.parent_id) for one in found.messages] == [
        ("a", None),
        ("c", "claude-u-1-m1"),
    ]


def test_a_broken_conversation_does_not_lose_the_others(tmp_path: Path) -> None:
    good = conversation(message("m1", "human", text("a")))
    first, nothing, wrong, nameless, last = read(
        tmp_path,
        good,
        conversation(),
        {"uuid": "x", "chat_messages": 3},
        {"chat_messages": []},
        good,
    )
    assert first == last
    assert nothing == ImportProblem("conversation 2 (诗)", "it has no messages")
    assert wrong == ImportProblem("conversation 3", "its chat_messages are no list")
    assert nameless == ImportProblem("conversation 4", "it has no uuid")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["uuid", "content", "type", "text", "sender", "input", "name", "files"])
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(messages=st.lists(json_values, max_size=4), blocks=st.lists(json_values, max_size=4))
def test_no_value_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, messages: list[Any], blocks: list[Any]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    typed = [
        {"type": kind, "input": block, "content": block, "thinking": block, "text": block}
        for block in blocks
        for kind in ("tool_use", "tool_result", "thinking", "text")
    ]
    good = message("m1", "human", text("a"))
    value = conversation(good, *messages, message("m9", "assistant", *blocks, *typed))
    assert isinstance(read_one(folder, value), StoredConversation)
