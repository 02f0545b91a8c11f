"""`chatapp import`: the conversations of a file, into ours."""

import time
from collections import Counter
from pathlib import Path

from chatapp.core.errors import CodecError
from chatapp.core.ports import ConversationStore, Importer
from chatapp.core.records import ImportProblem
from chatapp.core.safe_text import safe_line
from chatapp.exporters.intake import Arrival, Imported, import_file
from chatapp.headless.conversation_lines import header_fields, json_line
from chatapp.headless.conversations import CommandError
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.output import Output

_ARRIVED = {
    Arrival.NEW: "imported",
    Arrival.GREW: "went on",
    Arrival.KNOWN: "here already",
}

_CLEAR_LINE = "\r\x1b[2K"
_PROGRESS_S = 0.1


async def import_conversations(
    path: Path,
    importer: Importer | None,
    store: ConversationStore,
    stdout: Output,
    stderr: Output,
    *,
    is_json: bool,
) -> ExitCode:
    """Import a file, and say what came and what did not. Raises StorageError and CommandError.

    What came before an error or an interrupt is in the store, and is told.
    """
    report = _Report(stdout, stderr, is_json)
    try:
        async for item in import_file(path, store, importer):
            report.tell(item)
        if not report.total and not is_json:
            stderr.write("There are no conversations in it.\n")
    except CodecError as error:
        raise CommandError(f"{safe_line(str(path))} cannot be imported: {error}") from error
    except OSError as error:
        raise CommandError(f"{safe_line(str(path))} cannot be read: {error.strerror}") from error
    finally:
        report.close()
    return ExitCode.FAILED if report.problems else ExitCode.OK


class _Report:
    """Tells what came: a line a conversation for programs, the numbers for people."""

    def __init__(self, stdout: Output, stderr: Output, is_json: bool) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self._is_json = is_json
        self._counts: Counter[Arrival] = Counter()
        self._told_at = time.monotonic()
        self.problems = 0

    @property
    def total(self) -> int:
        """How many there were so far, the broken ones included."""
        return self._counts.total() + self.problems

    def tell(self, item: Imported | ImportProblem) -> None:
        """Count a conversation; tell of it where that is of use."""
        if isinstance(item, ImportProblem):
            self.problems += 1
            self._tell_problem(item)
            return
        self._counts[item.arrival] += 1
        if self._is_json:
            fields = header_fields(item.header)
            self._stdout.write(json_line({**fields, "arrival": item.arrival.value}))
        elif time.monotonic() - self._told_at > _PROGRESS_S:
            self._told_at = time.monotonic()
            self._stderr.write_control(f"{_CLEAR_LINE}Conversations: {self.total}\u2026")

    def close(self) -> None:
        """Say the numbers, where there is anything to count."""
        words = [f"{self._counts[arrival]} {word}" for arrival, word in _ARRIVED.items()]
        words.append(f"{self.problems} not imported")
        told = ", ".join(word for word in words if not word.startswith("0 "))
        self._stderr.write_control(_CLEAR_LINE)
        if told and not self._is_json:
            self._stdout.write(f"Conversations: {told}.\n")

    def _tell_problem(self, problem: ImportProblem) -> None:
        if self._is_json:
            self._stdout.write(json_line({"problem": problem.reason, "place": problem.place}))
            return
        self._stderr.write_control(_CLEAR_LINE)
        place, reason = safe_line(problem.place), safe_line(problem.reason)
        self._stderr.write(f"Not imported: {place}: {reason}\n")
