"""Tools in a turn: rounds, approval, every way a call can go wrong, and stopping anywhere."""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence

import pytest

from chatapp.core.changes import UsageChanged
from chatapp.core.conversation import Conversation
from chatapp.core.errors import Failure, FailureKind, ToolError
from chatapp.core.messages import (
    ChatMessage,
    Ending,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.ports import JsonValue, Policy, ToolDeclaration
from chatapp.core.stream_events import (
    ProviderEvent,
    ResponseFinished,
    ResponseInterrupted,
    ResponseStarted,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from chatapp.core.usage import Usage
from chatapp.session.approval import ApprovalDesk, Decision, PolicyBook
from chatapp.session.chat_session import ChatSession, TurnOptions
from chatapp.session.tool_runner import MAX_RESULT_CHARACTERS, ToolRunner
from chatapp.session.turn import ROUNDS_BEFORE_ASKING
from tests.session.test_chat_session import MODEL, OneEndpoint, ScriptedProvider

Answer = Callable[[Mapping[str, JsonValue]], str]


class LabTool:
    """A tool that answers by a function, or waits until it is cancelled when it has none."""

    origin = "built in"

    def __init__(
        self, name: str, answer: Answer | None = None, policy: Policy = Policy.ALWAYS
    ) -> None:
        self.declaration = ToolDeclaration(name, "a tool", {"type": "object"})
        self.default_policy = policy
        self._answer = answer
        self.was_cancelled = False

    async def run(self, arguments: Mapping[str, JsonValue], report: Callable[[str], None]) -> str:
        report("at work")
        if self._answer is not None:
            return self._answer(arguments)
        try:
            await asyncio.Event().wait()
        finally:
            self.was_cancelled = True
        return "never"


class Box:
    def __init__(self, *tools: LabTool) -> None:
        self.tools = tools


class Memory:
    """A policy store that keeps what it is given."""

    def __init__(self, policies: Mapping[str, Policy] | None = None) -> None:
        self.policies = dict(policies or {})

    def load(self) -> Mapping[str, Policy]:
        return self.policies

    def save(self, policies: Mapping[str, Policy]) -> None:
        self.policies = dict(policies)


def call(index: int, name: str, *fragments: str, call_id: str = "") -> list[ProviderEvent]:
    call_id = call_id or f"call_{index}"
    return [
        ToolCallStarted(index, call_id, name),
        *(ToolCallDelta(index, fragment) for fragment in fragments),
    ]


def calling(*calls: list[ProviderEvent]) -> list[list[ProviderEvent]]:
    events = [event for one in calls for event in one]
    return [[ResponseStarted()], events, [ResponseFinished("tool_calls")]]


def saying(text: str) -> list[list[ProviderEvent]]:
    return [[ResponseStarted()], [TextDelta(text)], [ResponseFinished("stop")]]


def session_with(
    *scripts: Sequence[Sequence[ProviderEvent] | None],
    tools: Sequence[LabTool],
    memory: Memory | None = None,
    options: TurnOptions | None = None,
    strange_endpoints: Collection[str] = (),
) -> tuple[ChatSession, ScriptedProvider]:
    provider = ScriptedProvider(*scripts)
    book = PolicyBook(memory or Memory(), lambda words: None)
    runner = ToolRunner(
        Box(*tools),
        ApprovalDesk(book),
        lambda call_id, text: f"<{call_id}>",
        strange_endpoints=strange_endpoints,
    )
    return ChatSession(OneEndpoint(provider), MODEL, options, runner), provider


def results(session: ChatSession) -> list[ToolResultPart]:
    last = session.conversation.draft or session.conversation.last
    assert last is not None
    return [part for part in last.parts if isinstance(part, ToolResultPart)]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


WEATHER = {"city": "北京", "temperature": 22, "weather": "小雨"}


def weather(arguments: Mapping[str, JsonValue]) -> str:
    return json.dumps({**WEATHER, "city": arguments["city"]}, ensure_ascii=False)


async def test_the_tutorials_call_is_run_and_the_answer_streamed() -> None:
    session, provider = session_with(
        calling(call(0, "get_weather", '{"', "city", '":"', "北京", '"}')),
        saying("带伞。"),
        tools=[LabTool("get_weather", weather)],
    )
    session.send("北京今天天气如何？")
    await session.wait()
    reply = session.conversation.last
    assert reply is not None
    assert [type(part) for part in reply.parts] == [ToolCallPart, ToolResultPart, TextPart]
    assert results(session)[0].content == '{"city": "北京", "temperature": 22, "weather": "小雨"}'
    assert (reply.text, reply.ending, reply.finish_reason) == ("带伞。", Ending.FINISHED, "stop")
    assert [tool.name for tool in provider.requests[0].tools] == ["get_weather"]
    assert provider.requests[1].messages[-1].tool_calls[0].arguments == '{"city":"北京"}'
    assert len(session.conversation.path) == 2


async def test_parallel_calls_run_side_by_side_and_rounds_follow_each_other() -> None:
    session, provider = session_with(
        calling(
            call(0, "get_weather", '{"city":"北京"}'), call(1, "get_weather", '{"city":"上海"}')
        ),
        calling(call(0, "get_weather", '{"city":"广州"}')),
        saying("done"),
        tools=[LabTool("get_weather", weather)],
    )
    session.send("q")
    await session.wait()
    assert len(provider.requests) == 3
    assert [json.loads(r.content)["city"] for r in results(session)] == ["北京", "上海", "广州"]
    ids = [part.tool_call_id for part in results(session)]
    assert len(set(ids)) == 3


async def test_usage_adds_up_over_the_rounds() -> None:
    first, second = calling(call(0, "get_weather", '{"city":"x"}')), saying("done")
    first.append([UsageReported(Usage(10, 5, 15))])
    second.append([UsageReported(Usage(30, 7, 37))])
    session, _ = session_with(first, second, tools=[LabTool("get_weather", weather)])
    session.send("q")
    await session.wait()
    assert session.conversation.last is not None
    assert session.conversation.last.usage == Usage(40, 12, 52)


def raise_tool_error(arguments: Mapping[str, JsonValue]) -> str:
    raise ToolError("the city is unknown")


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("get_weather", '{"city": ', "not valid JSON"),
        ("get_weather", '["北京"]', "not a JSON object"),
        ("get_wether", "{}", "no tool named 'get_wether'; the tools are: get_weather"),
        ("get_weather", '{"city": "?"}', "the city is unknown"),
    ],
)
async def test_what_goes_wrong_is_told_to_the_model_in_words(
    name: str, arguments: str, words: str
) -> None:
    session, provider = session_with(
        calling(call(0, name, arguments)),
        saying("sorry"),
        tools=[LabTool("get_weather", raise_tool_error)],
    )
    session.send("q")
    await session.wait()
    (result,) = results(session)
    assert result.status is ToolStatus.FAILED
    assert words in result.content
    assert session.conversation.last is not None
    assert session.conversation.last.text == "sorry"
    assert len(provider.requests) == 2


