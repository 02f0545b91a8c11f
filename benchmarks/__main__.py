"""Measure everything and print a table in Markdown: `python -m benchmarks [--quick]`.

`python -m benchmarks soak` spends a day with the app instead: see `benchmarks.soak`.

Ratios hold on a noisy machine because what is compared runs in turns: A B A B.
"""

import argparse
import asyncio
import os
import platform
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks import engine_runs, soak
from benchmarks.figures import Figure, render_table
from benchmarks.flood_server import FloodServer
from benchmarks.reply_text import reply_tokens
from benchmarks.terminal_runs import CHATAPP, FLOOR, TEXTUAL_MARKDOWN, TerminalRuns

_BLOCKS = {
    "paragraph": ("", "some more words of one long paragraph that goes on and on. "),
    "list": ("", "- an item with **bold** words and `code`\n"),
    "fence": ("```python\n", "    result = total(values, start=index * 3)  # so far\n"),
    "table": ("| a | b |\n| --- | ---: |\n", "| some words | 12345 |\n"),
    "quote": ("", "> words that somebody else has said before\n"),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured; `turns` is how often each of two that are compared runs."""

    turns: int = 3
    flood: int = 8000
    paced_s: int = 10
    long_reply: int = 32_000
    fence_lines: int = 5000
    conversation: int = 10_000
    block_lines: tuple[int, ...] = (100, 1000, 5000)
    compares_textual: bool = True


QUICK = Amount(
    turns=1, flood=4000, paced_s=5, long_reply=4000, fence_lines=500, conversation=1000,
    block_lines=(100, 1000), compares_textual=False,
)  # fmt: skip


def main() -> int:
    """Run the command; the exit code is 1 when a figure is not what it must be."""
    if sys.argv[1:2] == ["soak"]:
        return soak.main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smaller run, in under a minute")
    amount = QUICK if parser.parse_args().quick else Amount()
    figures: list[Figure] = []
    for figure in _measure(amount):
        print(f"{figure.name}: {figure.value:.3g} {figure.unit}", file=sys.stderr, flush=True)
        figures.append(figure)
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print(render_table(figures))
    return 0 if all(figure.is_met for figure in figures) else 1


def _measure(amount: Amount) -> Iterator[Figure]:
    with FloodServer() as server:
        yield from _end_to_end(TerminalRuns(server), amount)
    yield from _engine(amount)


def _end_to_end(runs: TerminalRuns, amount: Amount) -> Iterator[Figure]:
    floods = [
        (runs.reply(CHATAPP, amount.flood), runs.reply(FLOOR, amount.flood))
        for _ in range(amount.turns)
    ]
    ours, floor = ([pair[side].cpu_s for pair in floods] for side in (0, 1))
    flood = f"{amount.flood:,} tokens of mixed Markdown flat out"
    yield _ratio(f"CPU, {flood} ÷ floor", ours, floor, 0.6)
    lags, floor_lags = ([pair[side].final_lag_s for pair in floods] for side in (0, 1))
    yield _ratio(f"last chunk sent → last word on screen, {flood} ÷ floor", lags, floor_lags, 0.2)
    if amount.compares_textual:
        theirs = runs.reply(TEXTUAL_MARKDOWN, amount.flood).cpu_s
        yield _ratio(f"CPU, {flood} ÷ Textual's own Markdown stream", ours, [theirs], 0.05)
    tokens = 100 * amount.paced_s
    paced = [
        (runs.reply(CHATAPP, tokens, 100.0).cpu_s, runs.reply(FLOOR, tokens, 100.0).cpu_s)
        for _ in range(min(3, amount.turns))
    ]
    yield _ratio("CPU at 100 tokens/s ÷ floor", [a for a, _ in paced], [b for _, b in paced], 2.4)
    times = 2 * amount.turns
    echoes = [echo for _ in range(times) for echo in runs.echo_s(CHATAPP, amount.flood)]
    middle, late = statistics.median(echoes), statistics.quantiles(echoes, n=20)[-1]
    detail = f"{len(echoes)} keys, median {middle * 1000:.0f} ms"
    yield Figure("key echo during the flood, 95th percentile", late * 1000, 25, "ms", detail)
    stops = [runs.stop_s(CHATAPP) for _ in range(times)]
    detail = f"median of {len(stops)}, most {max(stops) * 1000:.0f} ms"
    stop_ms = statistics.median(stops) * 1000
    yield Figure("Esc → last token painted", stop_ms, 25, "ms", detail)


def _engine(amount: Amount) -> Iterator[Figure]:
    mixed = reply_tokens("mixed", amount.long_reply)
    short, base = mixed[:500], mixed[:2000]
    long = "".join(mixed)
    fence = reply_tokens("fence", amount.fence_lines * 11)
    code = "".join(fence)
    yield _in_turns(
        f"CPU per token at the end of a {len(mixed):,}-token reply ÷ 500-token reply", amount, 1.2,
        lambda: _repeated_short_cost_s(short), lambda: _token_cost_s(short, opening=long),
    )  # fmt: skip
    yield _in_turns(
        f"CPU per token inside one {_lines(fence):,}-line fence ÷ mixed text", amount, 1.5,
        lambda: _token_cost_s(base), lambda: _token_cost_s(fence[1000:3000], opening=code),
    )  # fmt: skip
    yield _in_turns(
        f"CPU per token after {amount.conversation:,} messages ÷ none", amount, 1.1,
        lambda: _token_cost_s(base), lambda: _token_cost_s(base, amount.conversation),
    )  # fmt: skip
    yield from _by_block_size(amount)
    yield _in_turns(
        f"opening {amount.conversation:,} messages ÷ opening 10", amount, 2.0,
        lambda: asyncio.run(engine_runs.opening_s(10)),
        lambda: asyncio.run(engine_runs.opening_s(amount.conversation)),
    )  # fmt: skip
    memory = asyncio.run(engine_runs.memory_ratio(base, 20))
    yield Figure("memory of a finished message ÷ its text", memory)


def _by_block_size(amount: Amount) -> Iterator[Figure]:
    few = amount.block_lines[0]
    for name, (opening, line) in _BLOCKS.items():
        costs_s = [
            asyncio.run(engine_runs.frame_cost_s(line, lines, opening))
            for lines in amount.block_lines
        ]
        for lines, cost_s in zip(amount.block_lines[1:], costs_s[1:], strict=True):
            title = f"frame at the end of a {name} of {lines:,} lines ÷ of {few} lines"
            yield _ratio(title, [cost_s], [costs_s[0]])


def _lines(tokens: list[str]) -> int:
    return "".join(tokens).count("\n")


def _token_cost_s(tokens: list[str], messages_before: int = 0, opening: str = "") -> float:
    return asyncio.run(engine_runs.token_cost_s(tokens, messages_before, opening))


def _repeated_short_cost_s(tokens: list[str]) -> float:
    return statistics.median(_token_cost_s(tokens) for _ in range(5))


def _in_turns(
    name: str,
    amount: Amount,
    limit: float,
    base: Callable[[], float],
    measured: Callable[[], float],
) -> Figure:
    """Measure the two in turns and compare their medians."""
    pairs = [(measured(), base()) for _ in range(min(3, amount.turns))]
    return _ratio(name, [a for a, _ in pairs], [b for _, b in pairs], limit)


def _ratio(
    name: str, measured: list[float], base: list[float], limit: float | None = None
) -> Figure:
    above, below = statistics.median(measured), statistics.median(base)
    return Figure(name, above / below, limit, detail=f"{_time(above)} ÷ {_time(below)}")


def _time(seconds: float) -> str:
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1 or unit == "µs":
            return f"{seconds * factor:.3g} {unit}"
    raise AssertionError(seconds)


if __name__ == "__main__":
    sys.exit(main())
