"""The sources of the options, one layer each, the strongest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatapp.config.config_file import ConfigFile
from chatapp.config.options import NAMES, Options, flag, read_options, variable
from chatapp.config.problem import ConfigProblem
from chatapp.config.toml_lines import line_of
from chatapp.config.variables import DotenvFile

COMMAND_LINE = "the command line"
ENVIRONMENT = "the environment"


@dataclass(frozen=True, slots=True)
class Layer:
    """What one source says, and where in it; `wrong` are options to which it gives wrong values."""

    source: str
    options: Options
    lines: Mapping[str, int | None]
    wrong: frozenset[str] = frozenset()

    def place(self, name: str) -> str:
        """Where in the source an option stands."""
        line = self.lines.get(name)
        return self.source if line is None else f"{self.source}, line {line}"


def flag_layer(flags: Mapping[str, str], problems: list[ConfigProblem]) -> Layer:
    """What the command line says; raw values by option name."""
    wrong: list[str] = []

    def reject(name: str, allowed: str) -> None:
        wrong.append(name)
        message = f"{flag(name)} has a wrong value"
        problems.append(ConfigProblem(COMMAND_LINE, None, message, allowed))

    options = read_options(flags, reject)
    return Layer(COMMAND_LINE, options, {}, frozenset(wrong))


def variable_layer(file: DotenvFile, problems: list[ConfigProblem]) -> Layer:
    """Options from variables, of which an empty one counts as unset."""
    raw = {name: file.values.get(variable(name), "") for name in NAMES}
    lines = {name: file.lines.get(variable(name)) for name in NAMES}
    wrong: list[str] = []

    def reject(name: str, allowed: str) -> None:
        wrong.append(name)
        message = f"{variable(name)} has a wrong value"
        problems.append(ConfigProblem(file.path, lines[name], message, allowed))

    options = read_options({name: value for name, value in raw.items() if value.strip()}, reject)
    return Layer(file.path, options, lines, frozenset(wrong))


def config_layer(file: ConfigFile) -> Layer:
    """What config.toml says at its top."""
    lines = {name: line_of(file.text, name) for name in NAMES}
    wrong = {name for name in NAMES if lines[name] and getattr(file.options, name) is None}
    return Layer(file.path, file.options, lines, frozenset(wrong))


def combined(layers: Sequence[Layer]) -> Options:
    """What the layers say together: of each option the value of the strongest that has one."""
    said = {name: [getattr(layer.options, name) for layer in layers] for name in NAMES}
    return Options(
        **{
            name: next((value for value in values if value is not None), None)
            for name, values in said.items()
        }
    )


def origins(layers: Sequence[Layer]) -> Mapping[str, str]:
    """Where each option that is set comes from, by its name."""
    found: dict[str, str] = {}
    for layer in layers:
        for name in NAMES:
            if getattr(layer.options, name) is not None:
                found.setdefault(name, layer.place(name))
    return found
