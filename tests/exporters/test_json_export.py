"""What is exported as JSON is the same conversation when it comes back."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.core.messages import ModelRef
from chatapp.core.records import ConversationHeader, StoredConversation, TitleSource
from chatapp.core.safe_text import safe_text
from chatapp.core.stream_events import StreamEvent
from chatapp.exporters.files import read_imports
from chatapp.exporters.json_export import JsonExporter, json_line
from tests.exporters.samples import CONVERSATION
from tests.support.conversations import MODELS, histories, played

moments = st.floats(0, 4e9)


@st.composite
def conversations(draw: st.DrawFn) -> StoredConversation:
    events: Sequence[StreamEvent] = draw(histories())
    conversation = played(events)
    unsent_text = draw(st.text(max_size=20))
    header = ConversationHeader(
        conversation_id=draw(st.uuids()).hex,
        title=draw(st.text(min_size=1, max_size=20)),
        created_at=draw(moments),
        updated_at=draw(moments),
        model=draw(st.sampled_from(MODELS) | st.builds(ModelRef, st.text(), st.text())),
        message_count=len(conversation.messages),
        is_pinned=draw(st.booleans()),
        title_source=draw(st.sampled_from(TitleSource)),
        has_unsent_text=bool(unsent_text),
    )
    return StoredConversation(header, conversation.messages, conversation.leaf_id, unsent_text)


def read_back(folder: Path, text: str) -> list[object]:
    file = folder / "export.json"
    file.write_bytes(text.encode())
    return [*read_imports(file)]


@given(conversation=conversations())
def test_import_of_an_export_is_the_conversation(
    tmp_path_factory: pytest.TempPathFactory, conversation: StoredConversation
) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert read_back(folder, JsonExporter().export(conversation)) == [conversation]


@settings(max_examples=25)  # several histories each
@given(several=st.lists(conversations(), min_size=1, max_size=3))
def test_so_are_several_in_a_list_or_one_a_line(
    tmp_path_factory: pytest.TempPathFactory, several: list[StoredConversation]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    lines = [json_line(conversation) for conversation in several]
    assert read_back(folder, "\n".join(lines)) == several
    assert read_back(folder, "[\n" + ",\n".join(lines) + "\n]\n") == several


@given(text=st.text(st.characters(codec=None), max_size=30))
def test_nothing_in_it_acts_on_a_terminal_and_nothing_is_lost(text: str) -> None:
    line = json_line(StoredConversation(CONVERSATION.header, (), None, text))
    assert safe_text(line) == line
    line.encode()
    if not any("\ud800" <= character < "\ue000" for character in text):
        assert json.loads(line)["unsent_text"] == text
