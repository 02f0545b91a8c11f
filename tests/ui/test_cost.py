from decimal import Decimal

import pytest

from chatapp.core.messages import ModelRef
from chatapp.core.usage import Usage
from chatapp.ui.cost import Cost, estimate_cost

USAGE = Usage(1_000_000, 100_000, 1_100_000)


def test_a_known_model_has_a_price_by_endpoint_name_and_by_url() -> None:
    model = ModelRef("openai", "gpt-4o-mini")
    by_name = estimate_cost(model, USAGE)
    by_url = estimate_cost(ModelRef("mine", "gpt-4o-mini"), USAGE, "https://api.openai.com/v1")
    assert by_name is not None
    assert by_name == by_url
    assert by_name.usd > 0


def test_cached_tokens_are_cheaper() -> None:
    model = ModelRef("openai", "gpt-4o-mini")
    cached = estimate_cost(model, Usage(1_000_000, 0, 1_000_000, cached_tokens=1_000_000))
    plain = estimate_cost(model, Usage(1_000_000, 0, 1_000_000))
    assert cached is not None
    assert plain is not None
    assert 0 < cached.usd < plain.usd


def test_an_estimate_of_tokens_makes_an_estimate_of_cost() -> None:
    usage = Usage(1000, 1000, 2000, is_estimated=True)
    cost = estimate_cost(ModelRef("openai", "gpt-4o-mini"), usage)
    assert cost is not None
    assert str(cost).startswith("~$")


@pytest.mark.parametrize(
    ("model", "base_url"),
    [
        (ModelRef("local", "SmolLM2-135M-Instruct"), "http://127.0.0.1:4000/v1"),
        (ModelRef("ollama", "gpt-4o"), "http://localhost:11434/v1"),
        (ModelRef("mine", "gpt-4o"), ""),
        (ModelRef("openai", "no-such-model"), ""),
    ],
)
def test_what_is_not_in_the_price_list_has_no_price(model: ModelRef, base_url: str) -> None:
    assert estimate_cost(model, USAGE, base_url) is None


@pytest.mark.parametrize(
    ("usd", "expected"),
    [
        ("0", "$0.0000"),
        ("0.00001", "<$0.0001"),
        ("0.00123", "$0.0012"),
        ("0.25", "$0.2500"),
        ("12.346", "$12.35"),
    ],
)
def test_amounts_read_well(usd: str, expected: str) -> None:
    assert str(Cost(Decimal(usd))) == expected
