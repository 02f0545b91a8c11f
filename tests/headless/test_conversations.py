"""`chatapp list`, `show`, `search`, `export` and `import` as processes on a real database."""

import argparse
import asyncio
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from chatapp.core.records import ConversationImported, StoredConversation, UnsentTextKept
from chatapp.exporters.files import read_imports
from chatapp.exporters.json_export import JsonExporter
from chatapp.headless.import_conversations import import_conversations
from chatapp.headless.output import Output
from chatapp.storage.sqlite_store import SqliteStore
from chatapp.subcommands.numbers import count
from tests.exporters.chatgpt_values import AT, BRANCHED
from tests.exporters.chatgpt_values import conversation as chatgpt
from tests.exporters.samples import CONVERSATION, GOLDEN
from tests.support.programs import TIMEOUT_S, Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the hard conversation and two of ChatGPT's."""
    folder = tmp_path_factory.mktemp("database")
    file = folder / "conversations.json"
    older = chatgpt(BRANCHED, conversation_id="c", update_time=AT + 50)
    file.write_text(json.dumps([chatgpt(BRANCHED), older]))
    imported = [item for item in read_imports(file) if isinstance(item, StoredConversation)]

    async def write() -> None:
        store = SqliteStore(folder / "chatapp.db")
        await store.open()
        await store.write([ConversationImported(one) for one in (CONVERSATION, *imported)])
        await store.close()

    asyncio.run(write())
    return folder / "chatapp.db"


@pytest.fixture
def kept(home: Home, database: Path) -> Home:
    """A home with that database."""
    (home.folder / "data").mkdir()
    shutil.copy(database, home.folder / "data")
    return home


def lines(stdout: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stdout.splitlines()]


def objects(home: Home, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    answer = home.run(*arguments, "--json")
    assert (answer.returncode, answer.stderr) == (code, "")
    return lines(answer.stdout)


def is_utc(moment: str) -> bool:
    return moment.endswith("Z") and datetime.fromisoformat(moment).utcoffset() is not None


class TestList:
    def test_people_read_a_table(self, kept: Home) -> None:
        answer = kept.run("list")
        assert (answer.returncode, answer.stderr) == (0, "")
        first, *others = answer.stdout.splitlines()
        assert first.startswith("0197-sam    2")
        assert first.endswith("  pinned unsent  空调 & <script> #1")
        assert [line.split()[0] for line in others] == ["chatgpt-c-", "chatgpt-c"]
        marks, title = first.index("pinned"), first.index("空调")
        assert {line[marks:title].strip() for line in others} == {""}
        assert all(line[title:].startswith("空调") for line in others)

    def test_programs_read_an_object_a_line(self, kept: Home) -> None:
        first, second, third = objects(kept, "list")
        assert (first["id"], first["title"]) == ("0197-sample", "空调 & <script> #1")
        assert (first["updated_at"], first["model"]) == ("2023-11-14T22:15:50Z", "lab/model-a")
        assert (first["message_count"], first["is_pinned"]) == (5, True)
        assert [one["has_unsent_text"] for one in (first, second, third)] == [True, False, False]
        assert (second["id"], third["id"]) == ("chatgpt-c-1", "chatgpt-c")
        assert all(is_utc(one["updated_at"]) for one in (first, second, third))
        assert objects(kept, "list", "--limit", "1") == [first]

    def test_nothing_is_said_in_words(self, home: Home) -> None:
        answer = home.run("list")
        assert (answer.returncode, answer.stdout) == (0, "")
        assert answer.stderr == "There are no conversations yet.\n"
        answer = home.run("list", "--limit", "0")
        assert (answer.returncode, answer.stdout) == (2, "")
        assert "a whole number above 0" in answer.stderr


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "９", "1" * 5000, "1.5"])
def test_a_limit_is_a_number_of_usual_size(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="above 0"):
        count(text)
    assert count("12") == 12


