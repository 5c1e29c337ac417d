"""What would a run take? Rows, calls, money and minutes, from the cache and the price map, without asking a model."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.prices import PriceList

BYTES_A_TOKEN = 4
COMPLETION_TOKENS = 300
LATENCY_MS = 2000.0
"""Assumed of a model that has not replied yet."""


@dataclass(frozen=True)
class DryRun:
    """The plan of a run. Costs are None where a price is unknown; `cost_usd_at_most` is what the budget sets aside."""

    rows: int
    cached: int
    calls: int
    cost_usd: float | None
    cost_usd_at_most: float | None
    minutes: float


def dry_run(calls: Iterable[Call], cache: CallCache, prices: PriceList, *, concurrency: int) -> DryRun:
    """Counts each call that the cache lacks once; time and completions are as in the model's latest replies."""
    rows = cached = 0
    missing: set[str] = set()
    count: Counter[str] = Counter()
    prompt_bytes: Counter[str] = Counter()
    bounds: defaultdict[str, float] = defaultdict(float)
    for call in calls:
        rows += 1
        if call.key in missing:
            continue
        if cache.reply(call.key) is not None:
            cached += 1
            continue
        missing.add(call.key)
        count[call.model] += 1
        prompt_bytes[call.model] += call.size
        price = prices.price(call.model)
        bounds[call.model] += float("nan") if price is None else price.bound(call)
    plans = [_plan(model, number, prompt_bytes[model], cache, prices) for model, number in count.items()]
    return DryRun(
        rows=rows,
        cached=cached,
        calls=len(missing),
        cost_usd=_known(sum(cost for cost, _ in plans)),
        cost_usd_at_most=_known(sum(bounds.values())),
        minutes=sum(seconds for _, seconds in plans) / concurrency / 60,
    )


def _plan(model: str, number: int, prompt_bytes: int, cache: CallCache, prices: PriceList) -> tuple[float, float]:
    """Dollars (not a number where unknown) and seconds of a model's calls, one after another."""
    usage = cache.usage(model)
    price = prices.price(model)
    typical = Reply(
        prompt_tokens=round(prompt_bytes / number / BYTES_A_TOKEN),
        completion_tokens=round(usage.completion_tokens or COMPLETION_TOKENS),
    )
    cost = float("nan") if price is None else price.cost(typical)
    seconds = (LATENCY_MS if usage.latency_ms is None else usage.latency_ms) / 1000
    return number * cost, number * seconds


def _known(dollars: float) -> float | None:
    return None if dollars != dollars else dollars  # noqa: PLR0124 - not a number differs from itself