async def test_huge_output_is_cut_and_kept_aside() -> None:
    session, _ = session_with(
        calling(call(0, "dump")), saying("ok"), tools=[LabTool("dump", lambda _: "x" * 100_000)]
    )
    session.send("q")
    await session.wait()
    content = results(session)[0].content
    assert len(content) < MAX_RESULT_CHARACTERS + 200
    assert content.endswith("[cut here; the whole, 100,000 characters, is kept in <call_0>]")


@pytest.mark.parametrize(
    ("decision", "status", "policy"),
    [
        (Decision.ALLOW, ToolStatus.FINISHED, None),
        (Decision.ALLOW_ALWAYS, ToolStatus.FINISHED, Policy.ALWAYS),
        (Decision.DENY, ToolStatus.DENIED, None),
        (Decision.DENY_ALWAYS, ToolStatus.DENIED, Policy.NEVER),
    ],
)
async def test_the_person_is_asked_and_the_answer_remembered(
    decision: Decision, status: ToolStatus, policy: Policy | None
) -> None:
    memory = Memory()
    tool = LabTool("get_weather", weather, Policy.ASK)
    session, _ = session_with(
        calling(call(0, "get_weather", '{"city":"x"}')), saying("ok"), tools=[tool], memory=memory
    )
    session.send("q")
    assert session.runner is not None
    desk = session.runner.desk
    await until(lambda: desk.waiting)
    assert session.conversation.phase.value == "awaiting your approval"
    assert desk.answer(decision)
    await session.wait()
    assert results(session)[0].status is status
    assert memory.policies.get("get_weather") is policy


