"""What the person decided about tools, in a small file that they can read and change."""

import json
from collections.abc import Mapping
from pathlib import Path

from chatapp.core.ports import JsonValue, Policy
from chatapp.paths import make_private_folder, write_private_file

_KEPT = (Policy.ALWAYS, Policy.NEVER, Policy.ASK)
"""ALLOW_HERE belongs to one conversation; ASK is a decision where a tool's default is another."""


class PolicyFile:
    """Keeps policies in the JSON file at `path`, an object of tool names.

    What cannot be understood counts as undecided, so the person is asked again; `problems`
    says what it was.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._problems: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the file when it was last loaded, in words for the person."""
        return self._problems

    def load(self) -> Mapping[str, Policy]:
        """The decided policies by tool name; none where there is no file yet."""
        self._problems = ()
        try:
            content: JsonValue = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            return self._unread(f"cannot be read: {error}")
        if not isinstance(content, dict):
            return self._unread("is not a JSON object of tool names")
        known = {policy.value: policy for policy in _KEPT}
        decided = {
            name: known[value]
            for name, value in content.items()
            if isinstance(value, str) and value in known
        }
        if strange := [name for name in content if name not in decided]:
            allowed = ", ".join(f'"{value}"' for value in known)
            names = ", ".join(strange)
            self._unread(f"has for {names} none of {allowed}", others="these tools")
        return decided

    def save(self, policies: Mapping[str, Policy]) -> None:
        """Put exactly these in the place of the old ones, at once or not at all.

        A file that could not be read is kept beside the new one. Raises OSError.
        """
        make_private_folder(self._path.parent)
        if self._problems and self._path.exists():
            self._path.replace(self._path.with_suffix(".json.broken"))
            self._problems = ()
        kept = {name: policy.value for name, policy in policies.items() if policy in _KEPT}
        text = json.dumps(kept, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        write_private_file(self._path, text)

    def _unread(self, what: str, others: str = "every tool") -> Mapping[str, Policy]:
        self._problems = (f"{self._path} {what}. You are asked about {others} again.",)
        return {}
