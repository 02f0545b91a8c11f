"""`chatapp ask`: one question, its answer on standard output as it comes."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import assert_never

from chatapp.config import Settings
from chatapp.core.changes import (
    Change,
    DraftClosed,
    DraftOpened,
    MessageAdded,
    MessageRemoved,
    MessageRestored,
    ModelChanged,
    PartAppended,
    PartOpened,
    PathCut,
    Phase,
    PhaseChanged,
    ToolCallNamed,
    ToolResultChanged,
    ToolsDropped,
    UsageChanged,
)
from chatapp.core.errors import Failure, ProviderError
from chatapp.core.messages import (
    ChatMessage,
    Ending,
    ModelRef,
    Part,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolStatus,
)
from chatapp.core.preparation import Preparation, Unavailable
from chatapp.headless.ask_tools import open_tools, refuses_tools
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.interrupt import stopping_on_interrupt
from chatapp.headless.json_lines import JsonPrinter
from chatapp.headless.output import Output, OutputError
from chatapp.headless.printer import PlainPrinter, Printer, without_continuing
from chatapp.headless.progress import PreparationLine
from chatapp.headless.wordless import telling_of_no_word
from chatapp.providers.directory import EndpointDirectory
from chatapp.session.approval import Decision
from chatapp.session.chat_session import ChatSession, TurnOptions
from chatapp.session.tool_kit import ToolKit
from chatapp.session.tool_runner import ToolRunner

_AFTER_A_PART = "What arrived was printed. Ask again, or another model with --model."


async def ask(
    prompt: str,
    settings: Settings,
    directory: EndpointDirectory,
    stdout: Output,
    stderr: Output,
    *,
    kit: ToolKit | None = None,
    allowed: Sequence[str] = (),
    is_json: bool = False,
    is_streamed: bool = True,
) -> ExitCode:
    """Ask the model of the settings, print its reply, close the directory and the kit.

    Takes SIGINT over while it runs. With a `kit` the model may call tools; nobody is asked,
    so a tool that is not `allowed` beforehand is declined. Raises OutputError.
    """
    printer = JsonPrinter(stdout, stderr) if is_json else PlainPrinter(stdout, stderr)
    question = _Question(settings, directory, printer, stdout, stderr, kit, allowed, is_streamed)
    asking = asyncio.create_task(question.ask(prompt))

    def stop() -> None:
        if not question.stop():
            asking.cancel()

    with stopping_on_interrupt(stop, lambda: stdout.is_writing or stderr.is_writing):
        try:
            return await asking
        except asyncio.CancelledError:
            return ExitCode.STOPPED
        finally:
            await directory.close()
            if kit is not None:
                await kit.supply.close()


class _Question:
    """One question on its way: the model is found and made ready, then the turn runs."""

    def __init__(
        self,
        settings: Settings,
        directory: EndpointDirectory,
        printer: Printer,
        stdout: Output,
        stderr: Output,
        kit: ToolKit | None,
        allowed: Sequence[str],
        is_streamed: bool,
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._printer = printer
        self._stdout = stdout
        self._stderr = stderr
        self._kit = kit
        self._allowed = allowed
        self._is_streamed = is_streamed
        self._session: ChatSession | None = None

    def stop(self) -> bool:
        """End the turn, keeping what came; False while none runs."""
        return self._session is not None and self._session.stop()

    async def ask(self, prompt: str) -> ExitCode:
        """Print the reply, or why there is none."""
        if self._kit is not None:
            await open_tools(self._kit, self._printer.notice)
        if refuses_tools(self._settings, self._kit, self._allowed, self._printer.notice):
            return ExitCode.USAGE
        try:
            model = await self._directory.resolve(self._settings.model)
        except ProviderError as error:
            return self._fail(error.failure)
        failure = await self._prepare(model)
        if failure is not None:
            return self._fail(failure)
        settings = self._settings
        options = TurnOptions(
            settings.system,
            settings.sampling,
            self._is_streamed,
            settings.tool_choice,
            settings.parallel_tool_calls,
            reply_limit=settings.reply_limit,
        )
        runner = self._kit.runner() if self._kit else None
        session = self._session = ChatSession(self._directory, model, options, runner)
        loop = asyncio.get_running_loop()
        view = _ReplyView(self._printer, self._stdout, lambda: loop.call_soon(session.stop))
        if runner is not None:
            session.subscribe(lambda changes: _decline_unallowed(changes, runner, self._printer))
        session.subscribe(view.show)
        session.send(prompt)
        with telling_of_no_word(session, self._printer.notice):
            await session.wait()
        if view.write_error is not None:
            raise view.write_error
        return self._exit_code(session.conversation.last)

    async def _prepare(self, model: ModelRef) -> Failure | None:
        """Bring up the embedded model where it is the one asked."""
        provider = self._directory.prepared_provider(model.endpoint)
        if provider is None:
            return None
        if self._directory.endpoint_names == (model.endpoint,):
            self._printer.notice(
                f"No endpoint is configured, so the small local model {model.model} answers; "
                "set OPENAI_API_KEY or OPENAI_BASE_URL for a real one."
            )
        line = PreparationLine(self._stderr)
        last: list[Preparation] = []

        def report(step: Preparation) -> None:
            last[:] = [step]
            line.show(step)

        try:
            await provider.prepare(report)
        finally:
            line.clear()
        return next((step.failure for step in last if isinstance(step, Unavailable)), None)

    def _fail(self, failure: Failure) -> ExitCode:
        self._printer.fail(failure)
        return ExitCode.FAILED

    def _exit_code(self, reply: ChatMessage | None) -> ExitCode:
        if self._stdout.is_broken:
            was_interrupted = self._stdout.was_interrupted
            return ExitCode.STOPPED if was_interrupted else ExitCode.NO_READER
        match reply.ending if reply else Ending.FAILED:
            case Ending.FINISHED:
                return ExitCode.OK
            case Ending.STOPPED:
                return ExitCode.STOPPED
            case Ending.CUT | Ending.FAILED | Ending.INTERRUPTED:
                return ExitCode.FAILED


def _decline_unallowed(changes: Sequence[Change], runner: ToolRunner, printer: Printer) -> None:
    """Decline what would wait for a person for ever."""
    for change in changes:
        match change:
            case PartOpened(part=ToolResultPart(status=ToolStatus.AWAITING_APPROVAL)):
                printer.notice(
                    "A tool call was declined: name its tool with --allow to let it run."
                )
                asyncio.get_running_loop().call_soon(runner.desk.answer, Decision.DENY)
            case _:
                pass


class _ReplyView:
    """Hands a session's changes to a printer; asks to `stop` when there is nothing to write to."""

    def __init__(self, printer: Printer, stdout: Output, stop: Callable[[], object]) -> None:
        self._printer = printer
        self._stdout = stdout
        self._stop = stop
        self._parts: list[Part] = []
        self.write_error: OutputError | None = None

    def show(self, changes: Sequence[Change]) -> None:
        """Print what the changes add."""
        if self._stdout.is_broken:
            return
        try:
            for change in changes:
                self._show(change)
        except OutputError as error:
            self.write_error = error
        if self._stdout.is_broken or self.write_error is not None:
            self._stop()

    def _show(self, change: Change) -> None:
        match change:
            case PartOpened(part=part):
                self._parts.append(part)
                self._tell_result(part)
            case PartAppended(part_index=part_index, text=text):
                self._append(part_index, text)
            case ToolCallNamed(part_index=part_index, part=ToolCallPart() as named):
                call = self._parts[part_index]
                if isinstance(call, ToolCallPart):
                    self._parts[part_index] = replace(named, arguments=call.arguments)
            case ToolResultChanged(part=part):
                self._tell_result(part)
            case ToolsDropped(model):
                self._printer.notice(f"{model} takes no tools; it is asked without them.")
            case PhaseChanged(Phase.RETRYING, detail):
                self._printer.notice(f"Trying again: {detail}")
            case DraftClosed(message):
                self._printer.close(message)
                if message.failure is not None:
                    self._printer.fail(without_continuing(message.failure, _AFTER_A_PART))
            case (
                PhaseChanged()
                | MessageAdded()
                | DraftOpened()
                | ToolCallNamed()
                | PathCut()
                | MessageRemoved()
                | MessageRestored()
                | UsageChanged()
                | ModelChanged()
            ):
                pass
            case _:
                assert_never(change)

    def _tell_result(self, part: Part) -> None:
        """Print a call and what became of it, once that is final."""
        if not isinstance(part, ToolResultPart) or not part.status.is_final:
            return
        calls = [call for call in self._parts if isinstance(call, ToolCallPart)]
        for index, call in enumerate(calls):
            if call.tool_call_id == part.tool_call_id:
                self._printer.tool_call(index, call)
                self._printer.tool_result(call, part)

    def _append(self, part_index: int, text: str) -> None:
        part = self._parts[part_index]
        match part:
            case TextPart():
                self._printer.text(text)
            case ReasoningPart():
                self._printer.reasoning(text)
            case RefusalPart():
                self._printer.refusal(text)
            case ToolCallPart():  # printed once it is complete
                self._parts[part_index] = replace(part, arguments=part.arguments + text)
            case ToolResultPart():
                pass  # never grows; it is replaced
            case _:
                assert_never(part)
