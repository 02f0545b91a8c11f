"""What is pasted, kept from acting as keys."""

from chatapp.core.safe_text import safe_text

_BEGIN, _END = "\x1b[200~", "\x1b[201~"

_CONTROLS = {
    code: safe_text(chr(code)) for code in (*range(0x20), *range(0x7F, 0xA0)) if code != ord("\r")
}


class PasteFilter:
    """Makes control characters visible in what a terminal says is pasted, however it is cut.

    Textual takes a sequence that it does not know for keys, in a paste too, so that an Esc in a
    copied text could send it, or run a command. Not every terminal leaves them out by itself.
    """

    def __init__(self) -> None:
        self._is_inside = False
        self._seen = ""
        self._held = ""

    def feed(self, text: str) -> str:
        """Take in what was read, and return what may be believed."""
        passed: list[str] = []
        while text:
            text = self._feed_paste(text, passed) if self._is_inside else self._watch(text, passed)
        return "".join(passed)

    def _watch(self, text: str, passed: list[str]) -> str:
        """Let keys pass, at once and as they are, up to the beginning of a paste."""
        known = self._seen + text
        at = known.find(_BEGIN)
        self._is_inside = at >= 0
        end = at + len(_BEGIN) - len(self._seen) if self._is_inside else len(text)
        self._seen = "" if self._is_inside else known[1 - len(_BEGIN) :]
        passed.append(text[:end])
        return text[end:]

    def _feed_paste(self, text: str, passed: list[str]) -> str:
        """Let the text pass up to the end of the paste; what may be half an end waits."""
        content, end, rest = (self._held + text).partition(_END)
        self._is_inside = not end
        self._held = "" if end else _half_an_end(content)
        passed.append(content[: len(content) - len(self._held)].translate(_CONTROLS) + end)
        return rest


def _half_an_end(text: str) -> str:
    halves = (_END[:length] for length in range(len(_END) - 1, 0, -1))
    return next(filter(text.endswith, halves), "")
