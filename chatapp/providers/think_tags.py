"""Reasoning that a server leaves inside the text: `<think>` at the start of a reply."""

_OPENINGS = {"<think>": "</think>", "<thinking>": "</thinking>", "<thought>": "</thought>"}

_MOST_HELD = 256
"""White space is held back only so far, lest a flood of it costs more and more."""


class ThinkTagSplitter:
    """Splits the text of one reply into reasoning and answer, however it is cut.

    Only a tag at the very start (after white space) counts: one later in the text is the
    text's own. Little more than a tag is ever held back. The white space around the tags goes.
    """

    def __init__(self) -> None:
        self._held = ""
        self._closing = ""
        self._is_at_start = True
        self._drops_newlines = False
        self._drops_space = False

    @property
    def is_passive(self) -> bool:
        """Whether all further text passes through as it is."""
        return not (self._is_at_start or self._closing or self._drops_space)

    @property
    def is_inside(self) -> bool:
        """Whether the tag is open, so that text is reasoning."""
        return bool(self._closing)

    def feed(self, text: str) -> tuple[str, str]:
        """Take in more text; return (reasoning, answer), each maybe empty."""
        if self._is_at_start:
            return self._look_for_opening(self._held + text)
        if self._closing:
            return self._look_for_closing(self._held + text)
        return "", self._answer(text)

    def finish(self) -> tuple[str, str]:
        """Give out what was held back, at the end of the reply."""
        held, self._held = self._held, ""
        return (held, "") if self._closing else ("", held)

    def _look_for_opening(self, text: str) -> tuple[str, str]:
        stripped = text.lstrip()
        for opening, closing in _OPENINGS.items():
            if stripped.startswith(opening):
                self._is_at_start, self._closing, self._held = False, closing, ""
                self._drops_newlines = True
                return self._look_for_closing(stripped.removeprefix(opening))
        is_begun = any(opening.startswith(stripped) for opening in _OPENINGS)
        if is_begun and len(text) <= _MOST_HELD:
            self._held = text
            return "", ""
        self._is_at_start, self._held = False, ""
        return "", text

    def _look_for_closing(self, text: str) -> tuple[str, str]:
        if self._drops_newlines:
            text = text.lstrip("\n")
            self._drops_newlines = not text
        reasoning, tag, rest = text.partition(self._closing)
        if tag:
            self._closing, self._held, self._drops_space = "", "", True
            return reasoning.rstrip("\n"), self._answer(rest)
        held = _length_of_begun_tag(text, self._closing)
        self._held = text[len(text) - held :]
        return text[: len(text) - held], ""

    def _answer(self, text: str) -> str:
        if self._drops_space:
            text = text.lstrip()
            self._drops_space = not text
        return text


def _length_of_begun_tag(text: str, tag: str) -> int:
    """How much of the end of `text` could be the begin of `tag`, newlines before it included."""
    begun = next(
        (size for size in range(min(len(tag), len(text)), 0, -1) if text.endswith(tag[:size])), 0
    )
    before = text[: len(text) - begun]
    held = begun + len(before) - len(before.rstrip("\n"))
    return held if held <= _MOST_HELD else 0
