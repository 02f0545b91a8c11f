"""Characters that a file cannot hold, or had better not hold as they are."""

import json
import re

_LONE = re.compile("[\ud800-\udfff]")
_UNSAFE = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)


def without_surrogates(text: str) -> str:
    """The text with U+FFFD in the place of half surrogate pairs, which have no UTF-8."""
    return _LONE.sub("\ufffd", text)


def escaped_json(json_text: str) -> str:
    r"""The same JSON with what has no UTF-8, acts on a terminal or hides written as \uXXXX."""
    return _UNSAFE.sub(lambda unsafe: json.dumps(unsafe.group())[1:-1], json_text)
