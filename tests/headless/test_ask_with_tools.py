"""`chatapp ask --tools`: the same loop without a screen, allowed by flags alone."""

import json
from pathlib import Path

import pytest

from tests.support.chat_server import ChatServer, ending, reply, tool_call_chunks
from tests.support.programs import Home

OWN_TOOL = '''
def get_weather(city: str) -> dict:
    """获取指定城市的天气信息."""
    return {"city": city, "weather": "小雨"}
'''


@pytest.fixture
def home(tmp_path: Path, chat_server: ChatServer) -> Home:
    tools = tmp_path / "config" / "tools"
    tools.mkdir(parents=True)
    (tools / "weather.py").write_text(OWN_TOOL, encoding="utf-8")
    (tools / "broken.py").write_text("def f(:\n", encoding="utf-8")
    chat_server.enqueue(
        *tool_call_chunks(0, "call_1", "get_weather", '{"', "city", '":"', "北京", '"}'),
        *tool_call_chunks(1, "call_2", "calculate", '{"expression":"2**10"}'),
        *ending("tool_calls"),
    )
    chat_server.enqueue(*reply("带伞。"))
    home = Home(tmp_path)
    home.variables = {"OPENAI_BASE_URL": chat_server.base_url, "CHATAPP_MODEL": "m"}
    return home


def test_allowed_tools_run_and_the_answer_follows(home: Home, chat_server: ChatServer) -> None:
    done = home.run("ask", "北京今天天气如何？", "--tools", "all", "--allow", "get_weather")
    assert (done.returncode, done.stdout) == (0, "带伞。")
    assert 'get_weather({"city":"北京"})' in done.stderr
    assert '{"city": "北京", "weather": "小雨"}' in done.stderr
    assert "1024" in done.stderr
    assert "broken.py, line 1" in done.stderr
    answers = [m for m in chat_server.chats[1].body["messages"] if m["role"] == "tool"]
    assert [answer["content"] for answer in answers] == [
        '{"city": "北京", "weather": "小雨"}',
        "1024",
    ]


def test_a_name_that_a_model_made_up_is_safe_in_a_pipe(tmp_path: Path) -> None:
    with ChatServer() as server:
        name = "rm\x1b]0;pwned\x07\x9b2J"
        server.enqueue(*tool_call_chunks(0, "call_1", name, "{}"), *ending("tool_calls"))
        server.enqueue(*reply("好。"))
        home = Home(tmp_path)
        home.variables = {"OPENAI_BASE_URL": server.base_url, "CHATAPP_MODEL": "m"}
        done = home.run("ask", "hi", "--tools", "all")
    assert (done.returncode, done.stdout) == (0, "好。")
    assert "rm␛]0;pwned␇‹9B›2J({})" in done.stderr


def test_what_would_ask_is_declined_and_said(home: Home, chat_server: ChatServer) -> None:
    done = home.run("ask", "北京？", "--tools", "get_weather")
    assert done.returncode == 0
    assert "--allow" in done.stderr
    offered = [tool["function"]["name"] for tool in chat_server.chats[0].body["tools"]]
    assert offered == ["get_weather"]
    weather, calculate = (m for m in chat_server.chats[1].body["messages"] if m["role"] == "tool")
    assert "declined" in weather["content"]
    assert "no tool named 'calculate'" in calculate["content"]


def test_json_lines_tell_calls_and_results(home: Home) -> None:
    done = home.run("ask", "北京？", "--tools", "all", "--allow", "all", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    calls = {line["index"]: line for line in lines if line["type"] == "tool_call"}
    results = {line["name"]: line for line in lines if line["type"] == "tool_result"}
    assert calls[0]["arguments"] == '{"city":"北京"}'
    assert results["get_weather"]["status"] == "finished"
    assert results["get_weather"]["content"] == '{"city": "北京", "weather": "小雨"}'
    assert results["calculate"]["content"] == "1024"
    assert lines[-1]["type"] == "done"


def test_without_tools_the_calls_are_printed_and_the_turn_ends(
    home: Home, chat_server: ChatServer
) -> None:
    done = home.run("ask", "北京？")
    assert done.returncode == 0
    assert 'get_weather({"city":"北京"})' in done.stderr
    assert len(chat_server.chats) == 1
    assert "tools" not in chat_server.chats[0].body


def test_what_an_own_tool_prints_is_no_part_of_the_answer(home: Home) -> None:
    printing = OWN_TOOL.replace("    return", '    print("asked for", city)\n    return')
    file = home.folder / "config" / "tools" / "weather.py"
    file.write_text(f'print("loaded")\n{printing}', encoding="utf-8")
    done = home.run("ask", "北京？", "--tools", "all", "--allow", "all")
    assert (done.returncode, done.stdout) == (0, "带伞。")
    assert "loaded\n" in done.stderr
    assert "asked for" in done.stderr  # its line may be parted by the lines of another thread


NAMES = "all, none, calculate, current_time, fetch_url, get_weather, list_directory, read_file"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--tools", "nosuch"], f"--tools: nosuch is no tool (allowed: {NAMES}, search_files)"),
        (["--tools", "calculator"], "calculator is no tool; did you mean calculate?"),
        (["--tools", "all,calculate"], "--tools: all stands alone"),
        (["--tools", "all", "--tool-choice", "foo"], "--tool-choice: foo is no tool"),
        (["--tools", "calculate", "--tool-choice", "read_file"], "it is not offered"),
        (["--tool-choice", "calculate"], "no tool is offered (allowed: with tools"),
        (["--tools", "none", "--tool-choice", "required"], "no tool is offered"),
        (["--tools", "all", "--allow", "wether"], "--allow: wether is no tool"),
        (["--allow", "all"], "--allow: there is no tool to allow (allowed: with --tools)"),
    ],
)
def test_a_tool_that_is_none_is_told_before_anything_is_asked(
    home: Home, chat_server: ChatServer, flags: list[str], said: str
) -> None:
    done = home.run("ask", "北京？", *flags)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert not chat_server.chats


def test_a_setting_that_names_no_tool_is_a_warning(home: Home, chat_server: ChatServer) -> None:
    home.variables["CHATAPP_TOOL_CHOICE"] = "nosuch"
    assert home.run("ask", "北京？").stderr.count("nosuch") == 0
    chat_server.enqueue(*reply("好"))
    done = home.run("ask", "北京？", "--tools", "calculate")
    assert "the environment, tool_choice: nosuch is no tool" in done.stderr
    assert (done.returncode, done.stdout) == (0, "带伞。")
    assert chat_server.chats[-1].body["tool_choice"] == "auto"
