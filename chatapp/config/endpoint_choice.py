"""Which endpoint and which model a run begins with: the strongest source that names one decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.config.endpoint_list import Address, EndpointList
from chatapp.config.layers import Layer
from chatapp.config.problem import ConfigProblem, unknown_name
from chatapp.config.variables import DotenvFile
from chatapp.core.endpoints import Endpoint
from chatapp.core.messages import ModelRef


def choose_address(layers: Sequence[Layer], dotenv: DotenvFile) -> Address | None:
    """The address of the strongest source that gives one, and whose it is.

    A wrong one in the person's own sources still claims OPENAI_API_KEY, which was meant for it
    and must not go anywhere else instead; one in the `.env` file is as good as none.
    """
    own = [
        layer
        for layer in layers
        if layer.source != dotenv.path and ("base_url" in layer.wrong or layer.options.base_url)
    ]
    strongest = next((each for each in layers if each in own or each.options.base_url), None)
    if strongest is None:
        return None
    is_foreign = strongest not in own
    return Address(strongest.options.base_url, is_foreign, hides_own=is_foreign and bool(own))


@dataclass(frozen=True, slots=True)
class EndpointChoice:
    """The endpoint asked for, if any, by which layer, whether by its name, and where that says so.

    `origin` is empty where nobody asked.
    """

    name: str | None
    depth: int
    is_by_name: bool
    origin: str = ""


def choose_endpoint(
    layers: Sequence[Layer], known: EndpointList, problems: list[ConfigProblem]
) -> EndpointChoice:
    """Let the strongest layer that names an endpoint decide.

    It may name it by `endpoint`, by its address, or by the first segment of its model. An
    address and a model set side by side belong together: gateways serve models whose names
    begin like a preset's.
    """
    for depth, layer in enumerate(layers):
        options = layer.options
        if options.endpoint in known.names:
            return EndpointChoice(options.endpoint, depth, True, layer.place("endpoint"))
        if options.endpoint is not None:
            message = unknown_name("endpoint", options.endpoint, known.names)
            allowed, line = ", ".join(known.names), layer.lines.get("endpoint")
            problems.append(ConfigProblem(layer.source, line, message, allowed))
        if options.base_url is not None:
            return EndpointChoice(known.address_name, depth, False, layer.place("base_url"))
        prefix, slash, _ = (options.model or "").partition("/")
        if slash and prefix in known.names:
            return EndpointChoice(prefix, depth, True, layer.place("model"))
    return EndpointChoice(None, len(layers), is_by_name=False)


def choose_model(
    layers: Sequence[Layer],
    choice: EndpointChoice,
    known: EndpointList,
    endpoint: Endpoint,
    problems: list[ConfigProblem],
) -> tuple[ModelRef, str]:
    """Let the strongest layer that names a model for the endpoint decide, else its default.

    Where a stronger layer chose the endpoint by name, a weaker one's bare model name was meant
    for another and does not count. Also returns where the one that decided says so.
    """
    for depth, layer in enumerate(layers):
        if layer.options.model is None:
            continue
        prefix, slash, rest = layer.options.model.partition("/")
        if slash and rest and prefix == endpoint.name:
            return ModelRef(endpoint.name, rest), layer.place("model")
        is_meant_elsewhere = slash and prefix in known.names and depth != choice.depth
        if is_meant_elsewhere or (choice.is_by_name and depth > choice.depth):
            continue
        if endpoint.is_embedded and choice.name is None:
            problems.append(_homeless_model(layer))
            continue
        return ModelRef(endpoint.name, layer.options.model), layer.place("model")
    return ModelRef(endpoint.name, known.default_model(endpoint)), choice.origin


def choose_kept(
    kept: str, layers: Sequence[Layer], choice: EndpointChoice, endpoints: Sequence[Endpoint]
) -> ModelRef | None:
    """The model chosen at an earlier start, as ENDPOINT/MODEL, where it counts.

    It does where it takes the place of what config.toml, the last layer, says: where no stronger
    one names a model or another endpoint. And its endpoint must be there without it, by the
    sources of this run: what was chosen while a `.env` file gave an address brings none back.
    """
    name, _, model = kept.partition("/")
    endpoint = next((endpoint for endpoint in endpoints if endpoint.name == name), None)
    is_decided = choice.depth < len(layers) - 1 and choice.name != name
    if endpoint is None or is_decided or any(layer.options.model for layer in layers[:-1]):
        return None
    if endpoint.is_embedded:  # another may have taken its place since
        return ModelRef(name, endpoint.models[0])
    return ModelRef(name, model) if model else None


def _homeless_model(layer: Layer) -> ConfigProblem:
    message = "a model is named, but no endpoint that could have it"
    allowed = "with --endpoint, --base-url, OPENAI_BASE_URL or a key such as OPENAI_API_KEY"
    return ConfigProblem(layer.source, layer.lines.get("model"), message, allowed)
