"""What a response cost in tokens and in seconds, and which of these figures are estimates."""

import unicodedata
from dataclasses import dataclass, field

CHARACTERS_PER_TOKEN = 4.0
"""Rule of thumb for text in an alphabet, as providers publish it for English."""

TOKENS_PER_WIDE_CHARACTER = 0.7
"""Rule of thumb for Chinese, Japanese and Korean; vocabularies hold many two-character words."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one response, or of several added up.

    `cached_tokens` is part of `prompt_tokens`, `reasoning_tokens` is part of
    `completion_tokens`; None means the server did not say. `responses` is how many were added up.
    """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    is_estimated: bool = False
    responses: int = field(default=1, compare=False)

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            total_tokens=self.total_tokens + other.total_tokens,
            cached_tokens=_add_optional(self.cached_tokens, other.cached_tokens),
            reasoning_tokens=_add_optional(self.reasoning_tokens, other.reasoning_tokens),
            is_estimated=self.is_estimated or other.is_estimated,
            responses=self.responses + other.responses,
        )


def _add_optional(first: int | None, second: int | None) -> int | None:
    if first is None or second is None:
        return first if second is None else second
    return first + second


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one response, measured on the client.

    `ttft_s` runs from sending the request to the first visible delta, and is
    None when nothing arrived; `generation_s` from there to the last delta.
    """

    ttft_s: float | None
    generation_s: float
    elapsed_s: float

    def __add__(self, later: "Timing") -> "Timing":
        """The figures of a reply that was continued later; the pause between does not count."""
        return Timing(
            ttft_s=self.ttft_s if self.ttft_s is not None else later.ttft_s,
            generation_s=self.generation_s + later.generation_s,
            elapsed_s=self.elapsed_s + later.elapsed_s,
        )

    def tokens_per_second(self, completion_tokens: int) -> float | None:
        """Speed after the first token, or None when too short to say."""
        if self.ttft_s is None or self.generation_s <= 0.05 or completion_tokens < 2:
            return None
        return (completion_tokens - 1) / self.generation_s


def estimate_tokens(text: str) -> float:
    """Guess how many tokens `text` is, without a vocabulary; off by up to a third."""
    if text.isascii():
        return len(text) / CHARACTERS_PER_TOKEN
    wide = sum(1 for character in text if unicodedata.east_asian_width(character) in "WF")
    return wide * TOKENS_PER_WIDE_CHARACTER + (len(text) - wide) / CHARACTERS_PER_TOKEN


class ResponseMeter:
    """Measures one response while it streams; the caller brings the clock.

    All times are seconds of one clock that never goes back, and tells milliseconds apart:
    `perf_counter`, as on Windows `monotonic` takes steps of 16 ms. Constant work per delta.
    """

    def __init__(self, sent_at: float) -> None:
        self._sent_at = sent_at
        self._first_at: float | None = None
        self._last_at: float | None = None
        self._heard_at = sent_at
        self._tokens = 0.0

    def heard(self, now: float) -> None:
        """The server sent something, be it a comment: it has not stalled."""
        self._heard_at = now

    def add_delta(self, text: str, now: float) -> None:
        """A delta of text, reasoning or tool arguments arrived."""
        if self._first_at is None:
            self._first_at = now
        self._last_at = self._heard_at = now
        self._tokens += estimate_tokens(text)

    @property
    def estimated_completion_tokens(self) -> int:
        """What arrived so far, in tokens, estimated."""
        return max(1, round(self._tokens)) if self._tokens else 0

    def silence_s(self, now: float) -> float:
        """Seconds since the server was last heard."""
        return now - self._heard_at

    def timing(self, now: float) -> Timing:
        """The figures so far; `elapsed_s` runs until `now`."""
        if self._first_at is None or self._last_at is None:
            return Timing(ttft_s=None, generation_s=0.0, elapsed_s=now - self._sent_at)
        return Timing(
            ttft_s=self._first_at - self._sent_at,
            generation_s=self._last_at - self._first_at,
            elapsed_s=now - self._sent_at,
        )
