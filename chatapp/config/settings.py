"""The settings a run of the program has, resolved from everywhere a person can set them.

Precedence: flags > environment > `.env` of the current folder > config.toml > defaults.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from chatapp.config.config_file import read_config_file
from chatapp.config.endpoint_list import Address, EndpointList
from chatapp.config.options import NAMES, Options, flag, read_options, variable
from chatapp.config.problem import ConfigProblem, unknown_name
from chatapp.config.toml_lines import line_of
from chatapp.config.variables import DotenvFile, Keyring, read_dotenv
from chatapp.core.endpoints import Endpoint, Preset
from chatapp.core.mcp_servers import McpServer
from chatapp.core.messages import ModelRef
from chatapp.core.ports import Sampling

T = TypeVar("T")

COMMAND_LINE = "the command line"
ENVIRONMENT = "the environment"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run of the program works with. Keys are inside `Secret`, so it may be shown."""

    endpoints: tuple[Endpoint, ...]
    """Where requests can go: the preferred endpoint first, the embedded model last."""

    model: ModelRef
    """The model to begin with; its `model` is empty where only the server can name one."""

    system: str = ""
    """The system prompt of new conversations."""

    sampling: Sampling = field(default_factory=Sampling)
    """What else goes with every request."""

    theme: str = ""
    """The colour theme's name, unchecked; empty for the app's own choice."""

    tools: tuple[str, ...] | None = None
    """The tools the model may call, ("all",) or ("none",); None for the app's own choice."""

    tool_choice: str = "auto"
    """What `ChatRequest.tool_choice` begins with."""

    parallel_tool_calls: bool | None = None
    """Whether several tools may be called at once; None leaves it to the server."""

    tool_folders: tuple[str, ...] = ()
    """The folders that the file tools may read."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The person's own keys by command name, unchecked."""

    mcp_servers: tuple[McpServer, ...] = ()
    """The MCP servers of config.toml, those that are not enabled too."""

    problems: tuple[ConfigProblem, ...] = ()
    """What was wrong and has been left out."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one source says, and where in it."""

    source: str
    options: Options
    lines: Mapping[str, int | None]


def load_settings(
    flags: Mapping[str, str],
    environ: Mapping[str, str],
    cwd: Path,
    config_folder: Path,
    presets: Sequence[Preset],
    embedded_model: str = "smollm2-135m-instruct",
) -> Settings:
    """Resolve the settings; reads `.env` and config.toml and touches nothing else.

    `flags` has raw values by option name. Never raises for a wrong setting: see
    `Settings.problems`, where those of the flags have COMMAND_LINE as their file.
    """
    preset_names = tuple(preset.name for preset in presets)
    file = read_config_file(config_folder / "config.toml", preset_names)
    dotenv = read_dotenv(cwd / ".env")
    problems = [*file.problems, *dotenv.problems]
    layers = (
        _flag_layer(flags, problems),
        _variable_layer(DotenvFile(ENVIRONMENT, environ), problems),
        _variable_layer(dotenv, problems),
        _Layer(file.path, file.options, {name: line_of(file.text, name) for name in NAMES}),
    )
    keyring = Keyring(environ, dotenv.values)
    address = _address(layers, flags, environ, dotenv)
    known = EndpointList(file.endpoints, presets, keyring, address, embedded_model)
    choice = _choose_endpoint(layers, known, problems)
    endpoints = known.preferring(choice.name)
    model = _choose_model(layers, choice, known, endpoints[0], problems)
    return Settings(
        endpoints=endpoints,
        model=model,
        system=_first(*(layer.options.system for layer in layers)) or "",
        sampling=Sampling(
            temperature=_first(*(layer.options.temperature for layer in layers)),
            max_tokens=_first(*(layer.options.max_tokens for layer in layers)),
        ),
        theme=_first(*(layer.options.theme for layer in layers)) or "",
        tools=_first(*(layer.options.tools for layer in layers)),
        tool_choice=_first(*(layer.options.tool_choice for layer in layers)) or "auto",
        parallel_tool_calls=_first(*(layer.options.parallel_tool_calls for layer in layers)),
        tool_folders=_first(*(layer.options.tool_folders for layer in layers)) or (),
        keys=file.keys,
        mcp_servers=file.mcp_servers,
        problems=tuple(problems),
    )


