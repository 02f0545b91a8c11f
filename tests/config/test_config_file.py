"""A bad line of config.toml is told with its number and what is allowed; the rest still counts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.config.config_file import ConfigFile, read_config_file
from chatapp.config.toml_lines import line_of, parse_leniently

PRESETS = ("openai", "deepseek", "ollama")

GOOD = """\
model = "deepseek/m"
temperature = 0.5

[endpoints.work]   # of the firm
base_url = "https://work.example/v1"
api_key = "sk-work"

[endpoints.deepseek]
models = ["m"]

[keys]
model = "ctrl+k"
stop = ["escape", "ctrl+x"]
"""


def read(tmp_path: Path, text: str) -> ConfigFile:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return read_config_file(file, PRESETS)


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    file = read(tmp_path, GOOD)
    assert file.problems == ()
    assert (file.options.model, file.options.temperature) == ("deepseek/m", 0.5)
    assert [(table.name, table.preset) for table in file.endpoints] == [
        ("work", None),
        ("deepseek", "deepseek"),
    ]
    assert file.keys == {"model": ("ctrl+k",), "stop": ("escape", "ctrl+x")}


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    assert read_config_file(tmp_path / "none" / "config.toml", PRESETS).problems == ()


@pytest.mark.parametrize(
    ("line", "replacement", "place", "message", "allowed"),
    [
        (2, "temprature = 1", 2, "did you mean temperature?", "model"),
        (2, "temperature = 3", 2, "temperature has a wrong value", "0 to 2"),
        (2, "temperature = true", 2, "temperature has a wrong value", "0 to 2"),
        (2, "max_tokens = 1.5", 2, "max_tokens has a wrong value", "whole number"),
        (2, "system = [1]", 2, "system has a wrong value", "a string"),
        (5, 'base_url = "work"', 5, "base_url of endpoints.work", "http://"),
        (5, "", 4, "endpoints.work has no address", "base_url or preset"),
        (5, 'preset = "opena"', 5, "preset of endpoints.work", "openai, deepseek"),
        (6, "api_key = 7", 6, "api_key of endpoints.work", "a string"),
        (6, 'api_kye = "sk"', 6, "did you mean api_key?", "api_key_env"),
        (9, 'models = "m"', 9, "models of endpoints.deepseek", "a list"),
        (8, "[endpoints.local]", 8, "cannot be called 'local'", "embedded"),
        (12, "model = 7", 12, "model of keys", "ctrl+l"),
    ],
)
def test_a_bad_line_is_told_with_its_place(
    tmp_path: Path, line: int, replacement: str, place: int, message: str, allowed: str
) -> None:
    lines = GOOD.splitlines()
    lines[line - 1] = replacement
    (problem, *_) = read(tmp_path, "\n".join(lines)).problems
    assert problem.line == place
    assert message in problem.message
    assert allowed in problem.allowed
    assert str(problem).startswith(f"{tmp_path / 'config.toml'}, line {place}: ")


def test_a_broken_line_at_the_top_costs_itself_alone(tmp_path: Path) -> None:
    file = read(tmp_path, GOOD.replace("temperature = 0.5", "temperature = = 0.5"))
    assert [problem.line for problem in file.problems] == [2]
    assert file.options.model == "deepseek/m"
    assert len(file.endpoints) == 2


@pytest.mark.parametrize("value", ["[" * 5000 + "]" * 5000, "[" * 5000, "9" * 5000, "9" * 400])
def test_a_line_at_which_python_gives_up_is_told_with_its_place(tmp_path: Path, value: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'system = "Be brief."\nmax_tokens = {value}\ntheme = "dark"\n')
    file = read_config_file(path, PRESETS)
    assert (file.options.system, file.options.max_tokens) == ("Be brief.", None)
    assert file.options.theme == "dark"
    assert [problem.line for problem in file.problems] == [2]


def test_a_broken_line_in_a_table_costs_the_table(tmp_path: Path) -> None:
    file = read(tmp_path, GOOD.replace('"https://work', "https://work"))
    assert [problem.line for problem in file.problems] == [5]
    assert [table.name for table in file.endpoints] == ["deepseek"]
    assert file.keys


def test_a_broken_header_gives_its_key_to_no_other_table(tmp_path: Path) -> None:
    file = read(tmp_path, GOOD.replace("[endpoints.deepseek]", '[endpoints.x\napi_key = "sk-x"'))
    assert [problem.line for problem in file.problems] == [8]
    (work,) = file.endpoints
    assert work.api_key is not None
    assert work.api_key.reveal() == "sk-work"


def test_an_endpoint_with_a_wrong_address_never_falls_back_to_another(tmp_path: Path) -> None:
    text = '[endpoints.proxy]\npreset = "openai"\nbase_url = 7\napi_key = "sk-proxy"'
    assert read(tmp_path, text).endpoints == ()


@given(
    st.lists(st.sampled_from([*GOOD.splitlines(), "[", '"""', "x = [", "= 1", "'"]), max_size=12)
)
def test_whatever_the_lines_the_rest_is_read(lines: list[str]) -> None:
    document, wrong = parse_leniently("\n".join(lines))
    assert isinstance(document, dict)
    assert all(1 <= line <= max(1, len(lines)) for line, _ in wrong)


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    document, wrong = parse_leniently(text)
    assert wrong or isinstance(document, dict)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("model",), 1),
        (("endpoints", "work"), 4),
        (("endpoints", "work", "api_key"), 6),
        (("endpoints", "work", "nothing"), 4),
        (("keys", "stop"), 13),
        (("nothing",), None),
    ],
)
def test_the_line_of_a_key_is_found(path: tuple[str, ...], line: int | None) -> None:
    assert line_of(GOOD, *path) == line


def test_the_line_of_a_key_in_an_inline_table_is_the_tables() -> None:
    assert line_of("a = 1\nendpoints.x = { base_url = 7 }", "endpoints", "x", "base_url") == 2
