"""The configured endpoints and their providers, each made when it is first asked."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module

from chatapp.core.context import ContextWindow
from chatapp.core.endpoints import Endpoint, ModelList
from chatapp.core.errors import Failure, FailureKind, ProviderError
from chatapp.core.messages import ModelRef
from chatapp.core.ports import ChatRequest, JsonValue, PreparedProvider, Provider
from chatapp.core.wire import WireTaps
from chatapp.providers.context_windows import find_window
from chatapp.providers.request_body import BodyBuilder, build_request_body

FIRST_MODEL_TIMEOUT_S = 15.0
"""How long a server may take to list its models when no model was named."""


_SDK_MODULES = ("chatapp.providers.openai_chat", "openai.resources.chat.completions")
"""What the first request would have to import; the SDK imports its resources lazily."""


def make_chat(endpoint: Endpoint, taps: WireTaps) -> Provider:
    """The provider of an endpoint that is not embedded."""
    # the SDK behind it takes half a second to import
    from chatapp.providers.openai_chat import OpenAIChat

    return OpenAIChat(endpoint, taps=taps)


class EndpointDirectory:
    """Implements `ProviderDirectory`; the preferred endpoint comes first.

    `make_embedded` makes the provider of the one endpoint that is embedded, `make_provider`
    those of the others. `taps` watch the wire of all of them; they may come and go.
    `context_window` is the window, in tokens, of models of which nobody else tells it.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        make_embedded: Callable[[], PreparedProvider],
        taps: WireTaps | None = None,
        make_provider: Callable[[Endpoint, WireTaps], Provider] = make_chat,
        context_window: int | None = None,
    ) -> None:
        self.taps = WireTaps() if taps is None else taps
        self._endpoints = {endpoint.name: endpoint for endpoint in endpoints}
        self._make_embedded = make_embedded
        self._make_provider = make_provider
        self._embedded: PreparedProvider | None = None
        self._providers: dict[str, Provider] = {}
        self._default_window = context_window

    @property
    def endpoint_names(self) -> tuple[str, ...]:
        """Every endpoint's name, the preferred first."""
        return tuple(self._endpoints)

    def endpoint(self, name: str) -> Endpoint:
        """The endpoint's address and habits. Raises KeyError."""
        return self._endpoints[name]

    def provider(self, endpoint: str) -> Provider:
        """The provider of an endpoint, made on first use. Raises KeyError."""
        if self._endpoints[endpoint].is_embedded:
            return self._embedded_provider()
        if endpoint not in self._providers:
            self._providers[endpoint] = self._make_provider(self._endpoints[endpoint], self.taps)
        return self._providers[endpoint]

    def prepared_provider(self, endpoint: str) -> PreparedProvider | None:
        """The provider where it has to be prepared before it can answer, else None."""
        return self._embedded_provider() if self._endpoints[endpoint].is_embedded else None

    def warm_up(self) -> None:
        """Import what the first request needs; takes half a second, so call it in a thread."""
        for module in _SDK_MODULES:
            import_module(module)

    async def resolve(self, model: ModelRef) -> ModelRef:
        """Fill in the first model the server lists where `model` names none.

        Raises ProviderError when the server cannot be asked or has no model.
        """
        if model.model:
            return model
        listed = await self._ask_for_models(self._endpoints[model.endpoint], FIRST_MODEL_TIMEOUT_S)
        if listed.failure is not None:
            raise ProviderError(listed.failure)
        if not listed.models:
            raise ProviderError(_no_models(model.endpoint))
        return ModelRef(model.endpoint, listed.models[0])

    async def list_all(self, timeout_s: float, on_result: Callable[[ModelList], None]) -> None:
        """Ask every endpoint for its models at once; `on_result` gets each answer as it comes."""
        await asyncio.to_thread(self.warm_up)

        async def report(endpoint: Endpoint) -> None:
            on_result(await self._ask_for_models(endpoint, timeout_s))

        await asyncio.gather(*map(report, self._endpoints.values()))

    async def context_window(self, model: ModelRef) -> ContextWindow | None:
        """How large the model's window is, None where nobody says. Raises KeyError.

        Asks the server, once, where nobody else knows the model.
        """
        endpoint = self._endpoints[model.endpoint]
        if not endpoint.is_embedded:
            await asyncio.to_thread(self.warm_up)
        found = await find_window(self.provider(endpoint.name), model.model, endpoint.base_url)
        if found is None and self._default_window is not None:
            return ContextWindow(self._default_window, "the setting context_window")
        return found

    def request_body(self, endpoint: str, request: ChatRequest) -> dict[str, JsonValue]:
        """The body that would be sent for a request. Raises KeyError."""
        known = self._endpoints[endpoint]
        provider: object = self._embedded if known.is_embedded else self._providers.get(endpoint)
        if isinstance(provider, BodyBuilder):
            return provider.request_body(request)
        return build_request_body(request, known.quirks)

    async def close(self) -> None:
        """Let go of every connection and process, and end what watches the wire."""
        providers = [*self._providers.values(), *([self._embedded] if self._embedded else [])]
        self._providers.clear()
        self._embedded = None
        await asyncio.gather(*(provider.close() for provider in providers))
        self.taps.close()

    def _embedded_provider(self) -> PreparedProvider:
        if self._embedded is None:
            self._embedded = self._make_embedded()
        return self._embedded

    async def _ask_for_models(self, endpoint: Endpoint, timeout_s: float) -> ModelList:
        if endpoint.is_embedded:
            return ModelList(endpoint.name, endpoint.models)
        try:
            async with asyncio.timeout(timeout_s):
                listed = await self.provider(endpoint.name).list_models()
        except ProviderError as error:
            return ModelList(endpoint.name, endpoint.models, error.failure)
        except TimeoutError:
            return ModelList(endpoint.name, endpoint.models, _too_slow(endpoint, timeout_s))
        return ModelList(endpoint.name, _unique((*endpoint.models, *listed)))


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _too_slow(endpoint: Endpoint, timeout_s: float) -> Failure:
    return Failure(
        FailureKind.TIMED_OUT,
        f"{endpoint.name} did not list its models within {timeout_s:g} s.",
        next_step="Type the model's name, or try again.",
        actions=("model",),
    )


def _no_models(endpoint: str) -> Failure:
    return Failure(
        FailureKind.MODEL_NOT_FOUND,
        f"No model was named, and {endpoint} lists none.",
        next_step="Name one: --model, CHATAPP_MODEL or `model` in config.toml.",
        actions=("model",),
    )
