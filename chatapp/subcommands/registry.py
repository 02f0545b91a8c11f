"""All subcommands, in the order in which `--help` lists them.

Their modules load nothing of weight before they run.
"""

from chatapp.subcommands.ask import ASK
from chatapp.subcommands.doctor import DOCTOR
from chatapp.subcommands.export_conversations import EXPORT
from chatapp.subcommands.import_conversations import IMPORT
from chatapp.subcommands.inspect import INSPECT
from chatapp.subcommands.keys import KEYS
from chatapp.subcommands.latency import LATENCY
from chatapp.subcommands.list_conversations import LIST
from chatapp.subcommands.pull import PULL
from chatapp.subcommands.search_conversations import SEARCH
from chatapp.subcommands.show_conversation import SHOW
from chatapp.subcommands.stats import STATS
from chatapp.subcommands.subcommand import Subcommand

SUBCOMMANDS: tuple[Subcommand, ...] = (
    ASK,
    LIST,
    SHOW,
    SEARCH,
    EXPORT,
    IMPORT,
    INSPECT,
    LATENCY,
    STATS,
    PULL,
    KEYS,
    DOCTOR,
)
