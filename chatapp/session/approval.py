"""Who may run what: standing decisions about tools, and the questions that are open."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum

from chatapp.core.ports import Policy, PolicyStore, Tool

EVERY_TOOL = "all"
"""Stands for all tools that have no decision of their own."""


class Decision(StrEnum):
    """What a person can answer when a call waits for them."""

    ALLOW = "allow"
    ALLOW_HERE = "allow here"
    ALLOW_ALWAYS = "allow always"
    DENY = "deny"
    DENY_ALWAYS = "deny always"

    @property
    def is_allowed(self) -> bool:
        """Whether the call may run."""
        return self in (Decision.ALLOW, Decision.ALLOW_HERE, Decision.ALLOW_ALWAYS)


class PolicyBook:
    """The standing decisions of this person, for all conversations.

    `on_problem` hears in words when a decision cannot be remembered; it holds all the same
    until the program ends.
    """

    def __init__(self, store: PolicyStore, on_problem: Callable[[str], None]) -> None:
        self._store = store
        self.on_problem = on_problem
        self._policies = dict(store.load())

    @property
    def policies(self) -> Mapping[str, Policy]:
        """What was decided, by tool name."""
        return self._policies

    def policy(self, tool: Tool) -> Policy:
        """What holds for a tool."""
        decided = self._policies.get(tool.declaration.name)
        return decided or self._policies.get(EVERY_TOOL, tool.default_policy)

    def decide(self, name: str, policy: Policy) -> None:
        """Let `policy` hold for the tool from now on; ASK takes an earlier decision back."""
        self._policies[name] = policy
        try:
            self._store.save(self._policies)
        except OSError as error:
            self.on_problem(f"The decision about {name} could not be saved: {error}.")


class AllowedNames:
    """A PolicyStore for runs with nobody to ask: the named tools may run, "all" for all."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def load(self) -> Mapping[str, Policy]:
        """ALWAYS for the named ones."""
        return dict.fromkeys(self._names, Policy.ALWAYS)

    def save(self, policies: Mapping[str, Policy]) -> None:
        """Forget: nothing is decided in such a run."""


class ApprovalDesk:
    """Asks the person about the calls of one conversation, one after the other."""

    def __init__(self, book: PolicyBook) -> None:
        self._book = book
        self._allowed_here: set[str] = set()
        self._open: dict[str, tuple[str, asyncio.Future[Decision]]] = {}

    @property
    def waiting(self) -> tuple[str, ...]:
        """The ids of the calls that wait for an answer, the oldest first."""
        return tuple(self._open)

    def policy(self, tool: Tool) -> Policy:
        """What holds for a tool in this conversation."""
        policy = self._book.policy(tool)
        if policy is Policy.ASK and tool.declaration.name in self._allowed_here:
            return Policy.ALLOW_HERE
        return policy

    async def ask(self, tool_call_id: str, tool_name: str) -> Decision:
        """Wait for the person's answer about a call."""
        answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._open[tool_call_id] = (tool_name, answer)
        try:
            return await answer
        finally:
            self._open.pop(tool_call_id, None)

    def answer(self, decision: Decision) -> bool:
        """Answer the oldest question; False when there is none.

        A decision about the tool answers every waiting call of it.
        """
        if not self._open:
            return False
        tool_call_id, (name, _) = next(iter(self._open.items()))
        match decision:
            case Decision.ALLOW_HERE:
                self._allowed_here.add(name)
            case Decision.ALLOW_ALWAYS:
                self._book.decide(name, Policy.ALWAYS)
            case Decision.DENY_ALWAYS:
                self._book.decide(name, Policy.NEVER)
            case Decision.ALLOW | Decision.DENY:
                self._settle(tool_call_id, decision)
                return True
        for waiting_id, (waiting_name, _) in list(self._open.items()):
            if waiting_name == name:
                self._settle(waiting_id, decision)
        return True

    def _settle(self, tool_call_id: str, decision: Decision) -> None:
        _, answer = self._open.pop(tool_call_id)
        if not answer.done():
            answer.set_result(decision)
