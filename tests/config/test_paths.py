"""Files lie where the variables say, and are the person's alone."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from chatapp import paths


def test_the_variables_move_the_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHATAPP_CONFIG_DIR", str(tmp_path / "c"))
    monkeypatch.setenv("CHATAPP_DATA_DIR", str(tmp_path / "d"))
    assert paths.config_file() == tmp_path / "c" / "config.toml"
    assert paths.models_folder() == tmp_path / "d" / "models"
    assert paths.log_file() == tmp_path / "d" / "chatapp.log"
    assert not any(tmp_path.iterdir())


def test_without_them_the_platform_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHATAPP_CONFIG_DIR", raising=False)
    monkeypatch.delenv("CHATAPP_DATA_DIR", raising=False)
    assert paths.config_folder().name == "chatapp"
    assert paths.data_folder().name == "chatapp"


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX matter")
def test_nobody_else_can_read(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    file = paths.make_private_file(folder / "log")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    assert paths.make_private_file(file).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('"a b.zip"', "a b.zip"),
        ("'a b.zip' ", "a b.zip"),
        ("'a b.zip\"", "'a b.zip\""),
        ('"', '"'),
        ("", "."),
    ],
)
def test_the_quotes_of_a_dropped_file_are_no_part_of_its_name(text: str, meant: str) -> None:
    assert paths.typed(text) == Path(meant)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a backslash parts folders")
def test_the_backslashes_of_a_shell_are_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "a\\ b").touch()
    assert paths.typed(f"{tmp_path}/a\\ b") == tmp_path / "a\\ b"
    assert paths.typed(f"{tmp_path}/c\\ d\\ \\(1\\).zip") == tmp_path / "c d (1).zip"


def test_a_path_of_windows_keeps_its_backslashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "os", SimpleNamespace(name="nt", path=os.path))
    assert str(paths.typed(r'"C:\My Chats\x.zip"')) == r"C:\My Chats\x.zip"
