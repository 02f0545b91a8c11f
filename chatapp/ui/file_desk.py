"""Writes conversations to files and takes them in, off the event loop."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from chatapp import paths
from chatapp.core.errors import CodecError
from chatapp.core.records import ImportProblem
from chatapp.core.safe_text import safe_line
from chatapp.session.chat_session import ChatSession
from chatapp.session.library import Library


class FileDesk:
    """Carries out /export and /import; `say` and `warn` show a sentence to the person."""

    def __init__(
        self, library: Library, say: Callable[[str], None], warn: Callable[[str], None]
    ) -> None:
        self._library = library
        self._say = say
        self._warn = warn

    async def export(self, session: ChatSession, argument: str) -> None:
        """Write a conversation; `argument` has a format, a file, both or nothing."""
        # formats are not needed before the first export
        from chatapp.exporters.files import write_export
        from chatapp.exporters.registry import EXPORTERS

        formats = {exporter.name: exporter for exporter in EXPORTERS}
        first, _, rest = argument.partition(" ")
        if first and first not in formats and not rest and first.isalnum():
            self._warn(f"There is no format {safe_line(first)}; there are {', '.join(formats)}.")
            return
        target = rest.strip() if first in formats else argument
        place = await asyncio.to_thread(paths.typed, target) if target else None
        name = first if first in formats else (place or Path()).suffix.lstrip(".")
        exporter = formats.get(name, EXPORTERS[0])
        stored = await self._library.stored(session)
        try:
            path = await asyncio.to_thread(write_export, stored, exporter, place, Path())
        except (OSError, ValueError) as error:
            where = (
                f"{safe_line(str(place))} cannot be written" if place else "It cannot be written"
            )
            self._warn(f"{where}: {safe_line(paths.refusal(error))}.")
        else:
            self._say(f"Written to {safe_line(str(path))}.")

    async def take_in(self, argument: str) -> None:
        """Take in the conversations of a file, and tell what came and what did not."""
        # formats are not needed before the first import
        from chatapp.exporters.intake import Arrival, import_file

        path = await asyncio.to_thread(paths.typed, argument)
        arrivals, problems = Counter[Arrival](), list[ImportProblem]()
        try:
            async with aclosing(import_file(path, await self._library.store())) as items:
                async for item in items:
                    if isinstance(item, ImportProblem):
                        problems.append(item)
                    else:
                        arrivals[item.arrival] += 1
        except (CodecError, OSError, ValueError) as error:
            words = str(error) if isinstance(error, CodecError) else paths.refusal(error)
            self._warn(f"{safe_line(str(path))} cannot be read: {safe_line(words)}.")
        else:
            known = f", {arrivals[Arrival.KNOWN]} here already" if arrivals[Arrival.KNOWN] else ""
            grown = f", {arrivals[Arrival.GREW]} grew" if arrivals[Arrival.GREW] else ""
            if arrivals or not problems:
                self._say(f"Took in {_count(arrivals[Arrival.NEW])}{grown}{known}.")
        if problems:
            first = safe_line(f"{problems[0].place}: {problems[0].reason}")
            many = f"{len(problems)} were not taken in. The first, "
            self._warn(f"{many if len(problems) > 1 else 'Not taken in: '}{first}.")


def _count(number: int) -> str:
    return f"{number} conversation{'' if number == 1 else 's'}"
