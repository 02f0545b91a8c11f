"""Keys that are fetched: from a command, from the keyring, and one that is held back."""

import re
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from chatapp.command_lines import split_command, startable
from chatapp.config.allowed_files import AllowedFiles, Verdict, digest_of
from chatapp.config.child_process import MOST_BYTES, run_to_end
from chatapp.config.config_file import read_config_file
from chatapp.config.key_sources import CommandKey, HeldBackKey, KeyringKey
from chatapp.config.keyring_index import KeyringIndex
from chatapp.config.system_keyring import delete_key, read_key, store_key
from chatapp.core.endpoints import Secret
from chatapp.core.errors import KeyUnavailable
from chatapp.extras import KEYRING, install_command
from tests.support.keyring_in_a_file import use_keyring

KEY = "sk-from-elsewhere"


def command(code: str, limit_s: float = 20.0) -> CommandKey:
    return CommandKey((sys.executable, "-c", code), limit_s)


class TestCommand:
    def test_the_first_line_it_prints_is_the_key(self) -> None:
        source = command(f"print(); print('  {KEY} '); print('login: me')")
        assert source.fetch() == Secret(KEY)
        assert KEY not in repr(source)

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("raise SystemExit(3)", "ended with 3"),
            (
                "import sys; print('locked\\nTry again later', file=sys.stderr); sys.exit(1)",
                "ended with 1: Try again later",
            ),
            ("print(' \\n ')", "printed nothing"),
        ],
    )
    def test_without_a_key_it_says_why(self, code: str, said: str) -> None:
        with pytest.raises(KeyUnavailable, match=said):
            command(code).fetch()

    def test_a_program_that_is_not_there(self) -> None:
        with pytest.raises(KeyUnavailable, match="no-such-program: No such file"):
            CommandKey(("no-such-program",)).fetch()
        with pytest.raises(KeyUnavailable, match="cannot be run"):
            CommandKey(("a\0b",)).fetch()

    def test_one_that_fails_tells_nothing_it_printed(self) -> None:
        with pytest.raises(KeyUnavailable) as raised:
            command(f"print('{KEY}'); raise SystemExit(1)").fetch()
        assert KEY not in str(raised.value)

    @pytest.mark.skipif(sys.platform == "win32", reason="a group of processes is a posix thing")
    def test_one_that_hangs_is_ended_with_what_it_started(self, tmp_path: Path) -> None:
        child = f"open({str(tmp_path / 'up')!r}, 'w').close(); import time; time.sleep(60)"
        code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
        began = time.monotonic()
        with pytest.raises(KeyUnavailable, match="did not end within 1 s"):
            command(code, limit_s=1.0).fetch()
        assert time.monotonic() - began < 20
        assert (tmp_path / "up").exists()

    @pytest.mark.parametrize("stream", ["stdout", "stderr"])
    def test_one_that_floods_is_ended(self, tmp_path: Path, stream: str) -> None:
        written = tmp_path / "written"
        code = (
            f"import sys\n"
            f"with open({str(written)!r}, 'w', buffering=1) as count:\n"
            f"    for _ in range(64):\n"
            f"        sys.{stream}.write('x' * 1_000_000)\n"
            f"        print(file=count)\n"
        )
        with pytest.raises(KeyUnavailable, match="printed too much"):
            command(code, limit_s=10.0).fetch()
        assert written.stat().st_size <= 3  # the limit, and what a pipe holds

    def test_both_outputs_are_taken_up_to_the_limit(self) -> None:
        most = MOST_BYTES - len(KEY) - 1
        code = (
            "import sys\n"
            f"print({KEY!r})\n"
            f"for part in range(4):\n"
            f"    print('x' * ({most} // 4 - 1))\n"
            f"    print('y' * ({most} // 4 - 1), file=sys.stderr)\n"
        )
        assert command(code).fetch() == Secret(KEY)

    def test_one_need_not_read_what_it_is_given(self) -> None:
        words = (sys.executable, "-c", "print('done')")
        assert run_to_end(words, 20.0, "x" * 1_000_000).printed.strip() == "done"

    def test_it_is_given_all_while_it_prints(self) -> None:
        program = "import sys; [sys.stdout.write(line) for line in sys.stdin]"
        given = "a line\n" * 100_000
        assert run_to_end((sys.executable, "-c", program), 20.0, given).printed == given

    def test_it_has_nothing_to_read_and_no_terminal(self) -> None:
        code = "import sys; print('end' if not sys.stdin.read() else 'more')"
        assert command(code).fetch() == Secret("end")

    @pytest.mark.parametrize(
        ("written", "words"),
        [
            ("\"pass show 'my llm'\"", ("pass", "show", "my llm")),
            ('["op", "read", "a b"]', ("op", "read", "a b")),
        ],
    )
    def test_config_says_it_as_a_line_or_a_list(
        self, tmp_path: Path, written: str, words: tuple[str, ...]
    ) -> None:
        path = tmp_path / "config.toml"
        path.write_text(f'[endpoints.a]\nbase_url = "http://h/v1"\nkey_command = {written}')
        (table,) = read_config_file(path, ()).endpoints
        assert table.key_command == words

    def test_on_windows_a_line_may_have_paths(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        on_windows = partial(split_command, is_windows=True)
        monkeypatch.setattr("chatapp.config.config_file.split_command", on_windows)
        path = tmp_path / "config.toml"
        line = "key_command = 'C:\\Tools\\pass.exe \"my llm\"'"
        path.write_text(f'[endpoints.a]\nbase_url = "http://h/v1"\n{line}')
        (table,) = read_config_file(path, ()).endpoints
        assert table.key_command == ("C:\\Tools\\pass.exe", "my llm")

    @pytest.mark.skipif(sys.platform == "win32", reason="needs an ending that can be run")
    def test_on_windows_a_script_is_found_by_its_name(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        script = tmp_path / "pass.CMD"
        script.write_text(f"#!{sys.executable}\nprint({KEY!r})")
        script.chmod(0o700)
        monkeypatch.setenv("PATH", str(tmp_path))
        on_windows = partial(startable, is_windows=True)
        monkeypatch.setattr("chatapp.config.child_process.startable", on_windows)
        assert CommandKey(("pass", "show")).fetch() == Secret(KEY)
        with pytest.raises(KeyUnavailable, match="no-such-program: No such file"):
            CommandKey(("no-such-program",)).fetch()

    @pytest.mark.parametrize("written", ['""', "[]", "3", '"a \'b"', "[1]", '[""]'])
    def test_a_wrong_one_is_told(self, tmp_path: Path, written: str) -> None:
        path = tmp_path / "config.toml"
        path.write_text(f'[endpoints.a]\nbase_url = "http://h/v1"\nkey_command = {written}')
        (problem,) = read_config_file(path, ()).problems
        assert (problem.line, "key_command" in problem.message) == (3, True)
        assert "pass show" in problem.allowed


class TestKeyring:
    def test_a_key_is_kept_and_deleted(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_keyring(monkeypatch, tmp_path / "keyring.json")
        assert read_key("work") is None
        store_key("work", Secret(KEY))
        assert KeyringKey("work").fetch() == Secret(KEY)
        delete_key("work")
        assert read_key("work") is None
        with pytest.raises(KeyUnavailable, match="the keyring refused"):
            delete_key("work")

    def test_a_module_of_the_current_folder_does_not_take_the_librarys_place(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_keyring(monkeypatch, tmp_path / "keyring.json")
        strangers = "import sys; open('taken', 'w').write(sys.stdin.read())"
        (tmp_path / "keyring.py").write_text(strangers)
        monkeypatch.chdir(tmp_path)
        store_key("work", Secret(KEY))
        assert read_key("work") == Secret(KEY)
        assert not (tmp_path / "taken").exists()

    def test_a_machine_without_one_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        with pytest.raises(KeyUnavailable, match="has no keyring that works here"):
            read_key("work")
        with pytest.raises(KeyUnavailable, match="has no keyring that works here"):
            store_key("work", Secret(KEY))

    def test_one_that_forgets_is_found_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        with pytest.raises(KeyUnavailable, match="keeps none"):
            store_key("work", Secret(KEY))

    def test_without_the_library_it_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chatapp.config.system_keyring.find_spec", lambda _name: None)
        with pytest.raises(KeyUnavailable, match=re.escape(install_command(KEYRING))):
            read_key("work")

    def test_the_index_holds_addresses_and_is_private(self, tmp_path: Path) -> None:
        index = KeyringIndex(tmp_path / "config" / "keyring.json")
        assert index.load() == {}
        index.add("work", "https://w/v1")
        index.add("home", "https://h/v1")
        index.remove("work")
        assert index.load() == {"home": "https://h/v1"}
        assert (tmp_path / "config" / "keyring.json").stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize("content", ["[]", "{", '{"a": 1}', "\udcff"])
    def test_a_broken_index_is_an_empty_one(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "keyring.json"
        path.write_text(content, encoding="utf-8", errors="surrogateescape")
        assert KeyringIndex(path).load() == {}


class TestHeldBack:
    def test_it_is_given_once_its_file_is_allowed_as_it_was_read(self, tmp_path: Path) -> None:
        decisions = AllowedFiles(tmp_path / "allowed.json")
        file = tmp_path / ".env"
        source = HeldBackKey(Secret(KEY), file, digest_of(b"a"), decisions)
        assert source.fetch() is None
        decisions.decide(file, digest_of(b"b"), Verdict.ALLOWED)
        assert source.fetch() is None
        decisions.decide(file, digest_of(b"a"), Verdict.ALLOWED)
        assert source.fetch() == Secret(KEY)
        decisions.decide(file, digest_of(b"a"), Verdict.FORBIDDEN)
        assert source.fetch() is None
        assert (tmp_path / "allowed.json").stat().st_mode & 0o077 == 0
        decisions.decide(file, digest_of(b"a"), Verdict.UNDECIDED)
        assert decisions.verdict(file, digest_of(b"a")) is Verdict.UNDECIDED
        assert str(file) in source.hint