async def test_parallel_calls_are_asked_about_one_at_a_time_and_one_answer_may_settle_all() -> None:
    tool = LabTool("get_weather", weather, Policy.ASK)
    calls = [call(index, "get_weather", '{"city":"x"}') for index in range(3)]
    session, _ = session_with(calling(*calls), saying("ok"), tools=[tool])
    session.send("q")
    assert session.runner is not None
    desk = session.runner.desk
    await until(lambda: desk.waiting == "call_0")
    assert len(results(session)) == 1
    desk.answer(Decision.DENY)
    await until(lambda: desk.waiting == "call_1")
    desk.answer(Decision.ALLOW_HERE)
    await session.wait()
    assert [r.status for r in results(session)] == [
        ToolStatus.DENIED,
        ToolStatus.FINISHED,
        ToolStatus.FINISHED,
    ]


async def test_allowed_here_holds_for_this_conversation_only() -> None:
    tool = LabTool("get_weather", weather, Policy.ASK)
    memory = Memory()
    script = calling(call(0, "get_weather", '{"city":"x"}'))
    session, _ = session_with(script, script, saying("ok"), tools=[tool], memory=memory)
    session.send("q")
    assert session.runner is not None
    desk = session.runner.desk
    await until(lambda: desk.waiting)
    desk.answer(Decision.ALLOW_HERE)
    await session.wait()
    assert [r.status for r in results(session)] == [ToolStatus.FINISHED] * 2
    assert memory.policies == {}


async def test_another_tool_that_takes_the_name_does_not_inherit_the_decision() -> None:
    tool = LabTool("get_weather", weather, Policy.ASK)
    tool.origin = "mine.py"
    memory = Memory({"get_weather": Policy.ALWAYS})
    session, _ = session_with(
        calling(call(0, "get_weather", '{"city":"x"}')), saying("ok"), tools=[tool], memory=memory
    )
    session.send("q")
    assert session.runner is not None
    desk = session.runner.desk
    await until(lambda: desk.waiting)
    desk.answer(Decision.ALLOW_ALWAYS)
    await session.wait()
    assert memory.policies["mine.py: get_weather"] is Policy.ALWAYS


async def test_a_forbidden_tool_is_not_even_offered() -> None:
    memory = Memory({"get_weather": Policy.NEVER})
    session, provider = session_with(
        calling(call(0, "get_weather", "{}")),
        saying("ok"),
        tools=[LabTool("get_weather", weather)],
        memory=memory,
    )
    session.send("q")
    await session.wait()
    assert provider.requests[0].tools == ()
    assert results(session)[0].status is ToolStatus.DENIED


async def test_after_many_rounds_the_person_is_asked_whatever_holds() -> None:
    script = calling(call(0, "get_weather", '{"city":"x"}'))
    session, provider = session_with(
        *[script] * (ROUNDS_BEFORE_ASKING + 1), tools=[LabTool("get_weather", weather)]
    )
    session.send("q")
    assert session.runner is not None
    desk = session.runner.desk
    await until(lambda: desk.waiting)
    assert len(provider.requests) == ROUNDS_BEFORE_ASKING
    session.stop()
    await session.wait()
    assert desk.waiting is None


@pytest.mark.parametrize("decision", [Decision.ALLOW, Decision.ALLOW_HERE, Decision.ALLOW_ALWAYS])
async def test_a_model_at_a_strange_endpoint_runs_no_tool_unasked(decision: Decision) -> None:
    script = calling(call(0, "get_weather", '{"city":"x"}'))
    session, provider = session_with(
        *[script, script, saying("Done.")],
        tools=[LabTool("get_weather", weather)],
        strange_endpoints={MODEL.endpoint},
    )
    session.send("q")
    assert session.runner is not None
    desk = session.runner.desk
    for round_number in (1, 2):
        await until(lambda: desk.waiting)
        assert len(provider.requests) == round_number
        desk.answer(decision)
        await until(lambda: not desk.waiting)
    await session.wait()
    assert [result.status for result in results(session)] == [ToolStatus.FINISHED] * 2