class TestShow:
    @pytest.mark.parametrize("words", ["0197-sample", "0", "last"])
    def test_the_markdown_is_the_exports(self, kept: Home, words: str) -> None:
        answer = kept.run("show", words)
        assert (answer.returncode, answer.stderr) == (0, "")
        assert answer.stdout == (GOLDEN / "hostile.md").read_bytes().decode()

    async def test_what_was_never_sent_is_shown_without_a_model(self, home: Home) -> None:
        (home.folder / "data").mkdir()
        store = SqliteStore(home.folder / "data" / "chatapp.db")
        await store.open()
        await store.write([UnsentTextKept("c", "hello\nthere")])
        await store.close()
        assert home.run("show", "last").stdout.endswith("UTC*\n\n## Not sent\n\nhello\nthere\n")
        page = home.run("show", "last", "--format", "html").stdout
        assert "<h2>Not sent</h2>" in page
        assert "UTC</p>" in page
        (value,) = objects(home, "show", "last")
        assert (value["model"], value["unsent_text"]) == (None, "hello\nthere")

    def test_an_object_has_all_branches(self, kept: Home) -> None:
        (value,) = objects(kept, "show", "0197")
        assert (value["id"], value["updated_at"]) == ("0197-sample", "2023-11-14T22:15:50Z")
        shown = [message["id"] for message in value["messages"] if message["is_shown"]]
        assert shown == ["user-1", "reply-2", "user-2", "reply-3"]
        assert len(value["messages"]) == 5
        assert value["unsent_text"] == "half a thought"
        assert value["messages"][0]["text"].startswith("为什么")
        assert all(is_utc(message["created_at"]) for message in value["messages"])

    @pytest.mark.parametrize(
        ("command", "words", "complaint"),
        [
            ("show", "nobody", "there is no conversation nobody; see `chatapp list`"),
            ("export", "\x1b[31m", "there is no conversation ␛[31m; see `chatapp list`"),
            ("show", "chatgpt", "2 conversations begin with chatgpt; see `chatapp list`"),
        ],
    )
    def test_an_id_that_is_none_is_said(
        self, kept: Home, command: str, words: str, complaint: str
    ) -> None:
        answer = kept.run(command, words)
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr == f"chatapp: {complaint}\n"

    def test_a_whole_id_is_meant_though_others_begin_so(self, kept: Home) -> None:
        (value,) = objects(kept, "show", "chatgpt-c")
        assert value["id"] == "chatgpt-c"


class TestSearch:
    def test_people_read_where_the_words_stand(self, kept: Home) -> None:
        answer = kept.run("search", "空调")
        assert (answer.returncode, answer.stderr) == (0, "")
        assert answer.stdout.startswith("0197-sam  ")
        assert "\n    " in answer.stdout
        assert "能吹出冷热" in answer.stdout

    def test_programs_read_an_object_a_line(self, kept: Home) -> None:
        hits = objects(kept, "search", "get_weather")
        assert [(hit["id"], hit["message_id"]) for hit in hits] == [("0197-sample", "reply-1")]
        (hit,) = hits
        assert (hit["title"], hit["updated_at"]) == ("空调 & <script> #1", "2023-11-14T22:15:50Z")
        ((start, end),) = hit["matches"]
        assert hit["snippet"][start:end] == "get_weather"
        assert is_utc(hit["at"])

    def test_several_words_are_one_search(self, kept: Home) -> None:
        assert len(objects(kept, "search", "one", "heading", "own")) == 0
        assert len(objects(kept, "search", "heading", "own")) == 1
        assert len(objects(kept, "search", "空", "--limit", "1")) == 1

    def test_nothing_found_is_said(self, kept: Home) -> None:
        answer = kept.run("search", "quetzalcoatl")
        assert (answer.returncode, answer.stdout) == (0, "")
        assert answer.stderr == "Nothing found for quetzalcoatl.\n"
        assert kept.run("search", " ").returncode == 2


