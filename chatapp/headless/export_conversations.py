"""`chatapp show` and `chatapp export`: a conversation, or all of them, as text."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from chatapp.core.ports import ConversationStore, Exporter
from chatapp.core.records import ConversationHeader
from chatapp.core.safe_text import safe_line
from chatapp.exporters.files import file_name, writing
from chatapp.exporters.json_export import json_line as complete_line
from chatapp.headless.conversation_lines import conversation_fields, header_fields, json_line
from chatapp.headless.conversations import CommandError, find
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.output import Output
from chatapp.paths import refusal

ALL = "all"
"""What stands for every conversation, in the place of an id."""


async def show_conversation(
    words: str, exporter: Exporter, store: ConversationStore, stdout: Output, *, is_json: bool
) -> ExitCode:
    """Print a conversation for reading. Raises StorageError and CommandError."""
    conversation = await store.load(find(await store.headers(), words).conversation_id)
    if is_json:
        stdout.write(json_line(conversation_fields(conversation)))
    else:
        stdout.write(exporter.export(conversation))
    return ExitCode.OK


async def export_conversations(
    words: str,
    exporter: Exporter,
    store: ConversationStore,
    stdout: Output,
    stderr: Output,
    *,
    target: Path | None = None,
    is_json: bool = False,
    may_replace: bool = False,
) -> ExitCode:
    """Write one conversation, or all as a JSON list, to `target` or standard output.

    With `is_json` a line says of each conversation where it went, or holds its export. Raises
    StorageError, CommandError and OutputError.
    """
    headers = await store.headers()
    chosen = [*headers] if words == ALL and headers else [find(headers, words)]
    texts = _list(chosen, store) if words == ALL else _one(chosen[0], exporter, store)
    if target is None and is_json:
        await _print_lines(chosen, exporter, store, stdout)
    elif target is None:
        async for text in texts:
            stdout.write(text)
            if stdout.is_broken:
                break
    else:
        file = _file(target, ALL if words == ALL else chosen[0].title, exporter)
        await _write(texts, file, may_replace=may_replace)
        if is_json:
            place = {"format": exporter.name, "file": str(file)}
            for header in chosen:
                stdout.write(json_line({**header_fields(header), **place}))
        else:
            stderr.write(f"Written to {safe_line(str(file))}\n")
    return ExitCode.OK


async def _one(
    header: ConversationHeader, exporter: Exporter, store: ConversationStore
) -> AsyncIterator[str]:
    yield exporter.export(await store.load(header.conversation_id))


async def _list(
    headers: Sequence[ConversationHeader], store: ConversationStore
) -> AsyncIterator[str]:
    """A JSON list with a conversation a line; one of them at a time is in memory."""
    separator = "[\n"
    for header in headers:
        yield separator + complete_line(await store.load(header.conversation_id))
        separator = ",\n"
    yield "\n]\n"


async def _print_lines(
    headers: Sequence[ConversationHeader],
    exporter: Exporter,
    store: ConversationStore,
    stdout: Output,
) -> None:
    for header in headers:
        content = exporter.export(await store.load(header.conversation_id))
        export = {"format": exporter.name, "content": content}
        stdout.write(json_line({**header_fields(header), **export}))
        if stdout.is_broken:
            break


def _file(target: Path, title: str, exporter: Exporter) -> Path:
    """The file that is meant; in a folder it is named by the title. Raises CommandError."""
    with _told_of(target):
        is_folder = target.is_dir()
    return target / f"{file_name(title)}.{exporter.name}" if is_folder else target


async def _write(texts: AsyncIterator[str], file: Path, *, may_replace: bool) -> None:
    with _told_of(file), writing(file, may_replace=may_replace) as opened:
        async for text in texts:
            opened.write(text)


@contextmanager
def _told_of(file: Path) -> Iterator[None]:
    """Turn the system's refusal to write a file into CommandError."""
    try:
        yield
    except FileExistsError:
        raise CommandError(f"{file} is there already; --overwrite replaces it") from None
    except (OSError, ValueError) as error:
        raise CommandError(f"{file} cannot be written: {refusal(error)}") from error
