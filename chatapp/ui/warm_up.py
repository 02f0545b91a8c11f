"""What is done once while nobody waits, so that nobody has to wait for it later."""

import asyncio
import gc

from chatapp.ui.transcript.code_tokens import load_lexers
from chatapp.ui.transcript.inline_markup import load_parsers

BEGIN_AFTER_S = 1.5
"""Seconds after the first paint: by then the SDK is imported."""

GARBAGE_THRESHOLDS = (5_000, 20, 100)
"""How many new objects are looked through, and how seldom older ones: a reply makes few cycles,
and a walk over all that a long one has made takes as long as a key may take to show."""

COMMON_LANGUAGES = ("python", "bash", "json", "javascript")


async def warm_up() -> None:
    """Load what a reply needs, and spare the garbage collector what lives as long as the program.

    A full collection walks over every module, class and widget: for tens of milliseconds, in
    which no key is heard, and to find nothing.
    """
    await asyncio.to_thread(load_parsers)
    await asyncio.to_thread(load_lexers, COMMON_LANGUAGES)
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
