"""`chatapp latency`: what streaming is worth, measured on the same prompt with and without."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

from chatapp.config import Settings
from chatapp.core.errors import Failure, FailureKind, ProviderError
from chatapp.core.messages import ChatMessage, ModelRef, Role, TextPart
from chatapp.core.ports import ChatRequest
from chatapp.core.preparation import Preparation, Unavailable
from chatapp.core.stream_events import (
    ReasoningDelta,
    RefusalDelta,
    ResponseInterrupted,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from chatapp.core.usage import ResponseMeter
from chatapp.headless.exit_code import ExitCode
from chatapp.headless.interrupt import stopping_on_interrupt
from chatapp.headless.latency_report import Measurement, json_line, latency_table
from chatapp.headless.output import Output
from chatapp.headless.printer import without_continuing
from chatapp.headless.progress import PreparationLine
from chatapp.providers.directory import EndpointDirectory

_STOPPED = Failure(
    FailureKind.CUT, "The recorded reply was stopped, so its times tell nothing.", ""
)
"""What only a replay knows: here nobody stops one reply alone."""


async def latency(
    prompt: str,
    settings: Settings,
    models: Sequence[ModelRef],
    runs: int,
    directory: EndpointDirectory,
    stdout: Output,
    stderr: Output,
    *,
    is_json: bool = False,
) -> ExitCode:
    """Ask every model `runs` times each way, print the figures, close the directory.

    Takes SIGINT over while it runs: then the figures there are until then are printed.
    """
    measuring = _Measuring(prompt, settings, directory, stdout, stderr, is_json=is_json)
    task = asyncio.create_task(measuring.run(models, runs))
    with stopping_on_interrupt(task.cancel, lambda: stdout.is_writing or stderr.is_writing):
        try:
            await task
            code = ExitCode.FAILED if measuring.has_failed else ExitCode.OK
        except asyncio.CancelledError:
            code = ExitCode.STOPPED
        finally:
            await directory.close()
    measuring.report()
    return ExitCode.NO_READER if stdout.is_broken else code


class _Measuring:
    """Asks again and again, and keeps the figures."""

    def __init__(
        self,
        prompt: str,
        settings: Settings,
        directory: EndpointDirectory,
        stdout: Output,
        stderr: Output,
        *,
        is_json: bool,
    ) -> None:
        question = ChatMessage("question", None, Role.USER, (TextPart(prompt),), time.time())
        self._request = ChatRequest(
            model="",
            messages=(question,),
            system=settings.system,
            sampling=settings.sampling,
            reply_limit=settings.reply_limit,
        )
        self._directory = directory
        self._stdout = stdout
        self._stderr = stderr
        self._is_json = is_json
        self._measured: list[Measurement] = []
        self.has_failed = False

    async def run(self, models: Sequence[ModelRef], runs: int) -> None:
        """Measure every model; one that fails is told and left out."""
        for wanted in models:
            try:
                model = await self._directory.resolve(wanted)
            except ProviderError as error:
                self._tell(error.failure)
                continue
            failure = await self._make_ready(model)
            for run, is_streamed in _order(runs):
                if failure is not None:
                    break
                failure = await self._measure(model, run, is_streamed=is_streamed)
            if failure is not None:
                self._tell(failure)

    def report(self) -> None:
        """Print the table of what has been measured."""
        if self._measured and not self._is_json:
            for line in latency_table(self._measured):
                self._stdout.write(line + "\n")

    async def _make_ready(self, model: ModelRef) -> Failure | None:
        """Start an embedded model, connect to any other, so that no run pays for that."""
        provider = self._directory.prepared_provider(model.endpoint)
        if provider is None:
            with suppress(ProviderError):  # a server need not list its models to answer
                await self._directory.provider(model.endpoint).list_models()
            return None
        line = PreparationLine(self._stderr)
        steps: list[Preparation] = []

        def report(step: Preparation) -> None:
            steps.append(step)
            line.show(step)

        try:
            await provider.prepare(report)
        finally:
            line.clear()
        return next((step.failure for step in steps if isinstance(step, Unavailable)), None)

    async def _measure(self, model: ModelRef, run: int, *, is_streamed: bool) -> Failure | None:
        request = replace(self._request, model=model.model, is_streamed=is_streamed)
        way = "streaming" if is_streamed else "not streaming"
        self._stderr.write(f"{model.endpoint}/{model.model}, run {run}, {way}\n")
        now = time.perf_counter()
        meter = ResponseMeter(now)
        tokens: int | None = None
        has_words = has_call = False
        async with aclosing(self._directory.provider(model.endpoint).stream(request)) as batches:
            async for batch in batches:
                now = time.perf_counter()
                for event in batch:
                    match event:
                        case TextDelta(text) | ReasoningDelta(text) | RefusalDelta(text):
                            has_words = True
                            meter.add_delta(text, now)
                        case ToolCallStarted():
                            has_call = True
                        case ToolCallDelta(_, arguments):
                            meter.add_delta(arguments, now)
                        case UsageReported(usage):
                            tokens = usage.completion_tokens
                        case ResponseInterrupted(cause):
                            return cause if isinstance(cause, Failure) else _STOPPED
                        case _:
                            pass
        timing = meter.timing(now)
        estimated = meter.estimated_completion_tokens
        measurement = Measurement(
            model=f"{model.endpoint}/{model.model}",
            run=run,
            is_streamed=is_streamed,
            ttft_s=timing.ttft_s if has_words else None,
            total_s=timing.elapsed_s,
            tokens=estimated if tokens is None else tokens,
            is_estimated=tokens is None,
        )
        if not has_words:
            nothing = "a tool was called, but no text came" if has_call else "the reply was empty"
            self._stderr.write(f"  {nothing}, so there is no TTFT\n")
        self._measured.append(measurement)
        if self._is_json:
            self._stdout.write(json_line(measurement) + "\n")
        return None

    def _tell(self, failure: Failure) -> None:
        self.has_failed = True
        failure = without_continuing(failure, "Try again, or another model with --model.")
        self._stderr.write(f"chatapp: {failure.summary}\n")
        if failure.server_words:
            self._stderr.write(f"  server: {failure.server_words}\n")
        if failure.next_step:
            self._stderr.write(f"  next: {failure.next_step}\n")


def _order(runs: int) -> Iterator[tuple[int, bool]]:
    """Every run both ways, beginning now with the one, now with the other.

    So what the first request pays for the second, such as a cache of the prompt, evens out.
    """
    for run in range(1, runs + 1):
        is_streamed_first = run % 2 == 1
        yield run, is_streamed_first
        yield run, not is_streamed_first
