"""Commands of the person's are understood as their system has them, and ours can be pasted."""

import os
import shlex
from pathlib import Path

import pytest

from chatapp.command_lines import quoted, split_command, startable


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (r"C:\Tools\pass.exe show llm", [r"C:\Tools\pass.exe", "show", "llm"]),
        (r'"C:\Program Files\vault.exe" "a b" \n', [r"C:\Program Files\vault.exe", "a b", r"\n"]),
        (r"op read 'op://my vault/key' #1", ["op", "read", "op://my vault/key", "#1"]),
        ("code --wait", ["code", "--wait"]),
    ],
)
def test_a_backslash_parts_a_path_on_windows(line: str, words: list[str]) -> None:
    assert split_command(line, is_windows=True) == words


def test_elsewhere_a_line_is_what_the_shell_takes_it_for() -> None:
    assert split_command(r"a\ b 'c d'", is_windows=False) == ["a b", "c d"]


@pytest.mark.parametrize("is_windows", [True, False])
def test_an_open_quotation_is_an_error(is_windows: bool) -> None:
    with pytest.raises(ValueError, match="quotation"):
        split_command("a 'b", is_windows=is_windows)


class TestStartable:
    @pytest.fixture
    def environ(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        """Two folders with programs, and a stranger's that is the current one."""
        for place in ("first/code", "first/code.CMD", "second/vault.EXE", "here/vault.EXE"):
            file = tmp_path / place
            file.parent.mkdir(exist_ok=True)
            file.touch()
        monkeypatch.chdir(tmp_path / "here")
        folders = ("", ".", str(tmp_path / "first"), str(tmp_path / "second"))
        return {"PATH": os.pathsep.join(folders), "PATHEXT": ".EXE;.CMD"}

    @pytest.mark.parametrize(
        ("program", "found"),
        [
            ("code", "first/code.CMD"),
            ("code.CMD", "first/code.CMD"),
            ("vault", "second/vault.EXE"),
            ("{}/first/code", "first/code.CMD"),
            ("{}/first/none", "first/none"),
        ],
    )
    def test_windows_finds_scripts_too_and_nothing_in_the_current_folder(
        self, environ: dict[str, str], tmp_path: Path, program: str, found: str
    ) -> None:
        words = [program.format(tmp_path), "x"]
        assert startable(words, environ, is_windows=True) == [str(tmp_path / found), "x"]

    @pytest.mark.parametrize("program", ["none", "code.py"])
    def test_what_is_nowhere_is_not_left_to_the_system(
        self, environ: dict[str, str], program: str
    ) -> None:
        with pytest.raises(FileNotFoundError, match=program):
            startable([program], environ, is_windows=True)

    def test_elsewhere_the_system_finds_it(self, environ: dict[str, str]) -> None:
        assert startable(["code", "x"], environ, is_windows=False) == ["code", "x"]


@pytest.mark.parametrize(
    ("word", "pasted"),
    [
        (r"C:\me\.env", r"C:\me\.env"),
        (r"C:\my files\.env", r'"C:\my files\.env"'),
        (r"C:\R&D\.env", r'"C:\R&D\.env"'),
        ("mcp>=2.3,<3", '"mcp>=2.3,<3"'),
        ("", '""'),
    ],
)
def test_a_word_is_quoted_for_the_shells_of_windows(word: str, pasted: str) -> None:
    assert quoted(word, is_windows=True) == pasted


@pytest.mark.parametrize("word", ["/me/.env", "/my files/.env", "a'b"])
def test_elsewhere_a_word_is_quoted_for_a_shell(word: str) -> None:
    assert shlex.split(quoted(word, is_windows=False)) == [word]
