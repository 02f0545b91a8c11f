"""Settings: what a person may set, where they may set it, and what follows from it."""

from chatapp.config.layers import COMMAND_LINE
from chatapp.config.problem import ConfigProblem
from chatapp.config.settings import Settings, load_settings

__all__ = ["COMMAND_LINE", "ConfigProblem", "Settings", "load_settings"]
