"""The text in a piece of JSON, whatever shape a server gives it."""

LONGEST_LABEL = 256
"""In characters: of names, which are kept and shown."""


def flat_text(value: object, depth: int = 0) -> str:
    """The text in a part, or in a list of parts, under the names that servers use."""
    if isinstance(value, str):
        return value
    if depth > 4:
        return ""
    if isinstance(value, list):
        return "".join(flat_text(item, depth + 1) for item in value)
    if isinstance(value, dict):
        for name in ("text", "thinking", "summary", "reasoning", "content", "value"):
            if text := flat_text(value.get(name), depth + 1):
                return text
    return ""


def text_or_empty(value: object) -> str:
    """A string as it is, anything else as nothing."""
    return value if isinstance(value, str) else ""


def label_or_empty(value: object) -> str:
    """A string short enough to name something, anything else as nothing."""
    return value if isinstance(value, str) and len(value) <= LONGEST_LABEL else ""
