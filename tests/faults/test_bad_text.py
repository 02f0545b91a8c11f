"""Bad text on its way to a real terminal: nothing of it arrives as control, all of it as text."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from chatapp.core.messages import (
    ChatMessage,
    Ending,
    ModelRef,
    ReasoningPart,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from chatapp.core.records import ConversationHeader, StoredConversation
from chatapp.exporters.json_export import json_line
from tests.faults.bad_text import assert_harmless, bad_text, bad_texts, marks_shown
from tests.support.chat_server import (
    ChatServer,
    Head,
    Respond,
    Step,
    chunk,
    ending,
    sse,
    text_chunks,
    tool_call_chunks,
)
from tests.support.programs import Home
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif("sys.platform == 'win32'", reason="there are no ptys on Windows")

PATIENCE_S = 20.0
COLUMNS, ROWS = 140, 60
F7, DETAILS, PAGE_UP, PAGE_DOWN, ESCAPE = "\x1b[18~", "\x0f", "\x1b[5~", "\x1b[6~", "\x1b"
WINDOWS = (
    ("\x0c", "Zqml00z"),  # the models
    ("\x12", "Search"),
    ("/tools\r", "Zqtd00z"),
    ("/doctor\r", "SQLite"),
    ("/context\r", "Context"),
    ("/request\r", '"role"'),
    ("\x1b[24~", "F12|gap"),
    ("\x14", "Zqti00z"),  # the conversations
)
NOW = time.time()

_RUN_MANY = """
import json, sys
from chatapp.cli import main
for number, arguments in enumerate(json.loads(sys.argv[1])):
    try:
        main(arguments)
    except SystemExit:
        pass
    print(f"<ran {number}>", flush=True)
