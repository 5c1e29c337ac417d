"""The budget is hard: what is set aside and what is spent never exceed the day's limit, in any number of processes."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.adapters.models.budget import NANO, Amount, Budget, Ledger, Refusal, Reservation
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.faults import Fault, Kind
from tasks.adapters.models.gateway import Gateway
from tasks.domain.errors import Unfinished
from tasks.domain.verdict import Accounting, Status
from tests.adapters.models.doubles import Doorman, asking, echo, failing, words

PRICE = {"*": (10_000.0, 10_000.0)}
"""A cent a token: the 110 tokens of an echo cost 1.10 dollars."""
COST = 1.1


def numbered(count: int) -> list[Call]:
    """Calls whose 100 prompt tokens are fewer than their bytes, as real tokens are."""
    return [asking(f"row {number} {'.' * 100}", params={"max_tokens": 10}) for number in range(count)]


def bound(budget: Budget) -> float:
    price = budget.prices.price("m")
    assert price is not None
    return price.bound(numbered(1)[0])


def test_a_spent_budget_stops_new_calls_and_skips_the_rest(gateway: Callable[..., Gateway]) -> None:
    limit = 12.0
    door = Doorman(echo)
    served = gateway(Budget(usd_per_day=limit, price_per_million=PRICE), door=door, concurrency=16)
    replies = [reply for _, reply in served.run(numbered(100))]
    answered = [reply for reply in replies if reply.answered]
    skipped = [reply for reply in replies if reply.status is Status.skipped]
    assert len(answered) + len(skipped) == 100
    assert {reply.reason for reply in skipped} == {"budget"}
    assert len(door.sent) == len(answered) >= 1
    assert served.spending().settled_usd == pytest.approx(COST * len(answered))
    assert served.spending().settled_usd <= limit
    assert served.spending().reserved_usd == 0
    assert served.tally.cost_usd == pytest.approx(COST * len(answered))
    with pytest.raises(Unfinished, match="usd_per_day"):
        served.raise_if_stopped()


def test_the_limit_is_used_up_as_far_as_the_bound_of_one_call_allows(gateway: Callable[..., Gateway]) -> None:
    budget = Budget(usd_per_day=30.0, price_per_million=PRICE)
    served = gateway(budget, door=Doorman(echo))
    list(served.run(numbered(100)))
    left = 30.0 - served.spending().settled_usd
    assert 0 <= left < bound(budget)


def test_what_is_under_way_never_exceeds_the_limit(gateway: Callable[..., Gateway]) -> None:
    budget = Budget(usd_per_day=20.0, price_per_million=PRICE)
    most = 0.0

    async def watched(call: Call) -> Reply:
        nonlocal most
        spending = served.spending()
        most = max(most, spending.settled_usd + spending.reserved_usd)
        await asyncio.sleep(0.001)
        return await echo(call)

    served = gateway(budget, door=Doorman(watched))
    list(served.run(numbered(60)))
    assert 0 < most <= 20.0


def test_the_next_run_goes_on_where_the_budget_ended(gateway: Callable[..., Gateway]) -> None:
    list(gateway(Budget(usd_per_day=10.0, price_per_million=PRICE), door=Doorman(echo)).run(numbered(40)))
    door = Doorman(echo)
    served = gateway(Budget(usd_per_day=1000.0, price_per_million=PRICE), door=door)
    replies = [reply for _, reply in served.run(numbered(40))]
    assert all(reply.answered for reply in replies)
    assert len(door.sent) + served.tally.cached == 40
    assert served.tally.cached > 0


def test_the_limit_holds_over_gateways_and_ends_with_the_day(tmp_path: Path) -> None:
    now = 1_700_000_000.0
    budget = Budget(usd_per_day=10.0, price_per_million=PRICE)

    def answered(day: float) -> int:
        cache = CallCache(tmp_path / "calls.sqlite", clock=lambda: now + day * 86_400)
        calls = [asking(f"day {day} {words(call)}", params={"max_tokens": 10}) for call in numbered(30)]
        replies = [reply for _, reply in Gateway(cache, budget, door=Doorman(echo)).run(calls)]
        cache.close()
        return sum(reply.answered for reply in replies)

    assert answered(0) > 0
    assert answered(0.001) == 0
    assert answered(1) > 0


def test_free_models_need_no_money(gateway: Callable[..., Gateway]) -> None:
    served = gateway(Budget(usd_per_day=0.0, price_per_million={"*": 0.0}), door=Doorman(echo))
    assert all(reply.answered for _, reply in served.run(numbered(20)))


def test_an_allowed_unknown_price_counts_nothing_and_says_so(gateway: Callable[..., Gateway]) -> None:
    served = gateway(Budget(usd_per_day=0.0, allow_unknown_cost=True), door=Doorman(echo))
    [(_, reply)] = served.run(numbered(1))
    assert reply.answered
    assert reply.cost_usd is None


@pytest.mark.parametrize(("kind", "paid"), [(Kind.rate, 0), (Kind.server, 0), (Kind.connection, 0), (Kind.timeout, 1)])
def test_an_attempt_that_may_have_been_charged_counts_with_its_bound(
    gateway: Callable[..., Gateway], kind: Kind, paid: int
) -> None:
    budget = Budget(usd_per_day=100.0, price_per_million=PRICE)
    served = gateway(budget, door=Doorman(failing(Fault(kind, "once"))))
    [(_, reply)] = served.run(numbered(1))
    expected = COST + paid * bound(budget)
    assert reply.cost_usd == pytest.approx(expected)
    assert served.spending().settled_usd == pytest.approx(expected)


def test_a_run_makes_no_more_calls_than_it_may(gateway: Callable[..., Gateway]) -> None:
    door = Doorman(echo)
    served = gateway(Budget(calls_per_run=7, price_per_million={"*": 0.0}), door=door)
    replies = [reply for step in (numbered(5), numbered(50)) for _, reply in served.run(step)]
    assert len(door.sent) == 7
    ends = Accounting.of("judged" if reply.status is None else reply.status for reply in replies)
    assert ends == Accounting(n=55, judged=12, skipped=43)
    with pytest.raises(Unfinished, match="calls_per_run"):
        served.raise_if_stopped()


def test_sums_of_money_are_exact(cache: CallCache) -> None:
    ledger = Ledger(cache, Budget(usd_per_day=1.0))
    for _ in range(10):
        reservation = ledger.reserve(Amount.of(10, 0.1))
        assert isinstance(reservation, Reservation)
        ledger.settle(reservation, Amount.of(10, 0.1))
    refusal = ledger.reserve(Amount.of(0, 1e-9))
    assert isinstance(refusal, Refusal)
    assert (refusal.limit, refusal.allowed, refusal.used) == ("usd_per_day", 1.0, 1.0)
    assert ledger.spending().settled == Amount(calls=10, tokens=100, nano=NANO)
    assert ledger.spending().settled_usd == 1.0


def test_a_dry_run_counts_and_asks_nobody(gateway: Callable[..., Gateway]) -> None:
    budget = Budget(usd_per_day=1000.0, price_per_million=PRICE)
    list(gateway(budget, door=Doorman(echo)).run(numbered(10)))
    door = Doorman(echo)
    calls = [*numbered(30), *numbered(30)]
    plan = gateway(budget, door=door, concurrency=4).estimate(calls)
    assert (plan.rows, plan.cached, plan.calls) == (60, 20, 20)
    assert plan.cost_usd is not None
    assert plan.cost_usd_at_most is not None
    assert 0 < plan.cost_usd <= plan.cost_usd_at_most
    assert plan.minutes == pytest.approx(20 * 0.005 / 4 / 60)
    assert door.sent == []


def test_a_dry_run_of_an_unknown_price_has_no_cost(gateway: Callable[..., Gateway]) -> None:
    plan = gateway(Budget(allow_unknown_cost=True)).estimate(numbered(3))
    assert (plan.calls, plan.cost_usd, plan.cost_usd_at_most) == (3, None, None)


def test_a_dry_run_with_everything_kept_costs_nothing(gateway: Callable[..., Gateway]) -> None:
    list(gateway(door=Doorman(echo)).run(numbered(3)))
    plan = gateway(Budget()).estimate(numbered(3))
    assert (plan.cached, plan.calls, plan.cost_usd, plan.minutes) == (3, 0, 0.0, 0.0)


def test_tokens_of_a_run_are_limited_by_what_calls_may_take(gateway: Callable[..., Gateway]) -> None:
    served = gateway(Budget(tokens_per_run=2_000, price_per_million={"*": 0.0}), door=Doorman(echo))
    replies = [reply for _, reply in served.run(numbered(100))]
    taken = served.tally.prompt_tokens + served.tally.completion_tokens
    assert taken == 110 * sum(reply.answered for reply in replies)
    assert 1_000 < taken <= 2_000
    assert {reply.reason for reply in replies if not reply.answered} == {"budget"}
    with pytest.raises(Unfinished, match=r"2,000 tokens.*\n.*tokens_per_run"):
        served.raise_if_stopped()


@pytest.mark.parametrize("budget", [Budget(calls_per_day=9), Budget(tokens_per_day=1_500)])
def test_a_days_limits_hold_over_runs(gateway: Callable[..., Gateway], budget: Budget) -> None:
    free = replace(budget, price_per_million={"*": 0.0})
    doors = [Doorman(echo), Doorman(echo)]
    for door, calls in zip(doors, (numbered(5), numbered(60)), strict=True):
        list(gateway(free, door=door).run(calls))
    sent = sum(len(door.sent) for door in doors)
    assert len(doors[0].sent) == 5
    assert sent == 9 if budget.calls_per_day else 1_000 < 110 * sent <= 1_500
    assert gateway(free).spending().settled == Amount(calls=sent, tokens=110 * sent)


def test_a_run_spends_no_more_money_than_it_may(gateway: Callable[..., Gateway]) -> None:
    served = gateway(Budget(usd_per_run=12.0, price_per_million=PRICE), door=Doorman(echo))
    list(served.run(numbered(50)))
    assert 0 < served.tally.cost_usd <= 12.0
    with pytest.raises(Unfinished, match="usd_per_run"):
        served.raise_if_stopped()
    again = gateway(Budget(usd_per_run=12.0, price_per_million=PRICE), door=Doorman(echo))
    list(again.run(numbered(50)))
    assert again.tally.sent > 0, "the next run has its own money"


def test_further_attempts_count_as_calls(gateway: Callable[..., Gateway]) -> None:
    door = Doorman(failing(Fault(Kind.rate, "slow down")))
    served = gateway(Budget(calls_per_run=7, price_per_million={"*": 0.0}), door=door)
    replies = [reply for _, reply in served.run(numbered(4))]
    assert len(door.sent) == served.tally.requests == 7
    assert sum(reply.answered for reply in replies) == 3


def test_what_earlier_versions_spent_today_still_counts(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    today = Ledger(CallCache(path), Budget()).today
    with sqlite3.connect(path) as old:
        old.execute("drop table usage")
        old.execute(
            "create table spending (day text primary key, settled integer default 0, reserved integer default 0)"
        )
        old.execute("insert into spending values (?, ?, ?)", (today, 2 * NANO, NANO))
        old.execute("pragma user_version = 5")
    spending = Ledger(CallCache(path), Budget()).spending()
    assert (spending.settled_usd, spending.reserved_usd) == (2.0, 1.0)
