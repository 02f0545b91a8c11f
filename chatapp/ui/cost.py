"""What a response cost in money, by the public price list that ships with genai-prices."""

from dataclasses import dataclass
from decimal import Decimal

from chatapp.core.messages import ModelRef
from chatapp.core.usage import Usage

_PRICE_LIST_NAMES = {"moonshot": "moonshotai", "zhipu": "zhipuai"}
"""Endpoints that the price list knows by another name."""


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount in US dollars; estimated where the token counts are."""

    usd: Decimal
    is_estimated: bool = False

    def __str__(self) -> str:
        """Two significant digits below a cent, and never an amount that reads as free."""
        mark = "~" if self.is_estimated else ""
        if self.usd and self.usd < Decimal("0.0001"):
            return f"{mark}<$0.0001"
        return f"{mark}${self.usd:.2f}" if self.usd >= 1 else f"{mark}${self.usd:.4f}"


def estimate_cost(model: ModelRef, usage: Usage, base_url: str = "") -> Cost | None:
    """Price the tokens, or None for a model or endpoint that is not in the price list.

    `base_url` decides whose prices count; without it the endpoint's name does. The first call
    imports the price list, which takes some 0.3 s: call it in a thread.
    """
    import genai_prices

    tokens = genai_prices.Usage(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        cache_read_tokens=min(usage.cached_tokens or 0, usage.prompt_tokens),
    )
    try:
        if base_url:
            price = genai_prices.calc_price(tokens, model.model, provider_api_url=base_url)
        else:
            name = _PRICE_LIST_NAMES.get(model.endpoint, model.endpoint)
            price = genai_prices.calc_price(tokens, model.model, provider_id=name)
    except LookupError:
        return None
    return Cost(price.total_price, is_estimated=usage.is_estimated)
