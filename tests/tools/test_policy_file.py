import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.ports import Policy, PolicyStore
from chatapp.tools.policy_file import PolicyFile

KEPT = (Policy.ALWAYS, Policy.NEVER, Policy.ASK)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "approvals.json"


def test_what_was_saved_is_loaded(path: Path) -> None:
    store: PolicyStore = PolicyFile(path)
    assert store.load() == {}
    store.save({"calculate": Policy.NEVER, "get_weather": Policy.ALWAYS, "x": Policy.ALLOW_HERE})
    assert PolicyFile(path).load() == {"calculate": Policy.NEVER, "get_weather": Policy.ALWAYS}
    store.save({})
    assert PolicyFile(path).load() == {}


@given(st.dictionaries(st.text(), st.sampled_from(KEPT)))
def test_any_names_come_back(
    tmp_path_factory: pytest.TempPathFactory, policies: Mapping[str, Policy]
) -> None:
    path = tmp_path_factory.mktemp("any") / "approvals.json"
    PolicyFile(path).save(policies)
    assert PolicyFile(path).load() == policies


def test_the_file_is_the_person_s_alone_and_readable(path: Path) -> None:
    PolicyFile(path).save({"天气": Policy.ALWAYS})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_text(encoding="utf-8") == '{\n  "天气": "always allow"\n}\n'
    assert os.listdir(path.parent) == ["approvals.json"]  # noqa: PTH208 - names are all we want


@pytest.mark.parametrize("content", ["{", "[]", "\xff", "[" * 100_000, "null"])
def test_a_broken_file_counts_as_empty_is_reported_and_kept(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_bytes(content.encode("latin-1"))
    store = PolicyFile(path)
    assert store.load() == {}
    (problem,) = store.problems
    assert str(path) in problem
    assert "You are asked about every tool again" in problem
    store.save({"a": Policy.NEVER})
    assert path.with_suffix(".json.broken").read_bytes() == content.encode("latin-1")
    assert store.load() == {"a": Policy.NEVER}
    assert store.problems == ()


def test_an_unknown_decision_is_asked_about_again(path: Path) -> None:
    path.parent.mkdir()
    decided = {"a": "never", "b": "sometimes", "c": ["never"], "d": "allow in this conversation"}
    path.write_text(json.dumps(decided))
    store = PolicyFile(path)
    assert store.load() == {"a": Policy.NEVER}
    assert "has for b, c, d none of" in store.problems[0]
    assert "about these tools again" in store.problems[0]


def test_a_failed_save_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = PolicyFile(path)
    store.save({"a": Policy.NEVER})

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.save({"a": Policy.ALWAYS})
    assert store.load() == {"a": Policy.NEVER}
    assert [file.name for file in path.parent.iterdir()] == ["approvals.json"]
