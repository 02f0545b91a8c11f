"""What a request of `llm` cost: the columns that turns and responses have in common."""

from chatapp.core.usage import Timing, Usage
from chatapp.exporters.foreign_json import JsonObject, as_count

ENDPOINT = "llm"
"""The endpoint of its models; it names none itself."""


def usage(row: JsonObject) -> Usage | None:
    """The tokens, where they are known."""
    prompt, completion = as_count(row["input_tokens"]), as_count(row["output_tokens"])
    if prompt is None and completion is None:
        return None
    return Usage(prompt or 0, completion or 0, (prompt or 0) + (completion or 0))


def timing(row: JsonObject) -> Timing | None:
    """The seconds until the end; when the first token came was not noted."""
    duration_ms = as_count(row["duration_ms"])
    return None if duration_ms is None else Timing(None, 0.0, duration_ms / 1000)
