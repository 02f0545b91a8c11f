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
        name = first if first in formats else Path(target).suffix.lstrip(".")
        exporter = formats.get(name, EXPORTERS[0])
        stored = await self._library.stored(session)
        place = Path(target) if target else None
        try:
            path = await asyncio.to_thread(write_export, stored, exporter, place, Path())
        except (OSError, RuntimeError) as error:  # the latter: no such home
            words = error.strerror if isinstance(error, OSError) else None
            where = f"{safe_line(target)} cannot be written" if target else "It cannot be written"
            self._warn(f"{where}: {safe_line(words or str(error))}.")
        else:
            self._say(f"Written to {safe_line(str(path))}.")

    async def take_in(self, argument: str) -> None:
        """Take in the conversations of a file, and tell what came and what did not."""
        # formats are not needed before the first import
        from chatapp.exporters.intake import Arrival, import_file

        arrivals, problems = Counter[Arrival](), list[ImportProblem]()
        try:
            async with aclosing(
                import_file(_home_path(argument), await self._library.store())
            ) as items:
                async for item in items:
                    if isinstance(item, ImportProblem):
                        problems.append(item)
                    else:
                        arrivals[item.arrival] += 1
        except (CodecError, OSError, RuntimeError) as error:  # the last: no such home
            words = error.strerror if isinstance(error, OSError) else str(error)
            self._warn(f"The file cannot be read: {safe_line(words or str(error))}.")
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


def _home_path(text: str) -> Path:
    """The path that was typed, with ~ for the person's folder."""
    return paths.with_home(text)