def _flag_layer(flags: Mapping[str, str], problems: list[ConfigProblem]) -> _Layer:
    def reject(name: str, allowed: str) -> None:
        message = f"{flag(name)} has a wrong value"
        problems.append(ConfigProblem(COMMAND_LINE, None, message, allowed))

    return _Layer(COMMAND_LINE, read_options(flags, reject), {})


def _variable_layer(file: DotenvFile, problems: list[ConfigProblem]) -> _Layer:
    """Options from variables, of which an empty one counts as unset."""
    raw = {name: file.values.get(variable(name), "") for name in NAMES}
    lines = {name: file.lines.get(variable(name)) for name in NAMES}

    def reject(name: str, allowed: str) -> None:
        message = f"{variable(name)} has a wrong value"
        problems.append(ConfigProblem(file.path, lines[name], message, allowed))

    options = read_options({name: value for name, value in raw.items() if value.strip()}, reject)
    return _Layer(file.path, options, lines)


def _address(
    layers: Sequence[_Layer],
    flags: Mapping[str, str],
    environ: Mapping[str, str],
    dotenv: DotenvFile,
) -> Address | None:
    """The address of the strongest source that gives a right one, and whose it is.

    A wrong one in the person's own sources still claims OPENAI_API_KEY, which was meant for it
    and must not go to OpenAI instead.
    """
    for layer in layers:
        if layer.options.base_url is not None:
            return Address(layer.options.base_url, is_foreign=layer.source == dotenv.path)
    is_wrong = "base_url" in flags or environ.get(variable("base_url"), "").strip()
    return Address(None, is_foreign=False) if is_wrong else None


@dataclass(frozen=True, slots=True)
class _Choice:
    """The endpoint asked for, if any, by which layer, and whether by its name."""

    name: str | None
    depth: int
    is_by_name: bool


def _choose_endpoint(
    layers: Sequence[_Layer], known: EndpointList, problems: list[ConfigProblem]
) -> _Choice:
    """Let the strongest layer that names an endpoint decide.

    It may name it by `endpoint`, by its address, or by the first segment of its model. An
    address and a model set side by side belong together: gateways serve models whose names
    begin like a preset's.
    """
    for depth, layer in enumerate(layers):
        options = layer.options
        if options.endpoint in known.names:
            return _Choice(options.endpoint, depth, is_by_name=True)
        if options.endpoint is not None:
            message = unknown_name("endpoint", options.endpoint, known.names)
            allowed, line = ", ".join(known.names), layer.lines.get("endpoint")
            problems.append(ConfigProblem(layer.source, line, message, allowed))
        if options.base_url is not None:
            return _Choice(known.address_name, depth, is_by_name=False)
        prefix, slash, _ = (options.model or "").partition("/")
        if slash and prefix in known.names:
            return _Choice(prefix, depth, is_by_name=True)
    return _Choice(None, len(layers), is_by_name=False)


def _choose_model(
    layers: Sequence[_Layer],
    choice: _Choice,
    known: EndpointList,
    endpoint: Endpoint,
    problems: list[ConfigProblem],
) -> ModelRef:
    """Let the strongest layer that names a model for the endpoint decide, else its default.

    Where a stronger layer chose the endpoint by name, a weaker one's bare model name was meant
    for another and does not count.
    """
    for depth, layer in enumerate(layers):
        if layer.options.model is None:
            continue
        prefix, slash, rest = layer.options.model.partition("/")
        if slash and rest and prefix == endpoint.name:
            return ModelRef(endpoint.name, rest)
        is_meant_elsewhere = slash and prefix in known.names and depth != choice.depth
        if is_meant_elsewhere or (choice.is_by_name and depth > choice.depth):
            continue
        if endpoint.is_embedded and choice.name is None:
            problems.append(_homeless_model(layer))
            continue
        return ModelRef(endpoint.name, layer.options.model)
    return ModelRef(endpoint.name, known.default_model(endpoint))


def _homeless_model(layer: _Layer) -> ConfigProblem:
    message = "a model is named, but no endpoint that could have it"
    allowed = "with --endpoint, --base-url, OPENAI_BASE_URL or a key such as OPENAI_API_KEY"
    return ConfigProblem(layer.source, layer.lines.get("model"), message, allowed)


def _first(*values: T | None) -> T | None:
    return next((value for value in values if value is not None), None)
