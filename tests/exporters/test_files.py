"""Exports as files: named by the title, readable by the person alone, never over another."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.ports import Exporter
from chatapp.core.records import StoredConversation
from chatapp.exporters.files import file_name, write_export, writing
from chatapp.exporters.registry import EXPORTERS
from tests.exporters.samples import CONVERSATION

MARKDOWN = EXPORTERS[0]


def titled(title: str) -> StoredConversation:
    return replace(CONVERSATION, header=replace(CONVERSATION.header, title=title))


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.name)
def test_a_file_is_named_by_the_title(tmp_path: Path, exporter: Exporter) -> None:
    file = write_export(titled("唐代 的/诗"), exporter, None, tmp_path)
    assert file == tmp_path / f"唐代-的-诗.{exporter.name}"
    assert file.read_bytes().decode() == exporter.export(titled("唐代 的/诗"))
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "a.b.md").write_text("mine")
    files = [write_export(titled("a.b"), MARKDOWN, None, tmp_path) for _ in range(3)]
    assert [file.name for file in files] == ["a.b-2.md", "a.b-3.md", "a.b-4.md"]
    assert (tmp_path / "a.b.md").read_text() == "mine"


def test_a_target_is_a_file_or_a_folder(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    targets = [Path("own.txt"), Path("other"), other, other / "full.md"]
    files = [write_export(titled("T"), MARKDOWN, target, tmp_path) for target in targets]
    names = ["own.txt", "other/T.md", "other/T-2.md", "other/full.md"]
    assert files == [tmp_path / name for name in names]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_export(CONVERSATION, MARKDOWN, Path("none/file.md"), tmp_path)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\Windows\x1b[31m", "C-Windows-31m"),
        ("...", "conversation"),
        ("", "conversation"),
        ("nul.txt", "_nul.txt"),
        ("COM1", "_COM1"),
        ("control", "control"),
        ("a" * 300, "a" * 60),
        ("-rf", "rf"),
    ],
)
def test_a_title_becomes_a_name_that_does_no_harm(title: str, name: str) -> None:
    assert file_name(title) == name


@given(title=st.text(st.characters(codec=None), max_size=100))
def test_any_title_becomes_a_name(title: str) -> None:
    name = file_name(title)
    assert 0 < len(name.encode()) <= 200
    assert Path(name).name == name
    assert name.strip(". ") == name
    assert name.isprintable()


def write_half(file: Path, *, may_replace: bool = False) -> None:
    with writing(file, may_replace=may_replace) as opened:
        opened.write("half")
        raise RuntimeError


def test_a_file_that_cannot_be_finished_is_not_left(tmp_path: Path) -> None:
    file = tmp_path / "half.json"
    with pytest.raises(RuntimeError):
        write_half(file)
    assert not file.exists()
    file.write_text("old")
    with pytest.raises(RuntimeError):
        write_half(file, may_replace=True)
    assert [path.name for path in tmp_path.iterdir()] == ["half.json"]
    assert file.read_text() == "old"
    with writing(file, may_replace=True) as opened:
        opened.write("new\r\n")
    assert file.read_bytes() == b"new\r\n"
