"""What does a call cost? The user's own prices, then LiteLLM's map, read without importing LiteLLM."""

import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from tasks.adapters.models.call import Call, Reply
from tasks.domain.errors import WrongInput

PricePerMillion = float | tuple[float, float]
"""US dollars a million tokens: one figure, or one for the prompt and one for the completion."""

MESSAGE_TOKENS = 16
"""More than any chat template adds around a message."""
UNSTATED_COMPLETION = 4096
"""The completion assumed where neither the call nor the price map limits it."""


@dataclass(frozen=True)
class Rate:
    """US dollars a token, for prompts longer than `above` tokens."""

    above: int
    prompt: float
    completion: float
    cache_read: float
    cache_write: float
    reasoning: float


@dataclass(frozen=True)
class Price:
    """What a model's tokens cost, by the length of the prompt, and how long its completions can get."""

    rates: tuple[Rate, ...]
    most_completion_tokens: int = UNSTATED_COMPLETION

    def cost(self, reply: Reply) -> float:
        """US dollars, from the usage that the provider reports."""
        rate = max((rate for rate in self.rates if reply.prompt_tokens > rate.above), key=lambda rate: rate.above)
        fresh = max(0, reply.prompt_tokens - reply.cached_tokens - reply.cache_write_tokens)
        spoken = max(0, reply.completion_tokens - reply.reasoning_tokens)
        return (
            fresh * rate.prompt
            + reply.cached_tokens * rate.cache_read
            + reply.cache_write_tokens * rate.cache_write
            + spoken * rate.completion
            + (reply.completion_tokens - spoken) * rate.reasoning
        )

    def bound(self, call: Call) -> float:
        """US dollars that the call cannot exceed."""
        prompt, longest = most_tokens(call, self.most_completion_tokens)
        return max(
            prompt * max(rate.prompt, rate.cache_read, rate.cache_write)
            + longest * max(rate.completion, rate.reasoning)
            for rate in self.rates
            if rate.above <= prompt
        )


def most_tokens(call: Call, most_completion_tokens: int = UNSTATED_COMPLETION) -> tuple[int, int]:
    """Tokens of prompt and completion that a call cannot exceed: as many as bytes, and the longest allowed."""
    prompt = call.size + MESSAGE_TOKENS * (len(call.messages) + 1)
    completion = call.params.get("max_completion_tokens") or call.params.get("max_tokens")
    return prompt, most_completion_tokens if completion is None else int(completion)


@dataclass(frozen=True)
class PriceList:
    """The user's prices, by model or pattern (`embedded/*`), before those of the price map."""

    per_million: tuple[tuple[str, PricePerMillion], ...] = ()
    allow_unknown: bool = False

    def price(self, model: str) -> Price | None:
        """None where nobody knows, and that was allowed. Raises WrongInput where it was not."""
        for pattern, dollars in self.per_million:
            if fnmatchcase(model, pattern):
                return _own_price(dollars)
        price = mapped_price(model)
        if price is None and not self.allow_unknown:
            raise WrongInput(
                f"nobody knows what a call of '{model}' costs, so no budget can hold it",
                fix=f"Give its price (budget.price_per_million, '{model}' = 0 for a model of your own; "
                "`flywheel judge`: --price), or allow it with --allow-unknown-cost.",
            )
        return price


@cache
def _own_price(dollars: PricePerMillion) -> Price:
    prompt, completion = dollars if isinstance(dollars, tuple) else (dollars, dollars)
    each = {
        "prompt": prompt,
        "cache_read": prompt,
        "cache_write": prompt,
        "completion": completion,
        "reasoning": completion,
    }
    return Price(rates=(Rate(above=-1, **{name: dollars / 1e6 for name, dollars in each.items()}),))


@cache
def mapped_price(model: str) -> Price | None:
    """The price map's entry: under the whole name, or under the name without the provider that the entry names."""
    entry = price_map().get(model)
    if entry is None and "/" in model:
        provider, name = model.split("/", 1)
        entry = price_map().get(name)
        if entry is not None and entry.get("litellm_provider") != provider:
            entry = None
    if entry is None or "input_cost_per_token" not in entry or "output_cost_per_token" not in entry:
        return None
    if entry.get("litellm_provider") == "perplexity" or entry.get("input_cost_per_request"):
        return None  # charged by the search or the request as well
    longest = entry.get("max_output_tokens") or UNSTATED_COMPLETION
    return Price(rates=_rates(entry), most_completion_tokens=int(longest))


def _rates(entry: Mapping[str, Any]) -> tuple[Rate, ...]:
    thresholds = sorted(
        {int(match[1]) for name in entry if (match := re.fullmatch(r"input_cost_per_token_above_(\d+)k_tokens", name))}
    )
    return (_rate(entry, "", -1), *(_rate(entry, f"_above_{k}k_tokens", k * 1000) for k in thresholds))


def _rate(entry: Mapping[str, Any], suffix: str, above: int) -> Rate:
    def dollars(name: str, otherwise: float) -> float:
        value = entry.get(name + suffix)
        return otherwise if value is None else float(value)

    prompt = dollars("input_cost_per_token", float(entry["input_cost_per_token"] or 0))
    completion = dollars("output_cost_per_token", float(entry["output_cost_per_token"] or 0))
    return Rate(
        above=above,
        prompt=prompt,
        completion=completion,
        cache_read=dollars("cache_read_input_token_cost", prompt),
        cache_write=dollars("cache_creation_input_token_cost", prompt),
        reasoning=dollars("output_cost_per_reasoning_token", completion),
    )


@cache
def price_map() -> dict[str, dict[str, Any]]:
    """LiteLLM's price map as the installed package ships it: the run does not depend on what a server says today."""
    package = importlib.util.find_spec("litellm")
    if package is None or package.origin is None:
        raise WrongInput("LiteLLM is not installed", fix="Install the project's lock again: `make install`.")
    content = (Path(package.origin).parent / "model_prices_and_context_window_backup.json").read_bytes()
    prices: dict[str, dict[str, Any]] = json.loads(content)
    return prices