"""
"""One start of the program for many command lines."""


def conversations() -> list[StoredConversation]:
    """One with everything, and one for each bad title."""
    told = [
        StoredConversation(
            ConversationHeader(
                f"title-{number:02}", title, NOW - number, NOW - number, _model("mt"), 1
            ),
            (_said(f"said-{number}", title),),
            f"said-{number}",
        )
        for number, title in enumerate(bad_texts("ti"))
    ]
    reply = ChatMessage(
        "reply", "said", Role.ASSISTANT,
        (
            ReasoningPart(bad_text("re")),
            TextPart(bad_text("tx")),
            ToolCallPart("call-1", bad_text("to", " "), f'{{"{bad_text("ak")}": {bad_text("ar")}'),
            ToolResultPart("call-1", bad_text("rs")),
        ),
        NOW, _model("mo"), ending=Ending.CUT,
    )  # fmt: skip
    header = ConversationHeader("everything", bad_text("he", " "), NOW, NOW, _model("mh"), 2)
    return [*told, StoredConversation(header, (_said("said", bad_text("us")), reply), "reply")]


def _model(venue: str) -> ModelRef:
    return ModelRef(bad_text(venue, " "), bad_text(venue, " "))


def _said(message_id: str, text: str) -> ChatMessage:
    return ChatMessage(message_id, None, Role.USER, (TextPart(text),), NOW, _model("mo"))


@pytest.fixture
def home(tmp_path: Path, chat_server: ChatServer) -> Home:
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "test-model"}
    return home


def write_import(folder: Path) -> Path:
    """A file of ours whose name is bad too, as far as a file system lets it be."""
    file = folder / f"{bad_texts('fn')[0].replace('/', '')}[bold]\u202e.json"
    file.write_text("\n".join(map(json_line, conversations())), encoding="utf-8")
    return file


def run_many(home: Home, *command_lines: Sequence[str]) -> list[bytes]:
    """What each command line wrote to a terminal, all run by one process."""
    # nothing can be called with a NUL
    lines = [[argument.replace("\0", "") for argument in line] for line in command_lines]
    argv = [sys.executable, "-c", _RUN_MANY, json.dumps(lines)]
    with Terminal(argv, home.folder, home.environ, columns=COLUMNS, rows=ROWS) as terminal:
        terminal.wait_for_exit(PATIENCE_S)
        output = terminal.output
    outputs = []
    for number in range(len(command_lines)):
        before, ran, output = output.partition(f"<ran {number}>".encode())
        assert ran, before.decode()
        outputs.append(before)
    return outputs


def assert_shown(shown: dict[str, set[str]], venues: str) -> None:
    """Assert that text came through each of the ways, so that it was worth looking."""
    missing = set(venues.split()) - set(shown)
    assert not missing, missing


def hostile_reply() -> list[Step]:
    """A reply that is bad in all its parts, one character a delta."""
    return [
        *(chunk({"reasoning_content": character}) for character in bad_text("re")),
        *text_chunks(*bad_text("tx")),
    ]


def test_commands_on_a_terminal(home: Home, chat_server: ChatServer) -> None:
    file = write_import(home.folder)
    chat_server.models = bad_texts("ml")
    recording = home.folder / "recording.jsonl"
    call = tool_call_chunks(0, bad_text("id"), bad_text("to", " "), json.dumps(bad_text("ar")))
    chat_server.enqueue(*hostile_reply(), *call, *ending(bad_text("fr", " ")))
    words = bad_text("er", " ")
    chat_server.enqueue(Respond(400, {"error": {"message": words, "code": words}}))
    chat_server.enqueue(*text_chunks("x"), sse({"error": {"message": bad_text("se", " ")}}))
    chat_server.enqueue(Respond(307, b"", {"location": "http://x/[bold]\x9b2J]0;Zqlo00z"}))
    chat_server.enqueue(
        Head(headers={"content-type": "text/event-stream", "x-request-id": "\x9b2JZqri00z"}),
        sse({"error": {"message": "x"}}),
    )
    imported, listed, shown, found, inspected, *asked = run_many(
        home,
        ["import", str(file)],
        ["list"],
        ["show", "everything"],
        ["search", "Zqtx00z"],
        ["inspect", str(file)],
        ["ask", "--record", str(recording), bad_text("qu")],
        ["ask", "1"],
        ["ask", "2"],
        ["ask", "3"],
        ["ask", "4"],
        ["inspect", str(recording)],
        ["inspect", "--json", str(recording)],
        ["export", "everything"],
        ["export", "title-00", "--format", "html"],
        ["ask", "--replay", str(recording), "7"],
        ["search", bad_text("nf", " ")],
        ["show", bad_text("ns", " ")],
        ["import", bad_text("ni", " ")],
        ["inspect", bad_text("nr", " ")],
        ["ask", "--model", bad_text("am", " "), "5"],
        ["ask", "--theme", bad_text("th", " "), "--temperature", bad_text("at", " "), "6"],
        ["doctor"],
        ["stats"],
        [bad_text("co", " ")],
        ["list", bad_text("op", " ")],
    )
    every = [imported, listed, shown, found, inspected, *asked]
    for output in every:
        assert_harmless(output)
    assert len(marks_shown(listed)["ti"]) == len(bad_texts("ti"))
    assert {"us", "tx"} <= set(marks_shown(shown))
    assert "tx" in marks_shown(found)
    together = marks_shown(b"".join(every))
    assert_shown(together, "tx to ar er se lo ri fr nf ns ni nr mo")


TOOLS = f"""
from chatapp.core.errors import ToolError

def shout(text: str) -> str:
    {bad_text("td", " ")!r}
    return {bad_text("tr")!r}

def fail(text: str) -> str:
    "Fails."
    raise ToolError({bad_text("te")!r})