async def test_declining_everything_after_many_rounds_ends_the_turn() -> None:
    script = calling(call(0, "get_weather", '{"city":"x"}'))
    session, provider = session_with(
        *[script] * (ROUNDS_BEFORE_ASKING + 1), tools=[LabTool("get_weather", weather)]
    )
    session.send("q")
    assert session.runner is not None
    desk = session.runner.desk
    await until(lambda: desk.waiting)
    desk.answer(Decision.DENY)
    await session.wait()
    assert len(provider.requests) == ROUNDS_BEFORE_ASKING
    last = session.conversation.last
    assert last is not None
    assert (last.ending, last.unanswered_calls) == (Ending.FINISHED, ())


async def test_stopping_while_a_tool_runs_answers_every_call_cancelled() -> None:
    slow, quick = LabTool("slow"), LabTool("quick", lambda _: "42")
    session, provider = session_with(
        calling(call(0, "slow", "{}"), call(1, "quick", "{}")), saying("ok"), tools=[slow, quick]
    )
    session.send("q")
    await until(lambda: session.conversation.draft and len(session.conversation.draft.parts) == 4)
    session.stop()
    await session.wait()
    assert slow.was_cancelled
    assert {r.tool_call_id: (r.status, r.content) for r in results(session)} == {
        "call_0": (ToolStatus.CANCELLED, "cancelled"),
        "call_1": (ToolStatus.FINISHED, "42"),
    }
    last = session.conversation.last
    assert last is not None
    assert last.ending is Ending.STOPPED
    assert last.unanswered_calls == ()
    session.send("again")
    await session.wait()
    assert len(provider.requests) == 2


async def test_a_forced_call_is_forced_once() -> None:
    session, provider = session_with(
        calling(call(0, "get_weather", '{"city":"x"}')),
        saying("ok"),
        tools=[LabTool("get_weather", weather)],
        options=TurnOptions(tool_choice="required", has_parallel_tool_calls=False),
    )
    session.send("q")
    await session.wait()
    assert [request.tool_choice for request in provider.requests] == ["required", "auto"]
    assert provider.requests[0].has_parallel_tool_calls is False


async def test_without_a_runner_calls_end_the_turn() -> None:
    provider = ScriptedProvider(calling(call(0, "get_weather", "{}")))
    session = ChatSession(OneEndpoint(provider), MODEL)
    session.send("q")
    await session.wait()
    assert session.conversation.last is not None
    assert session.conversation.last.finish_reason == "tool_calls"
    assert len(provider.requests) == 1


def cut_after(*calls: list[ProviderEvent]) -> list[list[ProviderEvent]]:
    events = [event for one in calls for event in one]
    failure = Failure(FailureKind.CUT, "The reply was cut off.")
    return [
        [ResponseStarted()],
        [TextDelta("Let me see. "), *events],
        [ResponseInterrupted(failure)],
    ]


async def test_calls_of_a_cut_response_are_cancelled_and_never_run_later() -> None:
    asked: list[JsonValue] = []

    def note(arguments: Mapping[str, JsonValue]) -> str:
        asked.append(dict(arguments))
        return "noted"

    session, provider = session_with(
        cut_after(call(0, "note", '{"x":1}'), call(1, "note", '{"x":')),
        saying("Done."),
        tools=[LabTool("note", note)],
    )
    session.send("q")
    await session.wait()
    assert [result.status for result in results(session)] == [ToolStatus.CANCELLED] * 2
    assert session.continue_reply()
    await session.wait()
    assert asked == []
    assert len(provider.requests) == 2
    assert session.conversation.last is not None
    assert session.conversation.last.text == "Let me see. Done."


async def test_a_bug_in_a_tool_leaves_no_call_running() -> None:
    def fail(arguments: Mapping[str, JsonValue]) -> str:
        raise LookupError("nobody thought of this")

    session, _ = session_with(
        calling(call(0, "fail", "{}"), call(1, "slow", "{}")),
        tools=[LabTool("fail", fail), LabTool("slow")],
    )
    session.send("q")
    await session.wait()
    last = session.conversation.last
    assert last is not None
    assert last.failure is not None
    assert last.failure.kind is FailureKind.BUG
    assert {result.status for result in results(session)} == {ToolStatus.CANCELLED}
    assert last.unanswered_calls == ()


