"""Measure the search over many stored messages: `python -m benchmarks.search [--messages N]`.

Times are what a person waits: from the call on the event loop to the hits with their snippets.
"""

import argparse
import asyncio
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, render_table
from chatapp.core.messages import ChatMessage, ModelRef, Role, TextPart
from chatapp.core.records import ConversationHeader, ConversationImported, StoredConversation
from chatapp.storage.sqlite_store import SqliteStore

SEARCHES = {
    "中国": "two Chinese characters",
    "唐": "one Chinese character",
    "the": "a word of most messages",
    "zephyrine": "a word of few messages",
    "zephyrine the": "both",
    "t": "one letter, as typed first",
    "th": "two letters",
    "thequ": "a beginning that nothing has",
    "ba": "a beginning of many words",
    '"of the"': "a phrase of common words",
    '"the zephyrine"': "a phrase with a rare word",
    "的 了 中": "three common characters",
}
LIMIT_MS = 50
RUNS = 9

_MODEL = ModelRef("lab", "model")
_MESSAGES_EACH = 20
_HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]


def main() -> int:
    """Run the command; the exit code is 1 when a figure is not what it must be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    count = parser.parse_args().messages
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(_measure(Path(folder) / "chatapp.db", count))
    print(f"{count:,} messages\n")
    print(render_table(figures))
    return 0 if all(figure.is_met for figure in figures) else 1


async def _measure(path: Path, count: int) -> list[Figure]:
    store = SqliteStore(path)
    await store.open()
    begun = time.perf_counter()
    text_size = 0
    for conversation in _conversations(count):
        text_size += sum(len(message.text.encode()) for message in conversation.messages)
        await store.write([ConversationImported(conversation)])
    filled_s = time.perf_counter() - begun
    await store.close()
    print(f"filled in {filled_s:.0f} s: {text_size / 1e6:.0f} MB of text", file=sys.stderr)
    store = SqliteStore(path)
    await store.open()
    figures = [await _figure(store, words, kind) for words, kind in SEARCHES.items()]
    figures.append(await _headers_figure(store))
    await store.close()
    return [*figures, Figure("size of the file ÷ its text", _size(path) / text_size)]


def _size(path: Path) -> int:
    return path.stat().st_size


async def _figure(store: SqliteStore, words: str, kind: str) -> Figure:
    times_ms: list[float] = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        hits = await store.search(words)
        times_ms.append((time.perf_counter() - begun) * 1000)
    detail = f"{len(hits)} hits, first search {times_ms[0]:.1f} ms, most {max(times_ms):.1f} ms"
    return Figure(f"search {words}: {kind}", statistics.median(times_ms), LIMIT_MS, "ms", detail)


async def _headers_figure(store: SqliteStore) -> Figure:
    begun = time.perf_counter()
    headers = await store.headers()
    elapsed_ms = (time.perf_counter() - begun) * 1000
    return Figure(f"all {len(headers):,} conversations listed", elapsed_ms, None, "ms")


def _conversations(count: int) -> Iterator[StoredConversation]:
    texts = _texts(random.Random(7))  # noqa: S311 - text to look at, no secret
    for number in range(count // _MESSAGES_EACH):
        at = 1_700_000_000.0 + number * 9000
        messages = tuple(
            ChatMessage(
                message_id=f"message-{place}",
                parent_id=f"message-{place - 1}" if place else None,
                role=Role.ASSISTANT if place % 2 else Role.USER,
                parts=(TextPart(next(texts)),),
                created_at=at + place * 60,
                model=_MODEL,
            )
            for place in range(_MESSAGES_EACH)
        )
        header = ConversationHeader(f"conversation-{number}", f"About {number}", at, at, _MODEL)
        yield StoredConversation(header, messages)


def _texts(generator: random.Random) -> Iterator[str]:
    """Texts whose words are as common as words are: the n-th has the weight 1 ÷ n."""
    syllables = [f"{a}{b}" for a in "bcdfghjklmnprstvwz" for b in "aeiou"]
    vocabulary = ["the", "of", "and", "to", "that"]
    vocabulary += ["".join(generator.choices(syllables, k=1 + n % 4)) for n in range(30_000)]
    words = list(itertools.accumulate(1 / n for n in range(1, len(vocabulary) + 1)))
    # 的 and 了 are the most common, 中 and 国 about the hundredth, 唐 about the thousandth
    han = ["的", "了", *_HAN[:96], "中", "国", *_HAN[96:1000], "唐", *_HAN[1000:]]
    characters = list(itertools.accumulate(1 / n for n in range(1, len(han) + 1)))
    for number in itertools.count():
        length = generator.randint(5, 200)
        if number % 3 == 2:
            text = "".join(generator.choices(han, cum_weights=characters, k=length))
            yield text + ("中国" if number % 60 == 2 else "")
        else:
            text = " ".join(generator.choices(vocabulary, cum_weights=words, k=length))
            yield text + (" the zephyrine" if number % 20_000 == 0 else "")


if __name__ == "__main__":
    sys.exit(main())
