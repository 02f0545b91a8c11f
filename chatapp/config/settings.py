"""The settings a run of the program has, resolved from everywhere a person can set them.

Precedence: flags > environment > `.env` of the current folder > the theme and the model chosen on
the screen > config.toml > defaults.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from chatapp.config.allowed_files import AllowedFiles, Verdict
from chatapp.config.config_file import ConfigFile, read_config_file
from chatapp.config.endpoint_choice import (
    choose_address,
    choose_endpoint,
    choose_kept,
    choose_model,
)
from chatapp.config.endpoint_list import OPENAI_KEY, EndpointList
from chatapp.config.exposure import file_problems, place_in_words, plain_http_problems
from chatapp.config.held_back import DotenvTrust, HeldBack
from chatapp.config.kept_choice import KeptChoice
from chatapp.config.key_sources import HeldBackKey
from chatapp.config.keyring_index import KeyringIndex
from chatapp.config.layers import (
    COMMAND_LINE,
    ENVIRONMENT,
    Layer,
    combined,
    config_layer,
    flag_layer,
    origins,
    variable_layer,
)
from chatapp.config.options import Options, variable
from chatapp.config.problem import ConfigProblem
from chatapp.config.variables import DotenvFile, KeyVariables, read_dotenv
from chatapp.core.context import CompactPolicy
from chatapp.core.endpoints import Endpoint, Preset
from chatapp.core.mcp_servers import McpServer
from chatapp.core.messages import ModelRef
from chatapp.core.ports import REPLY_LIMIT, Sampling

ALLOWED_FILES = "allowed_files.json"
KEYRING_INDEX = "keyring.json"

_SECRET_NAME = re.compile(r"(?i)authorization|cookie|key|token|secret|password")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run of the program works with. Keys are inside `Secret`, so it may be shown."""

    endpoints: tuple[Endpoint, ...]
    """Where requests can go: the preferred endpoint first, the embedded model last."""

    model: ModelRef
    """The model to begin with; its `model` is empty where only the server can name one."""

    model_choice: KeptChoice | None = None
    """What keeps a model that is chosen from now on; None keeps none."""

    system: str = ""
    """The system prompt of new conversations."""

    sampling: Sampling = field(default_factory=Sampling)
    """What else goes with every request."""

    reply_limit: int = REPLY_LIMIT
    """The longest reply that is taken in, in characters."""

    context_window: int | None = None
    """The window, in tokens, of models of which nobody else tells it."""

    compact: CompactPolicy = CompactPolicy.ASK
    """What happens when the next request would not fit into the window."""

    has_model_titles: bool = False
    """Whether the model may be asked for a conversation's title."""

    theme: str = ""
    """The colour theme's name, unchecked; empty for the app's own choice."""

    theme_choice: KeptChoice | None = None
    """What keeps a theme that is chosen from now on; None keeps none."""

    tools: tuple[str, ...] | None = None
    """The tools the model may call, ("all",) or ("none",); None for the app's own choice."""

    tool_choice: str = "auto"
    """What `ChatRequest.tool_choice` begins with."""

    parallel_tool_calls: bool | None = None
    """Whether several tools may be called at once; None leaves it to the server."""

    tool_folders: tuple[str, ...] = ()
    """The folders that the file tools may read."""

    strange_endpoints: frozenset[str] = frozenset()
    """The endpoints of other machines that only a `.env` names which is not allowed to."""

    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The person's own keys by command name, unchecked."""

    mcp_servers: tuple[McpServer, ...] = ()
    """The MCP servers of config.toml, those that are not enabled too."""

    origins: Mapping[str, str] = field(default_factory=dict)
    """Where each option that is set comes from: a file and line, or another source."""

    deciders: Mapping[str, str] = field(default_factory=dict)
    """Of the origins of the model and the endpoint the ones that decided; "" for the app itself."""

    held_back: HeldBack | None = None
    """The `.env` file that wants what it does not get, unless it is decided about."""

    problems: tuple[ConfigProblem, ...] = ()
    """What was wrong and has been left out, and what others could read."""

    @property
    def is_model_by_flag(self) -> bool:
        """Whether the command line names the model: then it holds in whatever is opened first."""
        return bool(self.model.model) and self.origins.get("model") == COMMAND_LINE


