"""Files lie where the variables say, and are the person's alone."""

import os
from pathlib import Path

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
