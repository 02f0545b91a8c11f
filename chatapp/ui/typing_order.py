"""Keeps the keys of commands behind what was typed before them."""

import asyncio
from contextlib import suppress

from textual.screen import Screen
from textual.widget import Widget

LONGEST_TYPING_S = 1.0
"""How long the key of a command waits for what was typed before it."""


async def typing_taken(screen: Screen[None], composer: Widget) -> None:
    """Return once what was typed is in the composer, and what was sent is on its way.

    The keys of commands come straight to the app, and would overtake a message and its Enter
    that came in the same moment: it would be lost, or sent in another conversation.
    """
    if not (composer.message_queue_size or screen.message_queue_size):
        return
    is_taken = asyncio.Event()
    # Enter posts Submitted behind this, so the composer is asked twice, and then the screen
    composer.call_later(composer.call_later, screen.call_later, is_taken.set)
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_TYPING_S):
            await is_taken.wait()
