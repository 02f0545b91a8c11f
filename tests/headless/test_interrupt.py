"""The first Ctrl+C asks to stop, the second does not ask."""

import signal
import subprocess
import sys

PROGRAM = """
import asyncio
from chatapp.headless.interrupt import stopping_on_interrupt

async def run():
    with stopping_on_interrupt(lambda: print("stopping", flush=True)):
        print("ready", flush=True)
        await asyncio.sleep(60)

asyncio.run(run())
"""


def test_the_second_interrupt_ends_the_process() -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == b"stopping\n"
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
