"""How large a model's context window is, by whoever knows it best."""

import asyncio
from contextlib import suppress
from functools import cache
from typing import Protocol, runtime_checkable

from chatapp.core.context import ContextWindow
from chatapp.core.errors import ProviderError
from chatapp.core.ports import Provider


@runtime_checkable
class WindowTeller(Protocol):
    """A provider that may know how large its models' windows are."""

    def known_context_window(self, model: str) -> int | None:
        """The window in tokens, as far as it has been told by now."""
        ...

    async def find_context_window(self, model: str) -> int | None:
        """The same, asking the server where it was not asked yet. Raises ProviderError."""
        ...


async def find_window(provider: Provider, model: str, base_url: str) -> ContextWindow | None:
    """The window of a model, None where neither its server nor the price list tells it.

    The server knows best, where its list of models is here anyway. It is asked for it only
    where the price list does not know the model either.
    """
    teller = provider if isinstance(provider, WindowTeller) else None
    tokens = teller.known_context_window(model) if teller else None
    if tokens is None and base_url:
        listed = await asyncio.to_thread(_price_list_window, model, base_url)
        if listed is not None:
            return ContextWindow(listed, "the price list")
    if tokens is None and teller and model:
        with suppress(ProviderError):
            tokens = await teller.find_context_window(model)
    return None if tokens is None else ContextWindow(tokens, "the server")


@cache
def _price_list_window(model: str, base_url: str) -> int | None:
    """What the price list says of a model of the service at an address.

    The first call imports the list, which takes some 0.3 s.
    """
    import genai_prices

    try:
        price = genai_prices.calc_price(genai_prices.Usage(), model, provider_api_url=base_url)
    except LookupError:
        return None
    return price.model.context_window
