"""The ways to the clipboard: which are tried, and what is said about them."""

import os
from pathlib import Path

import pytest
from textual.app import App

from chatapp.clipboard_commands import native_commands
from chatapp.ui import clipboard


def commands(platform: str = "linux", **environ: str) -> list[str]:
    return [command[0] for command in native_commands(environ, platform)]


def test_the_systems_own_command_is_known() -> None:
    assert commands("darwin") == ["pbcopy"]
    assert commands(WAYLAND_DISPLAY="wayland-0") == ["wl-copy"]
    assert commands(DISPLAY=":0") == ["xclip", "xsel"]
    assert commands(WSL_DISTRO_NAME="Debian") == ["clip.exe"]
    assert commands("win32") == ["clip.exe"]
    assert commands() == []


def test_over_ssh_only_the_terminal_is_asked() -> None:
    assert commands("darwin", SSH_CONNECTION="a b") == []
    assert commands(DISPLAY=":0", SSH_TTY="/dev/pts/1") == []


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "en_US.UTF-8"),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, "en_US.UTF-8"),
        ({"LC_CTYPE": "UTF-8"}, ""),
        ({"LANG": "zh_CN.utf8"}, ""),
    ],
)
async def test_pbcopy_is_told_that_the_text_is_utf_8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], said: str
) -> None:
    for name in ("SSH_CONNECTION", "SSH_TTY", "WSL_DISTRO_NAME", "LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**environ, "PATH": f"{tmp_path}{os.pathsep}/bin"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", "darwin")
    write_command(
        tmp_path / "pbcopy", f'cat > "{tmp_path}/out"; echo "$LC_ALL" > "{tmp_path}/said"'
    )
    app: App[None] = App()
    async with app.run_test():
        assert "pbcopy" in await clipboard.copy("世界", app)
    assert (read(f"{tmp_path}/out"), read(f"{tmp_path}/said")) == ("世界", f"{said}\n")


@pytest.fixture
def only_xclip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SSH_CONNECTION", "SSH_TTY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path / "xclip"


def write_command(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


async def test_a_native_command_gets_the_text_and_no_key(
    only_xclip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", "sk-not-for-children")
    write_command(only_xclip, f'cat > "{only_xclip}.out"; env > "{only_xclip}.env"')
    app: App[None] = App()
    async with app.run_test():
        said = await clipboard.copy("héllo\n世界", app)
    assert said == "system clipboard (xclip) and the terminal (OSC 52)"
    assert read(f"{only_xclip}.out") == "héllo\n世界"
    assert app.clipboard == "héllo\n世界"
    assert "DISPLAY=:0" in read(f"{only_xclip}.env")
    assert "sk-not-for-children" not in read(f"{only_xclip}.env")


async def test_a_command_that_fails_is_not_counted(only_xclip: Path) -> None:
    write_command(only_xclip, "exit 1")
    app: App[None] = App()
    async with app.run_test():
        assert "xclip" not in await clipboard.copy("x", app)


async def test_a_command_that_hangs_is_given_up(
    only_xclip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "_TIME_OUT_S", 0.2)
    write_command(only_xclip, "exec sleep 30")
    app: App[None] = App()
    async with app.run_test():
        assert "xclip" not in await clipboard.copy("x", app)
