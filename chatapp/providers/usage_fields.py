"""Token counts, under the names that servers give them."""

from collections.abc import Mapping
from typing import Any

from chatapp.core.usage import Usage


def read_usage(value: object) -> Usage | None:
    """Read a `usage` object, or None when it is none or says nothing."""
    if not isinstance(value, Mapping):
        return None
    prompt = _count(value, "prompt_tokens", "input_tokens")
    completion = _count(value, "completion_tokens", "output_tokens")
    if prompt is None and completion is None:
        return None
    prompt, completion = prompt or 0, completion or 0
    total = _count(value, "total_tokens")
    cached = _count(
        _details(value, "prompt_tokens_details", "input_tokens_details"), "cached_tokens"
    )
    reasoning = _count(
        _details(value, "completion_tokens_details", "output_tokens_details"), "reasoning_tokens"
    )
    if cached is None:
        cached = _count(value, "cached_tokens", "prompt_cache_hit_tokens")
    if reasoning is None:
        reasoning = _count(value, "reasoning_tokens")
    return Usage(prompt, completion, total or prompt + completion, cached, reasoning)


def read_timings(value: object) -> Usage | None:
    """Read the `timings` with which llama.cpp counts tokens even when nobody asked for usage."""
    if not isinstance(value, Mapping):
        return None
    fresh, completion = _count(value, "prompt_n"), _count(value, "predicted_n")
    if fresh is None or completion is None:
        return None
    cached = _count(value, "cache_n")
    prompt = fresh + (cached or 0)
    return Usage(prompt, completion, prompt + completion, cached)


def _details(usage: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    return next((usage[name] for name in names if isinstance(usage.get(name), Mapping)), {})


def _count(usage: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = usage.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15:
            return int(value)
    return None
