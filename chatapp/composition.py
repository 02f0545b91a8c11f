"""The composition root: the one place that knows every concrete class.

Every import of weight is late, so that a subcommand loads only what it uses.
"""

import argparse
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chatapp import wire_flags
from chatapp.headless.exit_code import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from chatapp.config import Settings
    from chatapp.core.ports import ConversationStore
    from chatapp.providers.directory import EndpointDirectory
    from chatapp.session.tool_kit import ToolKit


def resolve_settings(
    arguments: argparse.Namespace, *, has_model_choice: bool = False
) -> "Settings":
    """Resolve the settings; exits with 2 when a flag itself is wrong.

    With `has_model_choice` the model is the one chosen last, where nobody says otherwise.
    """
    import os
    from dataclasses import replace

    from chatapp import paths
    from chatapp.config import COMMAND_LINE, load_settings
    from chatapp.config.options import NAMES
    from chatapp.providers.model_download import embedded_model_id
    from chatapp.providers.presets import PRESETS

    flags = {name: str(value) for name, value in vars(arguments).items() if name in NAMES}
    settings = load_settings(
        flags,
        os.environ,
        _current_folder(),
        paths.config_folder(),
        PRESETS,
        embedded_model_id(paths.models_folder()),
        paths.theme_file(),
        paths.model_file() if has_model_choice else None,
    )
    if getattr(arguments, "temporary", False):
        settings = replace(settings, theme_choice=None, model_choice=None)
    if any(problem.file == COMMAND_LINE for problem in settings.problems):
        # those of other sources too: a wrong address there may be why a flag means nothing
        for problem in settings.problems:
            say(f"chatapp: {problem}")
        raise SystemExit(ExitCode.USAGE)
    return wire_flags.replayed(settings, arguments)


def _current_folder() -> "Path":
    from pathlib import Path

    try:
        return Path.cwd()
    except OSError:  # it was deleted, or is closed to us; then there is no .env in it
        return Path()


def make_directory(
    settings: "Settings", arguments: argparse.Namespace | None = None
) -> "EndpointDirectory":
    """The endpoints of the settings; none is asked for anything yet.

    With `arguments` the wire is recorded, or a recording played, as they say; exits with 2
    when that cannot be.
    """
    from chatapp.core.wire import WireTaps
    from chatapp.providers.directory import EndpointDirectory
    from chatapp.providers.local_model import LocalModel

    taps = WireTaps()
    given = arguments or argparse.Namespace()
    wire_flags.begin_recording(given, settings, taps)
    return EndpointDirectory(
        settings.endpoints,
        lambda: LocalModel(open_models_folder(), taps),
        taps,
        wire_flags.make_provider(given),
        context_window=settings.context_window,
    )


def make_stores(*, is_temporary: bool) -> "Sequence[ConversationStore]":
    """Where conversations go: on disk, or in memory when the disk fails or is not wanted."""
    from chatapp.storage.sqlite_store import SqliteStore

    in_memory = SqliteStore(None)
    return (in_memory,) if is_temporary else (open_store(), in_memory)


def open_store() -> "ConversationStore":
    """The conversations on disk; the caller opens and closes."""
    from chatapp import paths
    from chatapp.storage.sqlite_store import SqliteStore

    return SqliteStore(paths.database_file())


def wants_tools(settings: "Settings", *, unasked: bool) -> bool:
    """Whether there shall be tools; `unasked` is what holds where no setting says."""
    return unasked if settings.tools is None else settings.tools != ("none",)


def make_tool_kit(settings: "Settings", allowed: Sequence[str] | None = None) -> "ToolKit":
    """The tools of the settings.

    `allowed` names those that may run when there is nobody to ask; None lets the person's
    remembered decisions hold.
    """
    import logging
    from functools import partial
    from operator import attrgetter

    from chatapp import paths
    from chatapp.session.approval import AllowedNames, PolicyBook, decision_name
    from chatapp.session.tool_kit import ToolKit
    from chatapp.tools.output_file import keep_output
    from chatapp.tools.policy_file import PolicyFile
    from chatapp.tools.tool_supply import EveryTool

    folders = [paths.with_home(folder) for folder in settings.tool_folders]
    decisions = PolicyFile(paths.config_folder() / "approvals.json")
    store = decisions if allowed is None else AllowedNames(allowed)
    # a flag can name a tool by its name alone
    name_of = decision_name if allowed is None else attrgetter("declaration.name")
    supply = EveryTool(folders, paths.config_folder() / "tools", settings.mcp_servers, decisions)
    return ToolKit(
        supply,
        PolicyBook(store, logging.getLogger(__name__).warning, name_of),
        partial(keep_output, paths.data_folder() / "tool-output"),
        None if settings.tools in (None, ("all",)) else settings.tools,
        settings.strange_endpoints if allowed is None else (),
    )


def open_models_folder() -> "Path":
    """Where models lie; whoever writes there says so where the folder cannot be made."""
    from chatapp import paths

    folder = paths.models_folder()
    with contextlib.suppress(OSError):
        paths.make_private_folder(folder)
    return folder


def say(line: str) -> None:
    """Print a line on standard error."""
    from chatapp.headless.output import standard_error

    standard_error().write(f"{line}\n")


def log_to_file() -> None:
    """Let warnings of ours and of libraries go to the log; the terminal belongs to the chat."""
    from chatapp import paths
    from chatapp.program_log import write_log

    try:
        write_log(paths.make_private_file(paths.log_file()))
    except OSError:  # a home that cannot be written to is no reason not to chat
        write_log(None)
