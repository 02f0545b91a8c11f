"""What the person sent before, to be walked through from the composer."""

from collections.abc import Sequence


class PromptHistory:
    """Prompts, newest first, and how far back a walk through them has come.

    What was sent here stays among them, whatever is learnt of prompts from elsewhere.
    """

    def __init__(self) -> None:
        self.prompts: tuple[str, ...] = ()
        self._sent: tuple[str, ...] = ()
        self._place = -1

    def add(self, prompt: str) -> None:
        """Put the newest one before the others, unless it repeats the one sent last."""
        self._sent = (prompt, *self._sent)
        if self.prompts[:1] != (prompt,):
            self.prompts = (prompt, *self.prompts)
        self.restart()

    def renew(self, prompts: Sequence[str]) -> None:
        """Take on prompts from elsewhere; a walk goes on where it is."""
        here = self.prompts[self._place] if self._place >= 0 else None
        known = set(prompts)
        only_here = dict.fromkeys(prompt for prompt in self._sent if prompt not in known)
        self.prompts = (*only_here, *prompts)
        if here is not None:
            self._place = self.prompts.index(here) if here in self.prompts else 0

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
