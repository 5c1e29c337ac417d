"""A call has a known price or is refused; its bound is never below its cost; our sums are LiteLLM's."""

from typing import Any

import pytest

from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.prices import PriceList, price_map
from tasks.adapters.models.providers import quiet_litellm
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import uniform
from tests.adapters.models.doubles import asking


def test_an_unknown_price_is_refused_by_the_models_name() -> None:
    with pytest.raises(WrongInput) as caught:
        PriceList().price("hosted_vllm/our-own")
    assert "hosted_vllm/our-own" in caught.value.message
    assert "--allow-unknown-cost" in (caught.value.fix or "")


def test_an_unknown_price_may_be_allowed() -> None:
    assert PriceList(allow_unknown=True).price("hosted_vllm/our-own") is None


def test_the_users_own_price_goes_first_and_by_pattern() -> None:
    prices = PriceList(per_million=(("embedded/*", 0.0), ("gpt-4o-mini", (2.0, 10.0))))
    free, own = prices.price("embedded/judge"), prices.price("gpt-4o-mini")
    assert free is not None
    assert own is not None
    assert free.bound(asking("x" * 1000)) == 0
    assert own.cost(Reply(prompt_tokens=1_000_000, completion_tokens=500_000)) == pytest.approx(7.0)


def test_a_provider_before_the_name_finds_the_same_price() -> None:
    assert PriceList().price("openai/gpt-4o-mini") == PriceList().price("gpt-4o-mini")
    with pytest.raises(WrongInput):
        PriceList().price("hosted_vllm/gpt-4o-mini")


def test_the_bound_holds_every_token_that_a_text_can_have() -> None:
    price = PriceList(per_million=(("m", (1.0, 1.0)),)).price("m")
    assert price is not None
    call = Call("m", [{"role": "user", "content": "é" * 500}], {"max_tokens": 50})
    assert price.bound(call) >= price.cost(Reply(prompt_tokens=1000, completion_tokens=50))


def test_a_bound_without_max_tokens_is_the_models_longest_completion() -> None:
    price = PriceList().price("gpt-4o-mini")
    assert price is not None
    longest = price_map()["gpt-4o-mini"]["max_output_tokens"]
    assert price.bound(asking("x")) >= price.cost(Reply(prompt_tokens=1, completion_tokens=longest))
    assert price.bound(asking("x", params={"max_tokens": 5})) < price.bound(asking("x"))


def test_our_costs_are_those_of_litellm() -> None:
    litellm = quiet_litellm()
    chat = [model for model, entry in price_map().items() if entry.get("mode") == "chat"]
    sample = sorted(chat, key=uniform)[:60]
    lower: list[Any] = []
    higher: list[Any] = []
    same: list[Any] = []
    for model in sample:
        for prompt_tokens in (100, 250_000):
            ours = our_cost(model, prompt_tokens)
            theirs = litellm_cost(litellm, model, prompt_tokens)
            if ours is not None and theirs is not None:
                near = ours == pytest.approx(theirs, abs=1e-12)
                (same if near else lower if ours < theirs else higher).append((model, ours, theirs))
    assert len(same) > 60
    assert lower == []
    assert len(higher) < 0.2 * len(same), higher


def our_cost(model: str, prompt_tokens: int) -> float | None:
    price = PriceList(allow_unknown=True).price(model)
    reply = Reply(prompt_tokens=prompt_tokens, completion_tokens=300, cached_tokens=40, reasoning_tokens=100)
    return None if price is None else price.cost(reply)


def litellm_cost(litellm: Any, model: str, prompt_tokens: int) -> float | None:
    usage = litellm.Usage(
        prompt_tokens=prompt_tokens,
        completion_tokens=300,
        total_tokens=prompt_tokens + 300,
        prompt_tokens_details={"cached_tokens": 40},
        completion_tokens_details={"reasoning_tokens": 100, "text_tokens": 200},
    )
    response = litellm.ModelResponse(model=model, usage=usage, choices=[])
    try:
        return float(litellm.completion_cost(completion_response=response, model=model))
    except Exception:  # some of its own entries it cannot price
        return None