fail.__doc__ = {bad_text("tf", " ")!r}
"""


def test_the_full_screen(home: Home, chat_server: ChatServer) -> None:
    file = write_import(home.folder)
    run_many(home, ["import", str(file)])
    tools = home.folder / "config" / "tools"
    tools.mkdir(parents=True, exist_ok=True)
    (tools / "loud.py").write_text(TOOLS)
    (tools / f"{bad_texts('tn')[0]}.py").write_text(f"raise ValueError({bad_text('tb')!r})")
    home.variables["CHATAPP_TOOLS"] = "all"
    chat_server.models = bad_texts("ml")
    calls = [
        *tool_call_chunks(0, bad_text("id"), bad_text("to", " "), *json.dumps(bad_text("ar"))),
        *tool_call_chunks(1, "call-2", "shout", json.dumps({"text": bad_text("as")})),
        *tool_call_chunks(2, "call-3", "fail", json.dumps({"text": bad_text("af")})),
    ]
    words = bad_text("er", " ")
    seen = b""
    with Terminal(home.command(), home.folder, home.environ, columns=COLUMNS, rows=ROWS) as screen:
        screen.wait_until("Message", PATIENCE_S)

        def say(text: str, until: str, *script: Step) -> None:
            chat_server.enqueue(*script)
            screen.type(text + "\r")
            screen.wait_until(until, PATIENCE_S)

        say("tools", "shout.*F7|F7.*allow once", *calls, *ending("tool_calls"))
        chat_server.enqueue(*hostile_reply(), *ending(bad_text("fr", " ")))
        deadline = time.monotonic() + PATIENCE_S
        while "Zqtx32z" not in screen.text:
            assert time.monotonic() < deadline, screen.text
            screen.type(F7)  # in the first moment of a question a key is not yet an answer
            screen.read_for(0.9)
        screen.type(DETAILS)
        deadline = time.monotonic() + PATIENCE_S
        while {"to", "ar", "as", "af", "tr", "te", "re"} - set(marks_shown(screen.output)):
            assert time.monotonic() < deadline, screen.text
            screen.type(PAGE_UP)
            screen.read_for(0.2)
        screen.type(PAGE_DOWN * 6)
        say("no", "Zqer00z", Respond(400, {"error": {"message": words, "code": words}}))
        said = sse({"error": {"message": bad_text("se", " ")}})
        head = Head(headers={"content-type": "text/event-stream", "x-request-id": "\x9b2JZqri00z"})
        say("no", "Zqse00z", head, said)
        elsewhere = {"location": "http://x/[bold]\x9b2J]0;Zqlo00z"}
        say("no", "Zqlo00z", Respond(307, b"", elsewhere))
        say(f"/model {bad_texts('md')[22]}", "Zqmd22z")
        typed = file.rename(file.with_name("[bold]Zqfi00z.json"))
        say(f"/import {typed}", "Took in 0")
        say("/export md", "Written to")
        for command, venue in (("import", "ni"), ("export", "ne")):
            say(f"/{command} nowhere/{bad_texts(venue)[22]}", "cannot be")
        say(f"/theme {bad_texts('th')[22]}", "Zqth22z")
        for keys, until in WINDOWS:
            screen.type(keys)
            screen.wait_until(until, PATIENCE_S)
            if until == "Search":
                screen.type("Zqtx00z")
                screen.wait_until("Zqhe00z", PATIENCE_S)
            screen.read_for(0.2)
            screen.type(ESCAPE)
            screen.read_for(0.3)
        screen.type(f"\x1b[200~{bad_text('pa')}\x1b[201~")
        screen.wait_until("Zqpa", PATIENCE_S)
        screen.type("\x11")
        assert screen.wait_for_exit(PATIENCE_S) == 0
        seen = screen.output
    assert_harmless(seen)
    assert_shown(marks_shown(seen), "tn tb to ar as af tr te re tx er se ri lo ml ti he pa")


@pytest.mark.parametrize("text", bad_texts("xx"))
def test_the_check_finds_what_is_bad(text: str) -> None:
    is_markup = text.isprintable()
    if is_markup:
        assert_harmless(text.encode())
    else:
        with pytest.raises(AssertionError):
            assert_harmless(text.encode())
