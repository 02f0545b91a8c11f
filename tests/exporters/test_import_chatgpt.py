"""ChatGPT's export: the tree of messages with its branches, tools and oddities."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.message_tree import MessageTree
from chatapp.core.messages import (
    Ending,
    ModelRef,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.records import ImportProblem, StoredConversation, TitleSource
from chatapp.exporters.files import read_imports
from tests.exporters.chatgpt_values import AT, BRANCHED, GPT, Json, conversation, message, tree


def read(folder: Path, *values: Any) -> list[StoredConversation | ImportProblem]:
    file = folder / "conversations.json"
    file.write_text(json.dumps(values), encoding="utf-8")
    return [*read_imports(file)]


def read_one(folder: Path, value: Json) -> StoredConversation:
    (found,) = read(folder, value)
    assert isinstance(found, StoredConversation)
    return found


def test_branches_and_the_path_that_was_shown_are_kept(tmp_path: Path) -> None:
    found = read_one(tmp_path, conversation(BRANCHED, current_node="end"))
    header = found.header
    assert (header.conversation_id, header.title) == ("chatgpt-c-1", "空调")
    assert (header.created_at, header.updated_at) == (AT, AT + 100)
    assert (header.message_count, header.title_source) == (5, TitleSource.MODEL)
    assert header.model == ModelRef("chatgpt", "gpt-4o")
    shown = MessageTree(found.messages, found.leaf_id)
    assert [one.text for one in shown.path] == ["为什么？", "因为…", "More", "End"]
    assert shown.place(shown.path_ids[1]).count == 2
    assert [one.role for one in shown.path] == [Role.USER, Role.ASSISTANT] * 2
    assert shown.path[3].created_at == AT + 3
    assert shown.path[1].finish_reason == "stop"


def test_ids_are_the_same_every_time(tmp_path: Path) -> None:
    value = conversation(BRANCHED)
    assert read_one(tmp_path, value) == read_one(tmp_path, value)


def test_a_reply_with_tools_is_one_message(tmp_path: Path) -> None:
    call = {"content_type": "code", "language": "python", "text": "print(6 * 7)"}
    output = {"content_type": "execution_output", "text": "42"}
    thought = {
        "content_type": "thoughts",
        "thoughts": [{"summary": "Sum", "content": "6 by 7"}, {"content": "Good."}],
    }
    mapping = tree(
        ("ask", None, message("user", "6 * 7?")),
        ("think", "ask", message("assistant", content=thought, metadata=GPT)),
        ("recap", "think", message("assistant", content={"content_type": "reasoning_recap"})),
        ("say", "recap", message("assistant", "Let me see.")),
        ("call", "say", message("assistant", content=call, recipient="python")),
        ("run", "call", message("tool", content=output, name="python")),
        ("shown", "run", message("tool", "The person sees it.", name="python")),
        ("answer", "shown", message("assistant", "42.", metadata=GPT)),
        ("rest", "answer", message("assistant", "That is all.", metadata=GPT)),
    )
    found = read_one(tmp_path, conversation(mapping))
    reply = found.messages[1]
    assert reply.parts == (
        ReasoningPart("**Sum**\n\n6 by 7\n\nGood."),
        TextPart("Let me see."),
        ToolCallPart("chatgpt-c-1-think-1", "python", '{"input": "print(6 * 7)"}'),
        ToolResultPart("chatgpt-c-1-think-1", "42\n\nThe person sees it."),
        TextPart("42.\n\nThat is all."),
    )
    assert (len(found.messages), found.leaf_id) == (2, reply.message_id)


def test_a_branch_within_a_reply_begins_a_message(tmp_path: Path) -> None:
    query = {"content_type": "text", "parts": ['{"q": "唐"}']}
    mapping = tree(
        ("ask", None, message("user", "Search")),
        ("call", "ask", message("assistant", content=query, recipient="web.search")),
        ("one", "call", message("tool", "first", name="web.search")),
        ("two", "call", message("tool", "second", name="web.search")),
        ("end", "two", message("assistant", "Done")),
    )
    found = read_one(tmp_path, conversation(mapping))
    assert [len(one.parts) for one in found.messages] == [1, 1, 2, 3]
    assert found.messages[1].parts[0] == ToolCallPart(
        "chatgpt-c-1-call-1", "web.search", '{"q": "唐"}'
    )
    made_up, result, text = found.messages[3].parts
    assert made_up == ToolCallPart("chatgpt-c-1-two-1", "web.search", "{}")
    assert result == ToolResultPart("chatgpt-c-1-two-1", "second")
    assert text == TextPart("Done")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"content_type": "text", "parts": ["a", "b"]}, "ab"),
        ({"content_type": "code", "language": "sql", "text": "```"}, "````sql\n```\n````"),
        ({"content_type": "code", "language": "unknown", "text": "x"}, "```\nx\n```"),
        ({"content_type": "execution_output", "text": "7"}, "```\n7\n```"),
        (
            {
                "content_type": "multimodal_text",
                "parts": [
                    {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"},
                    "What is it?",
                    {"content_type": "audio_transcription", "text": " Heard."},
                ],
            },
            "[image]\n\nWhat is it? Heard.",
        ),
        (
            {"content_type": "tether_quote", "title": "T", "url": "https://u", "text": "Q"},
            "T\nhttps://u\nQ",
        ),
        ({"content_type": "tether_browsing_display", "result": "R", "summary": "S"}, "R"),
        ({"content_type": "system_error", "name": "Timeout", "text": "Slow"}, "Timeout: Slow"),
        ({"content_type": "of tomorrow", "text": "words"}, "words"),
        ({"content_type": "text", "parts": ["\ud800"]}, "\ufffd"),
    ],
)
def test_every_kind_of_content_is_text(tmp_path: Path, content: Json, text: str) -> None:
    found = read_one(tmp_path, conversation(tree(("a", None, message("user", content=content)))))
    assert found.messages[0].text == text


@pytest.mark.parametrize(
    ("kind", "ending", "finish_reason"),
    [
        ("interrupted", Ending.STOPPED, None),
        ("max_tokens", Ending.FINISHED, "length"),
        ("stop", Ending.FINISHED, "stop"),
    ],
)
def test_how_a_reply_ended(
    tmp_path: Path, kind: str, ending: Ending, finish_reason: str | None
) -> None:
    said = message("assistant", "x", metadata={"finish_details": {"type": kind}})
    reply = read_one(tmp_path, conversation(tree(("a", None, said)))).messages[0]
    assert (reply.ending, reply.finish_reason) == (ending, finish_reason)


def test_without_a_current_node_the_path_ends_where_there_is_weight(tmp_path: Path) -> None:
    mapping = tree(
        ("ask", None, message("user", "?")),
        ("kept", "ask", message("assistant", "kept")),
        ("dropped", "ask", message("assistant", "dropped", weight=0.0)),
    )
    found = read_one(tmp_path, conversation(mapping, current_node=None))
    assert (len(found.messages), found.leaf_id) == (3, "chatgpt-c-1-kept")


def test_a_failed_tool_has_failed(tmp_path: Path) -> None:
    error = {"content_type": "system_error", "name": "Timeout", "text": "Slow"}
    found = read_one(
        tmp_path, conversation(tree(("a", None, message("tool", content=error, name="python"))))
    )
    call, result = found.messages[0].parts
    assert isinstance(call, ToolCallPart)
    assert isinstance(result, ToolResultPart)
    assert (call.name, result.status) == ("python", ToolStatus.FAILED)


def test_a_broken_conversation_does_not_lose_the_others(tmp_path: Path) -> None:
    good = conversation(BRANCHED)
    broken = [
        {"title": "No tree", "mapping": [], "id": "x"},
        conversation({}, title="Empty", current_node=None),
        conversation(BRANCHED, conversation_id=None, title="\x1b[31m"),
        17,
    ]
    first, *problems, last = read(tmp_path, good, *broken, good)
    assert first == last
    assert [type(problem) for problem in problems] == [ImportProblem] * 4
    assert problems[:2] == [
        ImportProblem("conversation 2 (No tree)", "its mapping is no JSON object"),
        ImportProblem("conversation 3 (Empty)", "it has no messages"),
    ]


def test_a_ring_and_a_tree_a_thousand_deep_are_read(tmp_path: Path) -> None:
    ring = tree(("a", "b", message("user", "a")), ("b", "a", message("assistant", "b")))
    assert len(read_one(tmp_path, conversation(ring)).messages) == 2
    deep = tree(
        *(
            (str(at), str(at - 1) if at else None, message(("user", "assistant")[at % 2], str(at)))
            for at in range(1500)
        )
    )
    assert len(read_one(tmp_path, conversation(deep)).messages) == 1500


KEYS = (
    "mapping", "id", "message", "author", "role", "content", "parts", "children", "parent",
    "content_type", "metadata", "text", "recipient", "a", "b",
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(values=st.lists(json_values, max_size=3), nodes=st.dictionaries(st.text(), json_values))
def test_no_value_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, values: list[Any], nodes: Json
) -> None:
    folder = tmp_path_factory.getbasetemp()
    good = conversation(BRANCHED)
    items = read(folder, good, *values, conversation({"x": {}, **nodes}), good)
    assert len(items) == len(values) + 3
    assert items[0] == items[-1] == read_one(folder, good)