async def test_a_tool_that_is_cancelled_from_elsewhere_is_not_called_again() -> None:
    def cancelled(arguments: Mapping[str, JsonValue]) -> str:
        raise asyncio.CancelledError

    session, provider = session_with(
        calling(call(0, "odd", "{}")), saying("ok"), tools=[LabTool("odd", cancelled)]
    )
    session.send("q")
    await session.wait()
    assert [result.status for result in results(session)] == [ToolStatus.CANCELLED]
    assert session.conversation.last is not None
    assert session.conversation.last.text == "ok"
    assert len(provider.requests) == 2


async def test_a_choice_of_no_tools_holds_in_every_round() -> None:
    session, provider = session_with(
        calling(call(0, "get_weather", '{"city":"x"}')),
        saying("ok"),
        tools=[LabTool("get_weather", weather)],
        options=TurnOptions(tool_choice="none"),
    )
    session.send("q")
    await session.wait()
    assert [request.tool_choice for request in provider.requests] == ["none", "none"]


async def test_an_estimate_counts_what_each_round_sends() -> None:
    answer = "x" * 4000
    session, _ = session_with(
        calling(call(0, "dump", '{"n":1}')), saying("ok"), tools=[LabTool("dump", lambda _: answer)]
    )
    reported: list[Usage] = []
    session.subscribe(
        lambda changes: reported.extend(c.usage for c in changes if isinstance(c, UsageChanged))
    )
    session.send("q")
    await session.wait()
    first, second = reported
    assert second.prompt_tokens - first.prompt_tokens >= 1000
    assert first.prompt_tokens > 10  # the tool's declaration is sent too


async def test_a_question_about_one_call_holds_up_no_call_that_is_settled() -> None:
    memory = Memory({"forbidden": Policy.NEVER})
    session, _ = session_with(
        calling(call(0, "asked", "{}"), call(1, "quick", "{}"), call(2, "forbidden", "{}")),
        saying("ok"),
        tools=[
            LabTool("asked", lambda _: "1", Policy.ASK),
            LabTool("quick", lambda _: "2"),
            LabTool("forbidden", lambda _: "3"),
        ],
        memory=memory,
    )
    session.send("q")
    assert session.runner is not None
    desk = session.runner.desk
    await until(lambda: desk.waiting)
    await until(lambda: session.conversation.draft and len(session.conversation.draft.parts) == 6)
    assert desk.waiting == "call_0"
    desk.answer(Decision.ALLOW)
    await session.wait()
    assert {r.tool_call_id: r.status for r in results(session)} == {
        "call_0": ToolStatus.FINISHED,
        "call_1": ToolStatus.FINISHED,
        "call_2": ToolStatus.DENIED,
    }


async def test_a_call_that_was_never_answered_does_not_run_when_the_reply_goes_on() -> None:
    """As it may come out of a file: the model is told that it was cancelled."""
    ran: list[Mapping[str, JsonValue]] = []

    def answer(arguments: Mapping[str, JsonValue]) -> str:
        ran.append(arguments)
        return "done"

    question = ChatMessage("q", None, Role.USER, (TextPart("go"),), 1.0)
    parts = (TextPart("at once"), ToolCallPart("old", "send_mail", '{"to": "all"}'))
    cut = ChatMessage("r", "q", Role.ASSISTANT, parts, 2.0, MODEL, Ending.INTERRUPTED)
    provider = ScriptedProvider(
        calling(call(0, "send_mail", '{"to": "one"}', call_id="new")), saying("sent")
    )
    desk = ApprovalDesk(PolicyBook(Memory(), lambda words: None))
    runner = ToolRunner(Box(LabTool("send_mail", answer)), desk, lambda call_id, text: "")
    conversation = Conversation(MODEL, [question, cut])
    session = ChatSession(OneEndpoint(provider), MODEL, runner=runner, conversation=conversation)
    assert session.continue_reply()
    await session.wait()
    assert ran == [{"to": "one"}]
    assert session.conversation.last is not None
    assert session.conversation.last.text == "at oncesent"
