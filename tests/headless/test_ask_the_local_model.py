"""Without an endpoint the small model that comes along answers, and says what it is."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.local_model import require_real_model
from tests.support.programs import TIMEOUT_S, Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    model = require_real_model()
    models = tmp_path / "data" / "models"
    models.mkdir(parents=True)
    (models / model.path.name).symlink_to(model.path)
    home = Home(tmp_path)
    yield home
    home.close()


def test_a_forced_tool_call_is_made_run_and_answered(home: Home) -> None:
    tools = home.folder / "config" / "tools"
    tools.mkdir(parents=True)
    (tools / "weather.py").write_text(
        'def get_weather(city: str) -> str:\n    """The weather in a city."""\n'
        '    return f"{city}: rain, 12 degrees"\n'
    )
    flags = ["--tools", "get_weather", "--tool-choice", "required", "--allow", "get_weather"]
    flags += ["--max-tokens", "60", "--temperature", "0", "--json"]
    done = home.run("ask", "What is the weather in Paris?", *flags)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    (call,) = (line for line in lines if line["type"] == "tool_call")
    (result,) = (line for line in lines if line["type"] == "tool_result")
    assert json.loads(call["arguments"])["city"].startswith("Paris")
    assert result["content"] == f"{json.loads(call['arguments'])['city']}: rain, 12 degrees"
    assert any(line["type"] == "text" for line in lines[lines.index(result) :])
    assert lines[-1]["type"] == "done"


def test_it_answers_and_says_what_it_is(home: Home) -> None:
    answer = home.run("ask", "--json", "--max-tokens", "12", "--temperature", "0", "Say hello.")
    assert answer.returncode == 0, answer.stderr
    assert "small local model smollm2-135m-instruct" in answer.stderr
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert "".join(line["delta"] for line in lines if line["type"] == "text").strip()
    (usage,) = [line for line in lines if line["type"] == "usage"]
    assert usage["estimated"] is False
    assert 0 < usage["completion_tokens"] <= 12
    assert lines[-1]["type"] == "done"


def test_nothing_is_left_after_an_interrupt(home: Home) -> None:
    asking = home.start("ask", "Count from one to five hundred.")
    assert asking.stdout is not None
    assert asking.stdout.read(1)
    children = psutil.Process(asking.pid).children(recursive=True)
    assert children
    asking.send_signal(signal.SIGINT)
    asking.communicate(timeout=TIMEOUT_S)
    assert asking.returncode == 130
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive


def test_where_it_cannot_run_the_next_step_is_said(tmp_path: Path) -> None:
    home = Home(tmp_path)
    hidden = (
        "import importlib.util as u, sys; find = u.find_spec;"
        "u.find_spec = lambda name, *rest: None if name == 'xllamacpp' else find(name, *rest);"
        "from chatapp.cli import main; sys.exit(main(['ask', 'hi']))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", hidden],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        cwd=home.folder,
        env=home.environ,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "next: " in answer.stderr
    assert "OPENAI_BASE_URL" in answer.stderr
