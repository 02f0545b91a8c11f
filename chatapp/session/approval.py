"""Who may run what: standing decisions about tools, and the questions that are open."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from chatapp.core.ports import Policy, PolicyStore, Tool

EVERY_TOOL = "*"
"""Stands for all tools that have no decision of their own; no tool can be named so."""


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


def decision_name(tool: Tool) -> str:
    """What a decision is remembered by: another tool that takes the name does not inherit it."""
    name = tool.declaration.name
    return name if tool.origin == "built in" else f"{tool.origin}: {name}"


class PolicyBook:
    """The standing decisions of this person, for all conversations.

    `on_problem` hears in words when a decision cannot be remembered; it holds all the same
    until the program ends.
    """

    def __init__(
        self,
        store: PolicyStore,
        on_problem: Callable[[str], None],
        name_of: Callable[[Tool], str] = decision_name,
    ) -> None:
        self._name_of = name_of
        self._store = store
        self.on_problem = on_problem
        self._policies = dict(store.load())

    def policy(self, tool: Tool) -> Policy:
        """What holds for a tool."""
        decided = self._policies.get(self._name_of(tool))
        return decided or self._policies.get(EVERY_TOOL, tool.default_policy)

    def decide(self, tool: Tool, policy: Policy) -> None:
        """Let `policy` hold for the tool from now on; ASK takes an earlier decision back."""
        name = self._name_of(tool)
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
        names = (EVERY_TOOL if name == "all" else name for name in self._names)
        return dict.fromkeys(names, Policy.ALWAYS)

    def save(self, policies: Mapping[str, Policy]) -> None:
        """Forget: nothing is decided in such a run."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A call that waits, and where the answer goes."""

    tool_call_id: str
    tool: Tool
    asked_at: float
    answer: asyncio.Future[Decision]


class ApprovalDesk:
    """Asks the person about the calls of one conversation, one at a time."""

    def __init__(self, book: PolicyBook) -> None:
        self._book = book
        self._allowed_here: set[str] = set()
        self._question: _Question | None = None
        self._asking = asyncio.Lock()

    @property
    def waiting_s(self) -> float:
        """How long the person has had the question before them, in seconds; 0 without one."""
        return time.monotonic() - self._question.asked_at if self._question else 0.0

    @property
    def waiting(self) -> str | None:
        """The id of the call that waits for an answer."""
        return self._question.tool_call_id if self._question else None

    def policy(self, tool: Tool) -> Policy:
        """What holds for a tool in this conversation."""
        policy = self._book.policy(tool)
        if policy is Policy.ASK and decision_name(tool) in self._allowed_here:
            return Policy.ALLOW_HERE
        return policy

    async def may_run(
        self, tool_call_id: str, tool: Tool, on_question: Callable[[], None], *, must_ask: bool
    ) -> bool:
        """Say whether a call may run, by what was decided or by the person's answer.

        `on_question` is called before the person is asked; `must_ask` asks in any case. The
        answer to one call may settle the next, which then is not asked about.
        """
        if (settled := self._settled(tool, must_ask)) is not None:
            return settled
        async with self._asking:
            if (settled := self._settled(tool, must_ask)) is not None:
                return settled
            answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
            self._question = _Question(tool_call_id, tool, time.monotonic(), answer)
            try:
                on_question()
                return (await answer).is_allowed
            finally:
                self._question = None

    def _settled(self, tool: Tool, must_ask: bool) -> bool | None:
        """Whether a call of the tool may run; None when the person has to say."""
        policy = self.policy(tool)
        if policy is Policy.NEVER:
            return False
        return None if must_ask or policy is Policy.ASK else True

    def answer(self, decision: Decision) -> bool:
        """Answer the question; False when there is none."""
        question = self._question
        if question is None or question.answer.done():
            return False
        match decision:
            case Decision.ALLOW_HERE:
                self._allowed_here.add(decision_name(question.tool))
            case Decision.ALLOW_ALWAYS:
                self._book.decide(question.tool, Policy.ALWAYS)
            case Decision.DENY_ALWAYS:
                self._book.decide(question.tool, Policy.NEVER)
            case Decision.ALLOW | Decision.DENY:
                pass
        question.answer.set_result(decision)
        return True
