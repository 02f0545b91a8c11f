"""Nothing that was said can break out of its place in the Markdown."""

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chatapp.core.messages import (
    ChatMessage,
    ModelRef,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
)
from chatapp.core.records import StoredConversation
from chatapp.exporters.markdown_export import MarkdownExporter, closed, fenced
from tests.exporters.samples import AT, CONVERSATION, MODEL

PARSER = MarkdownIt("commonmark", {"html": True})

PIECES = (
    "```", "~~~", "````", "`", "\n", "\n\n", "    ", "- ", "> ", "1. ", "<!--", "-->", "<pre>",
    "<script>", "</script>", "<?", "<![CDATA[", "<!X", "<div>", "# ", "===", "[a]: b", "x",
    "<textarea", "</details>", "\t", "\\", "|", "\r\n", "\r", "<style>",
)  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(text=hostile | st.text(max_size=30))
@example(text="```py\nprint(1)")
@example(text="<!-- never\n\nended")
@example(text="- ```\n  in a list")
def test_a_heading_after_any_text_is_a_heading(text: str) -> None:
    tokens = PARSER.parse(f"{closed(text)}\n\n## Next")
    assert [token.type for token in tokens[-3:]] == ["heading_open", "inline", "heading_close"]
    assert (tokens[-3].tag, tokens[-3].level, tokens[-2].content) == ("h2", 0, "Next")


@given(text=hostile)
def test_what_is_closed_already_stays_as_it_is(text: str) -> None:
    assert closed(text).startswith(text)
    assert closed(closed(text)) == closed(text)


@given(text=hostile | st.text(st.characters(exclude_characters="\r\0"), max_size=30))
def test_a_fence_holds_any_text(text: str) -> None:
    (fence,) = PARSER.parse(fenced(text.replace("\r", "")))
    assert fence.type == "fence"
    assert fence.content.rstrip("\n") == text.replace("\r", "").rstrip("\n")


@given(text=hostile, reasoning=hostile, arguments=hostile, title=hostile)
def test_every_message_has_its_heading(
    text: str, reasoning: str, arguments: str, title: str
) -> None:
    parts = (ReasoningPart(reasoning), TextPart(text), ToolCallPart("1", title, arguments))
    messages = (
        ChatMessage("1", None, Role.ASSISTANT, parts, AT, MODEL),
        ChatMessage("2", "1", Role.USER, (TextPart("And then?"),), AT),
    )
    export = MarkdownExporter().export(StoredConversation(CONVERSATION.header, messages, "2"))
    tokens = PARSER.parse(export)
    headings = [
        tokens[index + 1].content
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h2" and token.level == 0
    ]
    assert headings[-1] == "You · 2023-11-14 22:13 UTC"
    assert tokens[-2].content == "And then?"


def test_what_was_said_stands_there_as_it_is() -> None:
    said = "一 *a* \x1b[31m\u202e <b>\n\n    indented"
    messages = (ChatMessage("1", None, Role.USER, (TextPart(said),), AT),)
    export = MarkdownExporter().export(StoredConversation(CONVERSATION.header, messages))
    assert f"\n\n{said}\n" in export


def test_what_was_only_written_has_a_heading_and_no_model() -> None:
    header = replace(CONVERSATION.header, title="hello", model=ModelRef("", ""))
    export = MarkdownExporter().export(StoredConversation(header, (), unsent_text="\nhello\n"))
    assert export == "# hello\n\n*2023-11-14 22:13 UTC*\n\n## Not sent\n\nhello\n"


def test_an_empty_line_is_nothing_that_waits_to_be_sent() -> None:
    export = MarkdownExporter().export(
        StoredConversation(CONVERSATION.header, (), unsent_text="\n")
    )
    assert "Not sent" not in export
