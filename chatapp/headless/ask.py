"""`chatapp ask`: one question, its answer on standard output as it comes."""

import asyncio
from collections.abc import Callable, Sequence
from typing import assert_never

from chatapp.config import Settings
from chatapp.core.changes import (
    Change,
    DraftClosed,
    DraftOpened,
    MessageAdded,
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
    merge_changes,
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
)
from chatapp.core.preparation import Preparation, Unavailable
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.interrupt import stopping_on_interrupt
from chatapp.headless.json_lines import JsonPrinter
from chatapp.headless.output import Output
from chatapp.headless.printer import PlainPrinter, Printer
from chatapp.headless.progress import PreparationLine
from chatapp.providers.directory import EndpointDirectory
from chatapp.session.chat_session import ChatSession, TurnOptions


async def ask(
    prompt: str,
    settings: Settings,
    directory: EndpointDirectory,
    stdout: Output,
    stderr: Output,
    *,
    is_json: bool = False,
    is_streamed: bool = True,
) -> ExitCode:
    """Ask the model of the settings, print its reply, close the directory.

    Takes SIGINT over while it runs.
    """
    printer = JsonPrinter(stdout, stderr) if is_json else PlainPrinter(stdout, stderr)
    question = _Question(settings, directory, printer, stdout, stderr, is_streamed)
    asking = asyncio.create_task(question.ask(prompt))

    def stop() -> None:
        if not question.stop():
            asking.cancel()

    with stopping_on_interrupt(stop):
        try:
            return await asking
        except asyncio.CancelledError:
            return ExitCode.STOPPED
        finally:
            await directory.close()


class _Question:
    """One question on its way: the model is found and made ready, then the turn runs."""

    def __init__(
        self,
        settings: Settings,
        directory: EndpointDirectory,
        printer: Printer,
        stdout: Output,
        stderr: Output,
        is_streamed: bool,
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._printer = printer
        self._stdout = stdout
        self._stderr = stderr
        self._is_streamed = is_streamed
        self._session: ChatSession | None = None

    def stop(self) -> bool:
        """End the turn, keeping what came; False while none runs."""
        return self._session is not None and self._session.stop()

    async def ask(self, prompt: str) -> ExitCode:
        """Print the reply, or why there is none."""
        try:
            model = await self._directory.resolve(self._settings.model)
        except ProviderError as error:
            return self._fail(error.failure)
        failure = await self._prepare(model)
        if failure is not None:
            return self._fail(failure)
        settings = self._settings
        options = TurnOptions(settings.system, settings.sampling, self._is_streamed)
        session = self._session = ChatSession(self._directory, model, options)
        loop = asyncio.get_running_loop()
        view = _ReplyView(self._printer, self._stdout, lambda: loop.call_soon(session.stop))
        session.subscribe(view.show)
        session.send(prompt)
        await session.wait()
        return self._exit_code(session.conversation.last, view.write_error)

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

    def _exit_code(self, reply: ChatMessage | None, write_error: OSError | None) -> ExitCode:
        if self._stdout.is_broken:
            return ExitCode.NO_READER
        if write_error is not None:
            self._printer.notice(f"chatapp: the reply cannot be written: {write_error.strerror}")
            return ExitCode.FAILED
        match reply.ending if reply else Ending.FAILED:
            case Ending.FINISHED:
                return ExitCode.OK
            case Ending.STOPPED:
                return ExitCode.STOPPED
            case Ending.CUT | Ending.FAILED:
                return ExitCode.FAILED


class _ReplyView:
    """Hands a session's changes to a printer; asks to `stop` when there is nothing to write to."""

    def __init__(self, printer: Printer, stdout: Output, stop: Callable[[], object]) -> None:
        self._printer = printer
        self._stdout = stdout
        self._stop = stop
        self._parts: list[Part] = []
        self.write_error: OSError | None = None

    def show(self, changes: Sequence[Change]) -> None:
        """Print what the changes add."""
        if self._stdout.is_broken or self.write_error is not None:
            return
        try:
            for change in merge_changes(changes):
                self._show(change)
        except OSError as error:
            self.write_error = error
        if self._stdout.is_broken or self.write_error is not None:
            self._stop()

    def _show(self, change: Change) -> None:
        match change:
            case PartOpened(part=part):
                self._parts.append(part)
            case PartAppended(part_index=part_index, text=text):
                self._append(self._parts[part_index], text)
            case PhaseChanged(Phase.RETRYING, detail):
                self._printer.notice(f"Trying again: {detail}")
            case DraftClosed(message):
                self._printer.close(message)
                if message.failure is not None:
                    self._printer.fail(message.failure)
            case (
                PhaseChanged()
                | MessageAdded()
                | DraftOpened()
                | ToolCallNamed()
                | ToolResultChanged()
                | ToolsDropped()
                | PathCut()
                | UsageChanged()
                | ModelChanged()
            ):
                pass
            case _:
                assert_never(change)

    def _append(self, part: Part, text: str) -> None:
        match part:
            case TextPart():
                self._printer.text(text)
            case ReasoningPart():
                self._printer.reasoning(text)
            case RefusalPart():
                self._printer.refusal(text)
            case ToolCallPart() | ToolResultPart():
                pass  # printed whole at the end
            case _:
                assert_never(part)
