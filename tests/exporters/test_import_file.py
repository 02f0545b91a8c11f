"""Files as they come: archives, lists, lines, broken ones, and ones that would fill the memory."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from chatapp.core.errors import CodecError
from chatapp.core.records import ImportProblem, StoredConversation
from chatapp.exporters import import_file
from chatapp.exporters.files import find_importer, read_imports
from chatapp.exporters.import_file import ImportFile
from chatapp.exporters.json_export import JsonExporter, json_line
from tests.exporters.chatgpt_values import BRANCHED
from tests.exporters.chatgpt_values import conversation as chatgpt
from tests.exporters.claude_values import conversation as claude
from tests.exporters.claude_values import message as claude_message
from tests.exporters.claude_values import text as claude_text
from tests.exporters.samples import CONVERSATION

CHATGPT = chatgpt(BRANCHED)
CLAUDE = claude(claude_message("m1", "human", claude_text("Hi")))


def archive(folder: Path, *members: tuple[str, str]) -> Path:
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members:
            opened.writestr(name, content)
    return path


def titles(path: Path) -> list[str]:
    items = [*read_imports(path)]
    assert all(isinstance(item, StoredConversation) for item in items)
    return [item.header.title for item in items if isinstance(item, StoredConversation)]


@pytest.mark.parametrize(
    ("value", "name"), [(CHATGPT, "chatgpt"), (CLAUDE, "claude"), (CONVERSATION, "chatapp")]
)
def test_the_format_is_recognised_in_a_file_a_list_and_an_archive(
    tmp_path: Path, value: Any, name: str
) -> None:
    one = JsonExporter().export(value) if value is CONVERSATION else json.dumps(value)
    texts = [one, f"[{one}]", f"[17, null, {one}]", f'{{"conversations": [{one}]}}', f"\ufeff{one}"]
    for text in texts:
        file = tmp_path / "any.name"
        file.write_text(text, encoding="utf-8")
        assert find_importer(ImportFile(file)).name == name
    zipped = archive(tmp_path, ("readme.html", "x"), ("data/conversations.json", f"[{one}]"))
    assert find_importer(ImportFile(zipped)).name == name
    assert len(titles(zipped)) == 1


def test_an_archive_in_several_pieces_is_read_in_their_order(tmp_path: Path) -> None:
    pieces = [
        (f"conversations-00{number}.json", json.dumps([{**CHATGPT, "title": f"Title {number}"}]))
        for number in (2, 0, 1)
    ]
    path = archive(tmp_path, *pieces, ("shared_conversations.json", "[]"))
    assert titles(path) == ["Title 0", "Title 1", "Title 2"]


def test_what_stands_before_a_broken_place_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "cut.json"
    whole = json.dumps([CHATGPT, CHATGPT, CHATGPT])
    file.write_text(whole[: len(whole) * 2 // 3 + 10], encoding="utf-8")
    first, second, problem = read_imports(file)
    assert isinstance(first, StoredConversation)
    assert first == second
    assert isinstance(problem, ImportProblem)
    assert problem.place == "the rest of the file"
    assert "line 1, column" in problem.reason


@pytest.mark.parametrize("ending", ["", ",", "   ", ", ]"])
def test_a_list_without_its_end_is_said(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "cut.json"
    file.write_text(f"[{json_line(CONVERSATION)}{ending}", encoding="utf-8")
    conversation, problem = [*read_imports(file), None][:2]
    assert conversation == CONVERSATION
    assert isinstance(problem, ImportProblem) == (ending != ", ]")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "in no format"),
        (b"hello", "broken at line 1, column 1"),
        (b'{"a": 1}', "in no format"),
        (b"[]", "in no format"),
        (b"[[]]", "in no format"),
        (b"[\n{]", "line 2, column 2"),
        (b'"\xff"', "not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "in no format"),
        (b"SQLite format 3\0 but not really", "the database cannot be read"),
        (b"PK\x03\x04 but not really", "the archive is broken"),
        (b"[" * 100_000, "cannot be read"),
        (b'[{"a":' * 100_000, "cannot be read"),
        (b"[" + b"9" * 10_000 + b"]", "cannot be read"),
    ],
)
def test_what_cannot_be_imported_is_said(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(CodecError, match=complaint):
        next(read_imports(file))


def test_an_archive_without_conversations_is_said(tmp_path: Path) -> None:
    with pytest.raises(CodecError, match=r"no conversations\.json"):
        next(read_imports(archive(tmp_path, ("photo.png", "x"))))


def test_a_member_that_is_damaged_is_said(tmp_path: Path) -> None:
    path = archive(tmp_path, ("conversations.json", json.dumps([CHATGPT] * 50)))
    content = bytearray(path.read_bytes())
    content[120:140] = b"\xff" * 20
    path.write_bytes(content)
    with pytest.raises(CodecError, match="the archive is broken"):
        next(read_imports(path))


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file, "LARGEST_BYTES", 1 << 20)
    path = archive(tmp_path, ("conversations.json", " " * (4 << 20)))
    assert path.stat().st_size < 1 << 14
    with pytest.raises(CodecError, match="more than"):
        next(read_imports(path))


def test_a_bomb_that_lies_about_its_size_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_file, "LARGEST_BYTES", 1 << 20)
    size = 4 << 20
    path = archive(tmp_path, ("conversations.json", " " * size))
    true, told = size.to_bytes(4, "little"), (100).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(true, told))
    with pytest.raises(CodecError):
        next(read_imports(path))


def test_a_file_beyond_all_measure_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_file, "LARGEST_BYTES", 1 << 10)
    file = tmp_path / "large.json"
    file.write_bytes(b" " * 2000)
    with pytest.raises(CodecError, match="more than"):
        next(read_imports(file))


@pytest.mark.skipif(os.name != "posix", reason="devices and pipes have names")
def test_a_folder_a_device_and_a_pipe_are_no_files(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, Path("/dev/zero"), pipe):
        with pytest.raises(CodecError, match="not a file"):
            next(read_imports(path))
    with pytest.raises(FileNotFoundError):
        next(read_imports(tmp_path / "none"))
