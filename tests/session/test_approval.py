"""Standing decisions: which tools one of them is about."""

import pytest

from chatapp.core.ports import Policy, PolicyStore
from chatapp.session.approval import AllowedNames, PolicyBook
from tests.session.test_tool_loop import LabTool, Memory


def policy_of(name: str, store: PolicyStore) -> Policy:
    book = PolicyBook(store, lambda words: None)
    return book.policy(LabTool(name, policy=Policy.ASK))


@pytest.mark.parametrize(
    ("allowed", "policy"),
    [(["all"], Policy.ALWAYS), (["fetch"], Policy.ALWAYS), (["other"], Policy.ASK)],
)
def test_a_run_without_a_person_allows_the_named_tools_or_all(
    allowed: list[str], policy: Policy
) -> None:
    assert policy_of("fetch", AllowedNames(allowed)) is policy


def test_a_tool_that_is_named_all_speaks_for_itself_alone() -> None:
    store = Memory({"all": Policy.ALWAYS})
    assert policy_of("all", store) is Policy.ALWAYS
    assert policy_of("fetch", store) is Policy.ASK
