"""All subcommands, in the order in which `--help` lists them.

Their modules load nothing of weight before they run.
"""

from chatapp.subcommands.ask import ASK
from chatapp.subcommands.doctor import DOCTOR
from chatapp.subcommands.inspect import INSPECT
from chatapp.subcommands.keys import KEYS
from chatapp.subcommands.latency import LATENCY
from chatapp.subcommands.pull import PULL
from chatapp.subcommands.subcommand import Subcommand

SUBCOMMANDS: tuple[Subcommand, ...] = (ASK, INSPECT, LATENCY, PULL, KEYS, DOCTOR)