def load_settings(
    flags: Mapping[str, str],
    environ: Mapping[str, str],
    cwd: Path,
    config_folder: Path,
    presets: Sequence[Preset],
    embedded_model: str = "smollm2-135m-instruct",
    theme_file: Path | None = None,
    model_file: Path | None = None,
) -> Settings:
    """Resolve the settings; reads `.env`, config.toml, what was chosen, and touches nothing else.

    `flags` has raw values by option name; what was chosen before is in `theme_file` and
    `model_file`, which need not exist. Never raises for a wrong setting: see `Settings.problems`,
    where those of the flags have COMMAND_LINE as their file.
    """
    preset_names = tuple(preset.name for preset in presets)
    file = read_config_file(config_folder / "config.toml", preset_names)
    dotenv = read_dotenv(cwd / ".env")
    problems = [*file.problems, *dotenv.problems]
    trust = DotenvTrust(cwd / ".env", dotenv.digest, AllowedFiles(config_folder / ALLOWED_FILES))
    dotenv_layer, held_folders = _without_folders(variable_layer(dotenv, problems), trust)
    layers = [
        flag_layer(flags, problems),
        variable_layer(DotenvFile(ENVIRONMENT, environ), problems),
        dotenv_layer,
        config_layer(file),
    ]
    theme_choice = _theme_choice(theme_file, file, layers)
    if theme_choice is not None:
        chosen_theme = Options(theme=theme_choice.load() or None)
        layers.insert(-1, Layer(theme_choice.source, chosen_theme, {}))
    known = EndpointList(
        file.endpoints,
        presets,
        KeyVariables(environ, _without_stray_key(dotenv, dotenv_layer)),
        KeyringIndex(config_folder / KEYRING_INDEX).load(),
        choose_address(layers, dotenv),
        trust,
        embedded_model,
    )
    choice = choose_endpoint(layers, known, problems)
    endpoints = known.preferring(choice.name)
    model_choice = _model_choice(model_file, file)
    kept_model = model_choice.load() if model_choice else ""
    chosen = choose_kept(kept_model, layers, choice, endpoints)
    if model_choice is not None and chosen is not None:
        layers.insert(-1, Layer(model_choice.source, Options(model=str(chosen)), {}))
        endpoints = tuple(sorted(endpoints, key=lambda each: each.name != chosen.endpoint))
    options = combined(layers)
    folders = options.tool_folders or ()
    own_folders = folders if known.is_strange(endpoints[0]) else ()
    held_back = _held_back(trust, endpoints, own_folders, are_its_held=held_folders)
    if held_back is not None:
        problems.append(held_back.problem(dotenv.lines.get(variable("base_url"))))
    problems += known.problems
    problems += plain_http_problems(endpoints)
    problems += _open_files(file, dotenv, presets)
    model, decider = choose_model(layers, choice, known, endpoints[0], problems)
    is_moved = chosen is not None and chosen.endpoint != choice.name
    deciders = {"model": decider, "endpoint": decider if is_moved else choice.origin}
    return Settings(
        endpoints=endpoints,
        model=model,
        model_choice=model_choice,
        system=options.system or "",
        sampling=Sampling(temperature=options.temperature, max_tokens=options.max_tokens),
        reply_limit=options.reply_limit or REPLY_LIMIT,
        context_window=options.context_window,
        compact=options.compact or CompactPolicy.ASK,
        has_model_titles=options.model_titles or False,
        theme=options.theme or "",
        theme_choice=theme_choice,
        tools=options.tools,
        tool_choice=options.tool_choice or "auto",
        parallel_tool_calls=options.parallel_tool_calls,
        tool_folders=() if own_folders else folders,
        strange_endpoints=frozenset(each.name for each in endpoints if known.is_strange(each)),
        keys=file.keys,
        mcp_servers=file.mcp_servers,
        origins=origins(layers),
        deciders=deciders,
        held_back=held_back,
        problems=tuple(problems),
    )


def _theme_choice(
    path: Path | None, file: ConfigFile, layers: Sequence[Layer]
) -> KeptChoice | None:
    """The choice of a theme between these layers, of which the last is config.toml's."""
    if path is None:
        return None
    overruling = next((layer.source for layer in layers[:-1] if layer.options.theme), "")
    return KeptChoice(path, "theme", file.options.theme or "", overruling)


def _model_choice(path: Path | None, file: ConfigFile) -> KeptChoice | None:
    """The choice of a model, in the place of all that config.toml says of which one it is."""
    if path is None:
        return None
    options = file.options
    said = {"model": options.model, "endpoint": options.endpoint, "base_url": options.base_url}
    configured = ", ".join(f"{name} = {value}" for name, value in said.items() if value)
    return KeptChoice(path, "model", configured)


def _without_folders(layer: Layer, trust: DotenvTrust) -> tuple[Layer, bool]:
    """The `.env` file's layer, and whether its folders for the tools were held back."""
    if layer.options.tool_folders is None or trust.verdict is Verdict.ALLOWED:
        return layer, False
    kept = replace(layer, options=replace(layer.options, tool_folders=None))
    return kept, trust.verdict is Verdict.UNDECIDED


def _held_back(
    trust: DotenvTrust,
    endpoints: Sequence[Endpoint],
    own_folders: Sequence[str],
    *,
    are_its_held: bool,
) -> HeldBack | None:
    """What the `.env` file wants and does not get, as far as nothing is decided."""
    wants = [
        f"your own key for {place_in_words(endpoint.base_url)}"
        for endpoint in endpoints
        if isinstance(endpoint.key_source, HeldBackKey)
    ]
    if are_its_held:
        wants.append("folders of its choice for the tools")
    if own_folders and trust.verdict is Verdict.UNDECIDED:
        place = place_in_words(endpoints[0].base_url)
        wants.append(f"the files of your tool_folders for {place}, from the next start on")
    return HeldBack(trust, tuple(wants)) if wants else None


def _open_files(
    file: ConfigFile, dotenv: DotenvFile, presets: Sequence[Preset]
) -> Iterator[ConfigProblem]:
    """Problems of files with keys in them."""
    variables = {preset.key_variable for preset in presets}
    variables |= {table.api_key_env for table in file.endpoints}
    if any(value.strip() and name in variables for name, value in dotenv.values.items()):
        yield from file_problems(Path(dotenv.path))
    has_key = any(table.api_key is not None for table in file.endpoints)
    names = [name for server in file.mcp_servers for name in (*server.env, *server.headers)]
    if has_key or any(map(_SECRET_NAME.search, names)):
        yield from file_problems(Path(file.path))


def _without_stray_key(dotenv: DotenvFile, layer: Layer) -> DotenvFile:
    """The `.env` file without a key beside a wrong address: it was meant for that one alone."""
    if "base_url" not in layer.wrong:
        return dotenv
    kept = {name: value for name, value in dotenv.values.items() if name != OPENAI_KEY}
    return replace(dotenv, values=kept)
