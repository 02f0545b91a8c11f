"""What an endpoint's refusal of a request teaches about the next one."""

import re
from dataclasses import replace

from chatapp.core.endpoints import Quirks
from chatapp.providers.error_responses import ErrorResponse
from chatapp.providers.server_words import words_of_body

_NAMELESS_REFUSAL = re.compile(
    r"(?i)(unknown|unrecognized|unsupported|unexpected|extra)\b[^'\"`]{0,40}"
    r"(field|parameter|argument|input|key|propert)[^'\"`]*$"
)

_REFUSES_MAX_TOKENS = re.compile(rb"max_completion_tokens|nsupported parameter: .{0,2}max_tokens")


_REFUSES_TOOLS = re.compile(
    rb"(?i)tools?\b[^{}]{0,60}(not support|unsupported|not enabled|requires --)"
    rb"|(not support|no endpoints found that support)[^{}]{0,40}\b(tools?|function calling)\b"
    rb"|unsupported[^{}]{0,30}\btools?\b"
)
"""Ollama, llama.cpp (with status 500), vLLM, OpenRouter (404) and others, in their words."""


def refuses_tools(response: ErrorResponse) -> bool:
    """Whether the refusal says that this model or server takes no tools."""
    return response.status in (400, 404, 422, 500, 501) and bool(
        _REFUSES_TOOLS.search(response.body)
    )


def learn_quirk(response: ErrorResponse, quirks: Quirks, *, sent_max_tokens: bool) -> Quirks | None:
    """The quirks with which to ask again, or None when the refusal is about something else.

    The two parameters that servers refuse most and that can be said otherwise or left out:
    `stream_options`, and `max_tokens`, which reasoning models want as `max_completion_tokens`.
    """
    if response.status not in (400, 422):
        return None
    if (
        sent_max_tokens
        and quirks.max_tokens_field == "max_tokens"
        and _REFUSES_MAX_TOKENS.search(response.body)
    ):
        return replace(quirks, max_tokens_field="max_completion_tokens")
    refuses_options = re.search(rb"stream_?options|include_usage", response.body, re.IGNORECASE)
    if quirks.has_stream_options and (
        refuses_options or _NAMELESS_REFUSAL.search(words_of_body(response.body))
    ):
        return replace(quirks, has_stream_options=False)
    return None