class TestExport:
    def test_to_standard_output(self, kept: Home) -> None:
        answer = kept.run("export", "0197", "-o", "-", "--format", "json")
        assert (answer.returncode, answer.stderr) == (0, "")
        assert answer.stdout == JsonExporter().export(CONVERSATION)

    def test_to_a_file_that_is_not_there_yet(self, kept: Home) -> None:
        file = kept.folder / "out.html"
        arguments = ("export", "0197", "--format", "html", "-o", "out.html")
        answer = kept.run(*arguments)
        assert (answer.returncode, answer.stdout) == (0, "")
        assert answer.stderr == "Written to out.html\n"
        assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
        file.write_text("mine")
        answer = kept.run(*arguments)
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr == ("chatapp: out.html is there already; --overwrite replaces it\n")
        assert file.read_text() == "mine"
        assert kept.run(*arguments, "--overwrite").returncode == 0
        assert file.read_text(encoding="utf-8").startswith("<!doctype html>")

    def test_into_a_folder_under_its_title(self, kept: Home) -> None:
        (told,) = objects(kept, "export", "0197", "-o", ".")
        assert (told["id"], told["updated_at"]) == ("0197-sample", "2023-11-14T22:15:50Z")
        assert (told["format"], told["file"]) == ("md", "空调-script-1.md")
        assert (kept.folder / told["file"]).is_file()

    def test_a_place_that_cannot_be_written_is_said(self, kept: Home) -> None:
        answer = kept.run("export", "0197", "-o", "none/out.md")
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr.startswith("chatapp: none/out.md cannot be written: ")

    def test_all_go_to_another_home_and_back(self, kept: Home, tmp_path: Path) -> None:
        exported = kept.run("export", "all")
        assert (exported.returncode, exported.stderr) == (0, "")
        file = tmp_path / "all.json"
        file.write_text(exported.stdout, encoding="utf-8")
        other = Home(tmp_path / "other")
        other.folder.mkdir()
        assert other.run("import", str(file)).stdout == "Conversations: 3 imported.\n"
        assert other.run("export", "all").stdout == exported.stdout
        assert other.run("import", str(file)).stdout == "Conversations: 3 here already.\n"

    @pytest.mark.parametrize("arguments", [("export", "all"), ("show", "0197"), ("list", "--json")])
    def test_a_code_page_costs_no_word(self, kept: Home, arguments: tuple[str, ...]) -> None:
        told = kept.run(*arguments).stdout
        assert "空调" in told
        kept.variables["PYTHONIOENCODING"] = "cp1252"
        answer = kept.run(*arguments)
        assert (answer.returncode, answer.stdout) == (0, told)

    def test_a_line_holds_the_export(self, kept: Home) -> None:
        first, *others = objects(kept, "export", "all")
        assert (first["id"], first["format"]) == ("0197-sample", "json")
        assert first["content"] == JsonExporter().export(CONVERSATION)
        assert all(json.loads(other["content"])["id"] == other["id"] for other in others)

    def test_all_are_json(self, kept: Home) -> None:
        answer = kept.run("export", "all", "--format", "md")
        assert (answer.returncode, answer.stdout) == (2, "")
        assert "json alone" in answer.stderr

    @pytest.mark.skipif(sys.platform == "win32", reason="its names take all characters")
    def test_a_locale_without_chinese_still_has_a_name_for_the_file(self, kept: Home) -> None:
        kept.variables |= {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        answer = kept.run("export", "0197", "-o", ".")
        assert (answer.returncode, answer.stderr) == (0, "Written to script-1.md\n")
        assert "空调" in (kept.folder / "script-1.md").read_text(encoding="utf-8")

    def test_nothing_to_export_is_said(self, home: Home) -> None:
        answer = home.run("export", "all")
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr == "chatapp: there are no conversations yet\n"


class TestImport:
    def test_what_came_and_what_did_not(self, kept: Home) -> None:
        good, new = chatgpt(BRANCHED), chatgpt(BRANCHED, conversation_id="new")
        broken = {**good, "mapping": 3, "title": "\x1b[31m"}
        file = kept.folder / "mixed.json"
        file.write_text(json.dumps([good, broken, new]), encoding="utf-8")
        answer = kept.run("import", "mixed.json")
        assert answer.returncode == 1
        assert answer.stdout == "Conversations: 1 imported, 1 here already, 1 not imported.\n"
        assert answer.stderr == (
            "Not imported: conversation 2 (␛[31m): its mapping is no JSON object\n"
        )
        first, problem, second = objects(kept, "import", "mixed.json", code=1)
        assert (first["id"], first["arrival"]) == ("chatgpt-c-1", "here already")
        assert is_utc(first["updated_at"])
        assert problem["problem"] == "its mapping is no JSON object"
        assert second["id"] == "chatgpt-new"

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            (b"hello", "file.json cannot be imported: the JSON is broken at line 1, column 1"),
            (b"{}", "cannot be imported: it is in no format that can be imported: JSON of chatapp"),
            (None, "file.json cannot be read: No such file"),
        ],
    )
    def test_what_cannot_be_imported_is_said(
        self, home: Home, content: bytes | None, complaint: str
    ) -> None:
        if content is not None:
            (home.folder / "file.json").write_bytes(content)
        answer = home.run("import", "file.json")
        assert (answer.returncode, answer.stdout) == (1, "")
        assert complaint in answer.stderr
        assert "Traceback" not in answer.stderr

    def test_a_format_can_be_named(self, home: Home) -> None:
        (home.folder / "file.json").write_text(json.dumps([chatgpt(BRANCHED)]))
        answer = home.run("import", "file.json", "--format", "claude")
        assert answer.returncode == 1
        assert "it has no uuid" in answer.stderr
        answer = home.run("import", "file.json", "--format", "x")
        assert (answer.returncode, answer.stdout) == (2, "")
        assert "one of chatapp, chatgpt, claude, llm" in answer.stderr


