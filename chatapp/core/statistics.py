"""What replies cost in tokens and money, and how fast they came: sums and medians."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from math import fsum
from statistics import median
from typing import TypeVar

from chatapp.core.messages import ModelRef
from chatapp.core.records import ReplyFigures

DAY = 1
WEEK = 7

_LAST_S = 32_503_680_000.0  # the year 3000: calendars end, and a file may say anything

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Speed:
    """Medians over replies that streamed to their end.

    `tokens_per_s` is None where all were too short to say, and estimated where any of its
    token counts is.
    """

    ttft_s: float
    tokens_per_s: float | None = None
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class Total:
    """What several replies cost; money in US dollars at list prices.

    `unpriced` counts those of which no price is known; `cost_usd` is None when that is all.
    """

    replies: int
    prompt_tokens: int
    completion_tokens: int
    is_estimated: bool
    cost_usd: float | None
    unpriced: int
    speed: Speed | None

    @property
    def tokens(self) -> int:
        """What went in and what came out."""
        return self.prompt_tokens + self.completion_tokens


def local_day(at: float) -> date:
    """The day on the person's calendar. `at` is seconds since the epoch."""
    return datetime.fromtimestamp(min(max(at, 0.0), _LAST_S)).date()


def local_midnight(day: date) -> float:
    """When a day began on the person's clock, in seconds since the epoch; 0 before that."""
    return 0.0 if day.year <= 1970 else datetime.combine(day, time()).timestamp()


def period_of(day: date, days: int) -> date:
    """The first day of the period of so many days that `day` is in; weeks begin on Mondays."""
    return date.fromordinal(day.toordinal() - (day.toordinal() - 1) % days)


def speed_of(replies: Iterable[ReplyFigures]) -> Speed | None:
    """How fast replies usually came, or None when none of them streamed to its end.

    A reply that came at once, as from a server that does not stream, says nothing of TTFT.
    """
    ttfts: list[float] = []
    rates: list[float] = []
    is_estimated = False
    for reply in replies:
        timing, usage = reply.timing, reply.usage
        if not reply.is_finished or timing is None or timing.ttft_s is None:
            continue
        if timing.generation_s <= 0:
            continue
        ttfts.append(timing.ttft_s)
        rate = timing.tokens_per_second(usage.completion_tokens) if usage else None
        if usage is not None and rate is not None:
            rates.append(rate)
            is_estimated = is_estimated or usage.is_estimated
    if not ttfts:
        return None
    return Speed(median(ttfts), median(rates) if rates else None, is_estimated)


def speeds_by_model(replies: Iterable[ReplyFigures]) -> dict[ModelRef, Speed]:
    """How fast each model usually was, of those that can be told of."""
    groups = _grouped(replies, lambda reply: reply.model)
    speeds = {model: speed_of(group) for model, group in groups.items()}
    return {model: speed for model, speed in speeds.items() if speed is not None}


def total(replies: Sequence[ReplyFigures]) -> Total:
    """Add up."""
    usages = [reply.usage for reply in replies if reply.usage is not None]
    costs = [reply.cost_usd for reply in replies if reply.cost_usd is not None]
    return Total(
        replies=len(replies),
        prompt_tokens=sum(usage.prompt_tokens for usage in usages),
        completion_tokens=sum(usage.completion_tokens for usage in usages),
        is_estimated=any(usage.is_estimated for usage in usages),
        cost_usd=fsum(costs) if costs else None,
        unpriced=len(replies) - len(costs),
        speed=speed_of(replies),
    )


def totals_by_model(replies: Iterable[ReplyFigures]) -> dict[ModelRef, Total]:
    """What went to each model; the one that took the most tokens is first."""
    groups = _grouped(replies, lambda reply: reply.model)
    totals = {model: total(group) for model, group in groups.items()}
    order = sorted(totals, key=lambda model: (-totals[model].tokens, str(model)))
    return {model: totals[model] for model in order}


def totals_by_period(
    replies: Iterable[ReplyFigures],
    days: int = DAY,
    day_of: Callable[[float], date] = local_day,
) -> dict[date, Total]:
    """What each period took, by its first day, in order; periods without a reply are left out."""
    groups = _grouped(replies, lambda reply: period_of(day_of(reply.at), days))
    return {first: total(groups[first]) for first in sorted(groups)}


def _grouped(
    replies: Iterable[ReplyFigures], key_of: Callable[[ReplyFigures], Key]
) -> dict[Key, list[ReplyFigures]]:
    groups: dict[Key, list[ReplyFigures]] = defaultdict(list)
    for reply in replies:
        groups[key_of(reply)].append(reply)
    return groups
