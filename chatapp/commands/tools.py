"""Commands about tools: answering what waits for approval, and what the model may call."""

from dataclasses import replace

from chatapp.commands.command import Command, CommandContext
from chatapp.session.approval import Decision

GRACE_S = 0.4
"""A key pressed sooner was meant for what stood there before the question."""


def _is_waiting(context: CommandContext) -> bool:
    session = context.session
    return session.is_busy and session.runner is not None and bool(session.runner.desk.waiting)


def _has_tools(context: CommandContext) -> bool:
    return context.session.runner is not None


def _answer(context: CommandContext, decision: Decision) -> None:
    runner = context.session.runner
    if runner is None:
        return
    if runner.desk.waiting_s < GRACE_S:
        context.say("That question has only just come: look, and press again.")
    else:
        runner.desk.answer(decision)


def _allow(context: CommandContext, _argument: str) -> None:
    _answer(context, Decision.ALLOW)


def _allow_here(context: CommandContext, _argument: str) -> None:
    _answer(context, Decision.ALLOW_HERE)


def _allow_always(context: CommandContext, _argument: str) -> None:
    _answer(context, Decision.ALLOW_ALWAYS)


def _deny(context: CommandContext, _argument: str) -> None:
    _answer(context, Decision.DENY)


def _deny_always(context: CommandContext, _argument: str) -> None:
    _answer(context, Decision.DENY_ALWAYS)


def _tools(context: CommandContext, argument: str) -> None:
    session = context.session
    match argument:
        case "":
            context.open_tools()
        case "on" | "off":
            session.options = replace(session.options, has_tools=argument == "on")
            context.say(f"Next requests go with{'' if argument == 'on' else 'out'} tools.")
        case _:
            context.say("/tools takes on, off, or nothing to list them.", is_warning=True)


def _tool_choice(context: CommandContext, argument: str) -> None:
    session, runner = context.session, context.session.runner
    names = [tool.declaration.name for tool in runner.tools] if runner else []
    if argument and argument not in ("auto", "none", "required", *names):
        context.say("/tool-choice takes auto, none, required or a tool's name.", is_warning=True)
        return
    session.options = replace(session.options, tool_choice=argument or "auto")
    context.say(f"Next requests: tool choice {session.options.tool_choice}.")


def _parallel_calls(context: CommandContext, argument: str) -> None:
    session = context.session
    values = {"": None, "on": True, "off": False}
    if argument not in values:
        context.say("/parallel-calls takes on, off, or nothing.", is_warning=True)
        return
    session.options = replace(session.options, has_parallel_tool_calls=values[argument])
    context.say(f"Next requests: parallel calls {argument or 'as the server likes'}.")


_NOTHING_WAITS = "no tool call waits for an answer"
_NO_TOOLS = "there are no tools here"

ALLOW = Command(
    name="allow",
    help="Let the waiting tool call run, this once.",
    run=_allow,
    keys=("f7",),
    label="allow",
    is_available=_is_waiting,
    why_not=_NOTHING_WAITS,
)
ALLOW_HERE = Command(
    name="allow-here",
    help="Let this tool run without asking in this conversation.",
    run=_allow_here,
    keys=("f8",),
    label="allow here",
    is_available=_is_waiting,
    why_not=_NOTHING_WAITS,
)
DENY = Command(
    name="deny",
    help="Do not let the waiting tool call run.",
    run=_deny,
    keys=("f9",),
    label="deny",
    is_available=_is_waiting,
    why_not=_NOTHING_WAITS,
)
ALLOW_ALWAYS = Command(
    name="allow-always",
    help="Let this tool run without asking, always.",
    run=_allow_always,
    is_available=_is_waiting,
    why_not=_NOTHING_WAITS,
)
DENY_ALWAYS = Command(
    name="deny-always",
    help="Never let this tool run.",
    run=_deny_always,
    is_available=_is_waiting,
    why_not=_NOTHING_WAITS,
)
TOOLS = Command(
    name="tools",
    help="List the tools and what each may do; on, off: offer them or not.",
    run=_tools,
    argument="SWITCH",
    is_available=_has_tools,
    why_not=_NO_TOOLS,
)
TOOL_CHOICE = Command(
    name="tool-choice",
    help="Let the model choose, forbid or force tools: auto, none, required.",
    run=_tool_choice,
    argument="CHOICE",
    is_available=_has_tools,
    why_not=_NO_TOOLS,
)
PARALLEL_CALLS = Command(
    name="parallel-calls",
    help="Let the model call several tools at once, or not: on, off.",
    run=_parallel_calls,
    argument="SWITCH",
    is_available=_has_tools,
    why_not=_NO_TOOLS,
)

COMMANDS = (
    ALLOW,
    ALLOW_HERE,
    DENY,
    ALLOW_ALWAYS,
    DENY_ALWAYS,
    TOOLS,
    TOOL_CHOICE,
    PARALLEL_CALLS,
)
