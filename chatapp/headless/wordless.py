"""A word to whoever waits for a server that is alive but says nothing."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chatapp.core.changes import Phase
from chatapp.session.chat_session import ChatSession

WORDLESS_S = 30.0
"""How long a reply may be without a word before that is told."""

_LOOKS = 30
"""How often is looked until then."""


@contextmanager
def telling_of_no_word(session: ChatSession, tell: Callable[[str], None]) -> Iterator[None]:
    """Tell once, while inside, that the server is heard but has said no word for long.

    Of one that is not heard nothing is told: patience with it ends by itself.
    """
    watching = asyncio.create_task(_watch(session, tell))
    try:
        yield
    finally:
        watching.cancel()


async def _watch(session: ChatSession, tell: Callable[[str], None]) -> None:
    while not _is_wordless(session):  # noqa: ASYNC110 - it is time that passes, no event
        await asyncio.sleep(WORDLESS_S / _LOOKS)
    tell("The server is alive, but has said no word yet; Ctrl+C stops.")


def _is_wordless(session: ChatSession) -> bool:
    """Whether the running response has had its time, and consists of nothing but signs of life."""
    meter, now = session.meter, time.monotonic()
    is_waiting = session.conversation.phase in (Phase.WAITING, Phase.READING_PROMPT)
    if meter is None or not is_waiting:
        return False
    timing = meter.timing(now)
    is_heard = meter.silence_s(now) < WORDLESS_S / 2
    return timing.ttft_s is None and timing.elapsed_s >= WORDLESS_S and is_heard
