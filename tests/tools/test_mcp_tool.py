"""Names, declarations and results of MCP tools, whatever a server sends."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import types

from chatapp.core.safe_text import safe_text
from chatapp.tools.mcp_names import namespaced
from chatapp.tools.mcp_results import result_text
from chatapp.tools.mcp_tool import ANY_ARGUMENTS, LONGEST_DESCRIPTION, ListedTool, declare

LEGAL = re.compile(r"[a-zA-Z0-9_-]{1,64}")

server_names = st.from_regex(r"[A-Za-z0-9-]{1,15}(_[A-Za-z0-9-]{1,15})?", fullmatch=True)
tool_names = st.one_of(st.text(max_size=80), st.from_regex(r"[A-Za-z0-9_-]{1,80}", fullmatch=True))


@given(server_names, tool_names)
def test_any_name_becomes_legal_and_shows_its_server(server: str, tool: str) -> None:
    name = namespaced(server, tool)
    assert LEGAL.fullmatch(name)
    assert name.startswith(f"{server}__")


@given(st.lists(st.tuples(server_names, tool_names), unique=True, max_size=6))
def test_no_two_tools_share_a_name(pairs: list[tuple[str, str]]) -> None:
    assert len({namespaced(*pair) for pair in pairs}) == len(pairs)


def test_a_legal_name_stays_and_another_can_still_be_read() -> None:
    assert namespaced("files", "read_file") == "files__read_file"
    assert re.fullmatch(r"files__read_me-[0-9a-f]{8}", namespaced("files", "read me"))
    assert re.fullmatch(r"files__[0-9a-f]{8}", namespaced("files", "读取"))
    assert namespaced("files", "\ud800") != namespaced("files", "\ud801")


@given(st.text())
def test_a_description_hides_nothing_and_is_bounded(description: str) -> None:
    declared = declare("s", ListedTool("t", description, {"type": "object"})).description
    assert declared == safe_text(declared)
    assert len(declare("s", ListedTool("t", description * 500, {})).description) <= (
        LONGEST_DESCRIPTION
    )


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "array"},
        {"type": ["object"]},
        {"type": "object", "properties": {"a": {"description": "x" * 40_000}}},
    ],
)
def test_a_schema_of_no_use_is_replaced_by_one_that_allows_all(schema: dict[str, str]) -> None:
    assert declare("s", ListedTool("t", "", schema)).parameters == ANY_ARGUMENTS


def test_a_schema_nested_without_end_is_replaced() -> None:
    deep: dict[str, object] = {"type": "object"}
    for _ in range(5_000):
        deep = {"type": "object", "properties": {"a": deep}}
    assert declare("s", ListedTool("t", "", deep)).parameters == ANY_ARGUMENTS  # type: ignore[arg-type]


def test_content_that_is_no_text_is_described() -> None:
    result = types.CallToolResult(
        content=[
            types.TextContent(text="看"),
            types.ImageContent(data="QUJDRA==", mime_type="image/png"),
            types.AudioContent(data="QUJD", mime_type="audio/wav"),
            types.ResourceLink(name="log", uri="file:///log", size=12345),
            types.EmbeddedResource(
                resource=types.TextResourceContents(uri="file:///note", text="the note")
            ),
            types.EmbeddedResource(
                resource=types.BlobResourceContents(uri="file:///blob", blob="QUI=")
            ),
        ]
    )
    assert result_text(result).splitlines() == [
        "看",
        "[an image, image/png, 4 bytes; not shown]",
        "[a sound, audio/wav, 3 bytes; not shown]",
        "[a link to log, file:///log, 12,345 bytes; not fetched]",
        "[file:///note]",
        "the note",
        "[file:///blob, of unknown type, 2 bytes; not shown]",
    ]


def test_structured_content_counts_where_there_is_no_other() -> None:
    result = types.CallToolResult(content=[], structured_content={"城市": "北京"})
    assert result_text(result) == '{"城市": "北京"}'
    assert result_text(types.CallToolResult(content=[])) == ""
