"""`chatapp import`: the conversations of a file, into ours."""

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


async def import_conversations(
    path: Path,
    importer: Importer | None,
    store: ConversationStore,
    stdout: Output,
    stderr: Output,
    *,
    is_json: bool,
) -> ExitCode:
    """Import a file, and say what came and what did not. Raises StorageError and CommandError."""
    counts: Counter[Arrival] = Counter()
    problems = 0
    try:
        async for item in import_file(path, store, importer):
            if isinstance(item, ImportProblem):
                problems += 1
                _tell_problem(item, stdout, stderr, is_json=is_json)
            else:
                counts[item.arrival] += 1
                if is_json:
                    stdout.write(_line(item))
    except CodecError as error:
        raise CommandError(f"{safe_line(str(path))} cannot be imported: {error}") from error
    except OSError as error:
        raise CommandError(f"{safe_line(str(path))} cannot be read: {error.strerror}") from error
    if not is_json:
        stdout.write(_summary(counts, problems))
    return ExitCode.FAILED if problems else ExitCode.OK


def _tell_problem(problem: ImportProblem, stdout: Output, stderr: Output, *, is_json: bool) -> None:
    if is_json:
        stdout.write(json_line({"problem": problem.reason, "place": problem.place}))
    else:
        place, reason = safe_line(problem.place), safe_line(problem.reason)
        stderr.write(f"Not imported: {place}: {reason}\n")


def _line(item: Imported) -> str:
    return json_line({**header_fields(item.header), "arrival": item.arrival.value})


def _summary(counts: Counter[Arrival], problems: int) -> str:
    words = [f"{counts[arrival]} {word}" for arrival, word in _ARRIVED.items() if counts[arrival]]
    if problems:
        words.append(f"{problems} not imported")
    return f"Conversations: {', '.join(words)}.\n" if words else "There are none in it.\n"
