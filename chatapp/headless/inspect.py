"""`chatapp inspect`: every event of a recorded stream, and what is odd about it."""

import json
from dataclasses import replace

from chatapp.core.errors import Failure
from chatapp.core.exchange_log import ExchangeLog
from chatapp.core.wire import Exchange
from chatapp.headless.exchange_table import exchange_table
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.json_lines import JsonPrinter
from chatapp.headless.output import Output
from chatapp.headless.printer import without_continuing
from chatapp.headless.standard_input import read_input
from chatapp.paths import with_home
from chatapp.providers.recorded_reply import RecordedReply
from chatapp.providers.recording import Recording, parse_recording, read_recording
from chatapp.providers.recording_lines import RecordingError


def inspect(
    source: str, stdout: Output, stderr: Output, *, is_json: bool = False, is_summary: bool = False
) -> ExitCode:
    """Print what a recording or the body of a reply holds; `source` is a file, or `-`.

    Raises OutputError and InputError.
    """
    try:
        recording = _read(source)
    except RecordingError as error:
        stderr.write(f"chatapp: {error}\n")
        return ExitCode.USAGE
    for number, exchange in enumerate(recording.exchanges, 1):
        if stdout.is_broken:
            return ExitCode.NO_READER
        if is_json:
            _print_json(number, exchange, recording, stdout, stderr)
        else:
            _print_table(number, exchange, recording, stdout, is_summary=is_summary)
    return ExitCode.NO_READER if stdout.is_broken else ExitCode.OK


def _read(source: str) -> Recording:
    if source != "-":
        return read_recording(with_home(source))
    try:
        return parse_recording(read_input())
    except RecordingError as error:
        raise RecordingError(f"standard input: {error}") from None


def _print_table(
    number: int, exchange: Exchange, recording: Recording, stdout: Output, *, is_summary: bool
) -> None:
    log = _logged(exchange)
    lines = exchange_table(log, has_times=recording.has_times, has_events=not is_summary)
    if number > 1:
        stdout.write("\n")
    for line in lines:
        stdout.write(line + "\n")
        if stdout.is_broken:
            return


def _logged(exchange: Exchange) -> ExchangeLog:
    log = ExchangeLog(exchange.request, limit=None)
    log.take(exchange.items)
    return log


def _print_json(
    number: int, exchange: Exchange, recording: Recording, stdout: Output, stderr: Output
) -> None:
    """Print the lines of `ask --json`, the oddities between them where they came first."""
    printer = JsonPrinter(stdout, stderr)
    log = ExchangeLog(exchange.request, limit=1)
    reply = RecordedReply(exchange, recording)
    told = 0
    for item in exchange.items:
        reply.take(item, printer.text, printer.reasoning, printer.refusal)
        log.take((item,))
        for finding in log.findings[told:]:
            told += 1
            oddity = finding.oddity
            line = {
                "type": "oddity",
                "kind": oddity.kind.value,
                "message": oddity.message,
                "exchange": number,
                "item": finding.first_item,
                "after_s": round(log.elapsed_s, 4) if recording.has_times else None,
            }
            stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    message = reply.close()
    if not recording.has_times:
        message = replace(message, timing=None)
    printer.close(message)
    if isinstance(message.failure, Failure):
        printer.fail(without_continuing(message.failure, ""))
