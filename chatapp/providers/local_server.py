"""The embedded model's server: a program of its own that lives as long as its parent.

It is started by file, reads one JSON line (`Settings`) on stdin, for arguments can be read by
every user of the machine, answers one JSON line (`{"base_url": …}` or `{"error": …}`) on
stdout, and ends when stdin does. It is not in our own process because loading holds the GIL,
and because an abort of the native library would take the screen down with it.
"""

import ctypes
import json
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROMPT_CACHE_MIB = 256
"""The library's own default lets the cache of old prompts grow to 8 GiB."""

HEARTBEAT_S = 2
"""How often a comment says that the prompt is still being read."""

MOST_THREADS = 8
"""More only wait for each other: reading memory is what takes the time."""

PROCESSORS_LEFT_FREE = 1
"""For the screen. The threads wait for each other in step, so that one which has to share its
processor slows all of them down: two on two busy processors were ten times slower than one."""

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """What to serve, and to whom; `context_tokens` is prompt and reply together.

    `sampling` has the library's names, and yields to what a request asks for.
    """

    parent_pid: int
    api_key: str
    model_path: str
    model_id: str
    template_path: str | None
    context_tokens: int
    sampling: dict[str, float]


def main() -> None:
    """Serve until stdin ends."""
    settings = Settings(**json.loads(sys.stdin.buffer.readline()))
    _die_with(settings.parent_pid)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answer = _take_stdout()
    try:
        server = _start(settings)
    except (ImportError, RuntimeError, OSError) as error:
        _tell(answer, {"error": str(error)})
        os._exit(1)
    _tell(answer, {"base_url": f"{server.listening_address}/v1"})
    threading.Event().wait()


def _die_with(parent_pid: int) -> None:
    """End when the parent ends, in whatever way and whatever we do."""
    if sys.platform == "linux":  # at once, even while the library holds the GIL to load
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:
            os._exit(0)
    threading.Thread(target=_exit_at_end_of_stdin, daemon=True).start()


def _exit_at_end_of_stdin() -> None:
    sys.stdin.buffer.read()
    os._exit(0)  # in order it would first finish the running requests


def _take_stdout() -> int:
    """Keep stdout for our one line; what native code prints goes nowhere."""
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answer


def _tell(answer: int, message: dict[str, str]) -> None:
    os.write(answer, json.dumps(message).encode() + b"\n")
    os.close(answer)


def _start(settings: Settings) -> Any:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings.model_path
    parameters.model_alias = {settings.model_id}  # else every chunk carries the file's path
    parameters.n_ctx = settings.context_tokens
    parameters.n_parallel = 1
    threads = max(1, min(_processors() - PROCESSORS_LEFT_FREE, MOST_THREADS))
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0  # the system picks one
    parameters.api_keys = [settings.api_key]  # any page in a browser could call us otherwise
    parameters.cors_origins = ""
    parameters.ui = False
    parameters.endpoint_slots = False  # it would show prompts
    parameters.verbosity = 0
    parameters.cache_ram_mib = PROMPT_CACHE_MIB
    parameters.sse_ping_interval = HEARTBEAT_S
    for name, value in settings.sampling.items():
        setattr(parameters.sampling, name, value)
    if settings.template_path is not None:
        parameters.chat_template = Path(settings.template_path).read_text(encoding="utf-8")
    return xllamacpp.Server(parameters)


def _processors() -> int:
    """The processors we may use, which in a container are fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 2


if __name__ == "__main__":
    main()
