"""`--record`, `--replay` and `--speed`: what becomes of the wire in this run.

No settings, for they hold for one run only: nobody wants every chat recorded, or replayed.
"""

import argparse
import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from chatapp.headless.exit_code import ExitCode

if TYPE_CHECKING:
    from chatapp.config import Settings
    from chatapp.config.problem import ConfigProblem
    from chatapp.core.endpoints import Endpoint
    from chatapp.core.ports import Provider
    from chatapp.core.wire import WireTaps
    from chatapp.providers.playback import Playback
    from chatapp.providers.recording import WireRecorder


_FLAGS = {
    "--record": ("FILE", "record requests and raw events, without keys"),
    "--replay": ("FILE", "play a recording, or the body of a reply, as if live"),
    "--speed": ("X", "how many times as fast to play; 0 for as fast as possible"),
}

WIRE_FLAGS = tuple(_FLAGS)


def add_wire_flags(parser: argparse.ArgumentParser) -> None:
    """Declare the flags; those not given leave no trace."""
    group = parser.add_argument_group("recordings")
    for flag, (metavar, words) in _FLAGS.items():
        group.add_argument(flag, metavar=metavar, help=words, default=argparse.SUPPRESS)


def given_wire_flags(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Which of the flags are given."""
    return tuple(flag for flag in _FLAGS if hasattr(arguments, flag.removeprefix("--")))


def replayed(settings: "Settings", arguments: argparse.Namespace) -> "Settings":
    """The settings, with a recording to play in place of every endpoint: nothing goes out.

    Exits with 2 when the file is no recording.
    """
    from dataclasses import replace

    from chatapp.core.endpoints import Endpoint
    from chatapp.core.messages import ModelRef

    playback = playback_of(arguments)
    if playback is None:
        return settings
    recording = playback.recording
    # the address shows in failures only; .invalid is one that nobody has
    address = recording.base_url or "http://replay.invalid/v1"
    endpoint = Endpoint(
        "replay", address, recording.stand_in, needs_key=False, models=recording.models
    )
    model = ModelRef(endpoint.name, recording.models[0])
    problems = tuple(problem for problem in settings.problems if not _is_about_a_key(problem))
    return replace(
        settings, endpoints=(endpoint,), model=model, model_choice=None, problems=problems
    )


def _is_about_a_key(problem: "ConfigProblem") -> bool:
    """Whether it tells of an endpoint or of its key, which a replay asks and needs nowhere."""
    return (
        problem.file.startswith("the endpoint ")
        or re.search(r"\bkey\b", problem.message) is not None
    )


def make_provider(
    arguments: argparse.Namespace,
) -> "Callable[[Endpoint, WireTaps], Provider]":
    """What makes the providers of endpoints: live ones, or players of the recording.

    Exits with 2 when a flag has a wrong value.
    """
    from chatapp.providers.directory import make_chat

    speed = _speed_of(arguments)
    playback = playback_of(arguments)
    if playback is None:
        return make_chat

    def make_replay(endpoint: "Endpoint", taps: "WireTaps") -> "Provider":
        from chatapp.providers.replay import Replay  # it brings the SDK

        return Replay(playback, endpoint, speed, taps)

    return make_replay


def begin_recording(arguments: argparse.Namespace, settings: "Settings", taps: "WireTaps") -> None:
    """Add the recorder to the taps, if one is wanted; exits with 2 when it cannot write.

    `arguments` remembers it for `tell_of_recording`.
    """
    if not hasattr(arguments, "record"):
        return
    from chatapp.paths import with_home
    from chatapp.providers.recording import WireRecorder
    from chatapp.providers.recording_lines import RecordingError

    endpoint = settings.endpoints[0]
    try:
        recorder = WireRecorder(with_home(arguments.record), endpoint.name, endpoint.base_url)
    except RecordingError as error:
        raise _refusal(str(error)) from None
    taps.add(recorder)
    arguments.recorder = recorder


def tell_of_recording(arguments: argparse.Namespace) -> None:
    """Say on standard error, once the run is over, that its recording is not whole."""
    recorder: WireRecorder | None = getattr(arguments, "recorder", None)
    if recorder is not None and recorder.failure:
        _say(f"the recording {arguments.record} ends early: {recorder.failure}")


def playback_of(arguments: argparse.Namespace) -> "Playback | None":
    """The recording that is to be played, the same for all who ask; None where none is.

    Exits with 2 when the file is no recording.
    """
    return _open_playback(str(arguments.replay)) if hasattr(arguments, "replay") else None


@functools.cache
def _open_playback(file: str) -> "Playback":
    from chatapp.paths import with_home
    from chatapp.providers.playback import Playback
    from chatapp.providers.recording import read_recording
    from chatapp.providers.recording_lines import RecordingError

    path = with_home(file)
    try:
        return Playback(read_recording(path), path.name)
    except RecordingError as error:
        raise _refusal(str(error)) from None


def _speed_of(arguments: argparse.Namespace) -> float:
    if hasattr(arguments, "speed") and not hasattr(arguments, "replay"):
        raise _refusal("--speed needs --replay")
    try:
        speed = float(getattr(arguments, "speed", 1.0))
    except ValueError:
        speed = -1.0
    if not speed >= 0:
        raise _refusal("--speed has a wrong value (allowed: a number from 0 up, or inf)")
    return speed


def _refusal(words: str) -> SystemExit:
    """Say why the arguments cannot be used; what to raise then."""
    _say(words)
    return SystemExit(ExitCode.USAGE)


def _say(words: str) -> None:
    from chatapp.headless.output import standard_error

    standard_error().write(f"chatapp: {words}\n")
