"""What the person sent before, to be walked through from the composer."""

from collections.abc import Sequence


class PromptHistory:
    """Prompts, newest first, and how far back a walk through them has come."""

    def __init__(self, prompts: Sequence[str] = ()) -> None:
        self.prompts = tuple(prompts)
        self._place = -1

    def add(self, prompt: str) -> None:
        """Put the newest one before the others, unless it repeats the one sent last."""
        if self.prompts[:1] != (prompt,):
            self.prompts = (prompt, *self.prompts)
        self.restart()

    def restart(self) -> None:
        """Let the next walk begin at the newest."""
        self._place = -1

    def older(self) -> str | None:
        """Go one back; None at the oldest."""
        if self._place + 1 >= len(self.prompts):
            return None
        self._place += 1
        return self.prompts[self._place]

    def newer(self) -> str:
        """Go one forward; past the newest there is nothing, as before the walk."""
        self._place = max(-1, self._place - 1)
        return self.prompts[self._place] if self._place >= 0 else ""