async def test_what_came_before_an_interrupt_is_kept_and_told(tmp_path: Path) -> None:
    file = tmp_path / "many.json"
    file.write_text(json.dumps([chatgpt(BRANCHED, conversation_id=str(n)) for n in range(500)]))
    store = SqliteStore(tmp_path / "chatapp.db")
    await store.open()
    said = io.StringIO()
    stdout = Output(said)
    importing = asyncio.create_task(
        import_conversations(file, None, store, stdout, stdout, is_json=False)
    )
    async with asyncio.timeout(TIMEOUT_S):
        while len(await store.headers()) < 3:
            await asyncio.sleep(0)
    importing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await importing
    kept = len(await store.headers())
    await store.close()
    told = re.fullmatch(r"Conversations: (\d+) imported\.\n", said.getvalue())
    assert told is not None
    assert kept - 1 <= int(told[1]) <= kept < 500  # one may be written and not yet told


def test_a_reader_that_leaves_is_no_error(kept: Home) -> None:
    for arguments in (("list",), ("show", "0197"), ("export", "all")):
        process = subprocess.Popen(
            kept.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=kept.folder,
            env=kept.environ,
        )
        assert process.stdout is not None
        process.stdout.close()
        _, errors = process.communicate(timeout=TIMEOUT_S)
        assert (process.returncode, errors) == (141, b"")


def test_a_database_that_cannot_be_read_is_said(home: Home) -> None:
    folder = home.folder / "data"
    folder.mkdir()
    (folder / "chatapp.db").write_bytes(b"not a database" * 1000)
    answer = home.run("list")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith("chatapp: ")
    assert "Traceback" not in answer.stderr


def test_the_commands_load_no_screen_and_no_sdk(home: Home) -> None:
    answer = home.run("list", python=("-X", "importtime"))
    imported = {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines()}
    assert "chatapp.storage.sqlite_store" in imported
    assert imported.isdisjoint({"textual", "rich", "openai", "httpx2", "pygments", "markdown_it"})


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a POSIX matter")
@pytest.mark.parametrize("arguments", [("show", "0197"), ("list",), ("search", "onerror")])
def test_on_a_terminal_nothing_acts(kept: Home, arguments: tuple[str, ...]) -> None:
    from tests.support.terminal import Terminal

    with Terminal(kept.command(*arguments), kept.folder, kept.environ) as terminal:
        assert terminal.wait_for_exit(TIMEOUT_S) == 0
    assert "空调" in terminal.output.decode()
    assert not {"\x1b", "\u202e"} & set(terminal.output.decode())
