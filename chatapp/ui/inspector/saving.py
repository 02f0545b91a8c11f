"""What the inspector has seen, as a recording in the current folder."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from chatapp.core.exchange_log import ExchangeLog
from chatapp.core.wire import Exchange
from chatapp.providers.recording import save_recording
from chatapp.providers.recording_lines import RecordingError


async def save_new(logs: Sequence[ExchangeLog], base_url: str, folder: Path) -> Path:
    """Write a recording beside those that are there.

    Raises RecordingError, and leaves no part of a file then.
    """
    exchanges = [log.exchange for log in logs]
    return await asyncio.to_thread(_save, exchanges, base_url, folder)


def _save(exchanges: Sequence[Exchange], base_url: str, folder: Path) -> Path:
    stem = f"chatapp-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    names = chain([stem], (f"{stem}-{number}" for number in count(2)))
    file = next(file for name in names if not (file := folder / f"{name}.jsonl").exists())
    try:
        save_recording(file, exchanges, base_url)
    except RecordingError:
        with suppress(OSError):
            file.unlink(missing_ok=True)
        raise
    return file


def saved_words(file: Path, logs: Sequence[ExchangeLog]) -> str:
    """Say what is in the file, and what came too long ago to be in it."""
    exchanges = "1 exchange" if len(logs) == 1 else f"{len(logs)} exchanges"
    gone = sum(log.item_count - len(log.entries) for log in logs)
    without = f", without the first {gone:,} events" if gone else ""
    return f"Saved {exchanges} to {file}{without}. It can be inspected and replayed."
