"""What reaches a terminal can do nothing there; what reaches a pipe is exact."""

import errno
import io
import os
import stat
import sys
from contextlib import nullcontext
from typing import Any

import pytest

from chatapp.core.preparation import Downloading, Ready, Starting
from chatapp.headless.output import Output, OutputError, standard_error, standard_output
from chatapp.headless.progress import PreparationLine


class FakeTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_safe_text_and_a_pipe_the_exact_one() -> None:
    hostile = "a\x1b]0;title\x07b\u202e\ud800"
    terminal, pipe = FakeTerminal(), io.StringIO()
    Output(terminal).write(hostile)
    Output(pipe).write(hostile)
    assert "\x1b" not in terminal.getvalue()
    assert "\x07" not in terminal.getvalue()
    assert pipe.getvalue() == hostile.replace("\ud800", "\ufffd")


def test_standard_error_is_safe_wherever_it_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(written, encoding="utf-8"))
    output = standard_error()
    output.write("a\x1b]0;title\x07\x9b31m\u202e空 👩‍🚀\n")
    output.write_control("\x1b[2K")
    assert written.getvalue().decode() == "a␛]0;title␇‹9B›31m‹202E›空 👩‍🚀\n"


def test_what_hides_in_a_row_of_selectors_is_seen_however_it_is_cut() -> None:
    terminal = FakeTerminal()
    output = Output(terminal)
    for piece in ("❤\ufe0f", "\ufe01", "\ufe0e好"):
        output.write(piece)
    assert terminal.getvalue() == "❤\ufe0f‹FE01›‹FE0E›好"


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_file_gets_utf_8_whatever_the_platforms_habits(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    # what Windows opens for `> FILE`
    monkeypatch.setattr(sys, name, io.TextIOWrapper(written, encoding="cp1252", newline="\r\n"))
    output = standard_output() if name == "stdout" else standard_error()
    output.write("空调 👩‍🚀 \ud800\n")
    assert written.getvalue() == "空调 👩‍🚀 \ufffd\n".encode()


def test_a_terminal_keeps_its_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    class OldTerminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", OldTerminal(shown, encoding="cp1252"))
    standard_output().write("é 空\n")
    assert shown.getvalue() == "é ?\n".encode("cp1252")


class LeftPipe(io.FileIO):
    """A pipe that nobody reads, as Windows has it; what is silenced leads elsewhere."""

    def write(self, data: Any) -> int:
        if stat.S_ISFIFO(os.fstat(self.fileno()).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return super().write(data)


@pytest.mark.parametrize(("platform", "is_told"), [("win32", False), ("linux", True)])
def test_on_windows_a_reader_leaves_in_another_way(
    platform: str, is_told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    pipe = io.BufferedWriter(LeftPipe(writing, "wb"))
    told = pytest.raises(OutputError, match="Invalid argument") if is_told else nullcontext()
    with io.TextIOWrapper(pipe, encoding="utf-8") as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "platform", platform)
        output = Output(stream)
        with told:
            output.write("text")
        assert (output.is_broken, output.was_interrupted) == (True, False)


def test_a_line_is_ended_once() -> None:
    stream = io.StringIO()
    output = Output(stream)
    output.end_line()
    output.write("是")
    output.end_line()
    output.end_line()
    assert stream.getvalue() == "是\n"


def test_a_download_is_a_bar_on_a_terminal() -> None:
    stream = FakeTerminal()
    line = PreparationLine(Output(stream))
    for received_bytes in (0, 49_000_000, 98_000_000):
        line.show(Downloading(received_bytes, 98_000_000))
    drawn = stream.getvalue()
    assert "49 of 98 MB" in drawn
    assert "\n" not in drawn
    line.show(Starting())
    line.show(Ready())
    assert stream.getvalue().endswith("\r\x1b[2K")


def test_a_download_is_a_few_lines_elsewhere() -> None:
    stream = io.StringIO()
    line = PreparationLine(Output(stream))
    for received_bytes in range(0, 98_000_001, 1_000_000):
        line.show(Downloading(received_bytes, 98_000_000))
    line.show(Starting())
    line.show(Ready())
    lines = stream.getvalue().splitlines()
    assert len(lines) == 5
    assert lines[-1] == "Fetching the local model: 98 of 98 MB"
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("total_bytes", [0, 10])
def test_a_download_of_unknown_or_exceeded_size_is_shown_too(total_bytes: int) -> None:
    stream = FakeTerminal()
    PreparationLine(Output(stream)).show(Downloading(20_000_000, total_bytes))
    assert "20" in stream.getvalue()
