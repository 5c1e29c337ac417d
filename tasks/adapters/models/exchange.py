"""What happens to one call, from claim to commit? Slot, claim, budget, attempts, one repair, and the reply is kept."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, TypeGuard

from tasks.adapters.models.budget import Amount, Ledger, Reservation
from tasks.adapters.models.cache import CallCache, Claim
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.faults import Fault, Kind, without_own_keys
from tasks.adapters.models.prices import Price, PriceList, most_tokens
from tasks.adapters.models.providers import Door
from tasks.adapters.models.replies import Parse, Unscored
from tasks.adapters.models.slots import Seat, Slots
from tasks.adapters.models.stops import Stops, address_of
from tasks.domain.hashing import uniform
from tasks.domain.verdict import Status

Repair = Callable[[Call, Reply, str], Call]

LONGEST_PAUSE_SECONDS = 30.0
"""Of our own backing off; a provider's Retry-After is obeyed beyond it."""
POLL_SECONDS = (0.02, 0.25)
"""How often another owner's call is looked after: at first, and at last."""


@dataclass
class Exchange:
    """The part of a gateway that runs in the background loop, shared by all of its runs."""

    cache: CallCache
    ledger: Ledger
    prices: PriceList
    door: Door
    stops: Stops
    concurrency: int
    timeout: float
    retries: int
    backoff: float
    _slots: dict[str, Slots] = field(default_factory=dict)
    _orders: Iterator[int] = field(default_factory=count)
    _under_way: int = 0
    _settled: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.stops.on_stop.append(self._reopen)

    def _reopen(self) -> None:
        for slots in self._slots.values():
            slots.reopen()

    async def reply(
        self, call: Call, owner: str, parse: Parse[Any], repair: Repair | None, *, anew: bool = False
    ) -> tuple[Reply, Any]:
        """The reply, from the cache where another made it meanwhile, and what `parse` reads in it."""
        pause, longest = POLL_SECONDS
        slots = self._slots.setdefault(address_of(call), Slots(self.concurrency))
        order = next(self._orders)
        while True:
            async with slots.seat(order) as seat:
                if (stop := self.stops.of(call)) is not None:
                    return _unanswered(Reply.none(Status.skipped, stop))
                claim = self.cache.claim(call.key, owner, anew=anew)
                if claim is Claim.mine:
                    return await self._claimed(call, owner, parse, repair, seat)
            if isinstance(claim, Reply):
                parsed = parse(call, claim)
                if not unusable(parsed):
                    return claim, parsed
                anew = True
                continue
            while self.stops.of(call) is None and self.cache.taken(call.key, owner):
                await asyncio.sleep(pause)
                pause = min(2 * pause, longest)

    async def _claimed(
        self, call: Call, owner: str, parse: Parse[Any], repair: Repair | None, seat: Seat
    ) -> tuple[Reply, Any]:
        """Makes the call. A good reply is committed before this returns, and so before the slot is free."""
        kept = False
        try:
            reply, parsed = await self._answered(call, parse, repair, seat)
            if reply.answered and not unusable(parsed):
                self.cache.keep(call, reply, owner)
                kept = True
        finally:
            if not kept:
                self.cache.release(call.key, owner)
        return reply, parsed

    async def _answered(self, call: Call, parse: Parse[Any], repair: Repair | None, seat: Seat) -> tuple[Reply, Any]:
        first = await self._sent(call, seat)
        if not first.answered:
            return _unanswered(first)
        parsed = parse(call, first)
        if not unusable(parsed) or repair is None:
            return first, parsed
        second = await self._sent(repair(call, first, parsed.reason), seat)
        both = _together(first, second)
        if second.status is not None:
            return both, Unscored(f"{parsed.reason}; the repair got no answer: {second.reason}", second.status)
        parsed = parse(call, second)
        return both, Unscored(f"{parsed.reason}, after one repair") if unusable(parsed) else parsed

    async def _sent(self, call: Call, seat: Seat) -> Reply:
        """The reply after as many attempts as are allowed, or the reason for having none.

        To be turned away by a provider that serves others meanwhile is no failed attempt.
        """
        price = self.prices.price(call.model)
        lost: float | None = None if price is None else 0.0
        bound = _bound(call, price)
        attempt = requests = 0
        while (reservation := await self._reserved(call, bound)) is not None:
            answers = self.stops.answers(call)
            outcome = await self._attempt(call, reservation, price)
            requests += 1
            if isinstance(outcome, Reply):
                seat.answered()
                cost = None if price is None or lost is None else lost + price.cost(outcome)
                reply = replace(outcome, requests=requests, cost_usd=cost)
                return reply if reply.text or reply.tool_calls else _empty(reply)
            if outcome.kind.charged and price is not None and lost is not None:
                lost += price.bound(call)
            delay = self._delay(call, attempt, outcome)
            if outcome.kind.crowded:
                seat.turned_away(delay)
            self.stops.note(call, outcome)
            turned_away, last = outcome.kind is Kind.rate, attempt == self.retries
            if not outcome.kind.passing or (last and not turned_away) or self.stops.of(call):
                return _failed(outcome, requests, lost)
            async with seat.left():
                await self.stops.pause(call, delay)
            if not turned_away or self.stops.answers(call) == answers:
                if last:
                    return _failed(outcome, requests, lost)
                attempt += 1
        return Reply.none(Status.skipped, self.stops.of(call) or "stopped", requests=requests, cost_usd=lost)

    async def _attempt(self, call: Call, reservation: Reservation, price: Price | None) -> Reply | Fault:
        """One request; its reservation is settled whatever becomes of it."""
        took: Amount | None = None
        try:
            async with asyncio.timeout(self.timeout):
                reply = _without_keys(await self.door.send(call, self.timeout))
        except Fault as fault:
            took = None if fault.kind.charged else Amount(calls=1)
            return fault
        except TimeoutError:
            return Fault(Kind.timeout, f"nothing came within {self.timeout:g} seconds")
        else:
            took = Amount.of(reply.prompt_tokens + reply.completion_tokens, 0.0 if price is None else price.cost(reply))
            self.stops.answered(call)
            return reply
        finally:
            self.ledger.settle(reservation, took)
            async with self._settled:
                self._under_way -= 1
                self._settled.notify_all()

    async def _reserved(self, call: Call, bound: Amount) -> Reservation | None:
        """Leave for one request. While others of ours are under way, what they give back may suffice."""
        async with self._settled:
            while self.stops.of(call) is None:
                granted = self.ledger.reserve(bound)
                if isinstance(granted, Reservation):
                    self._under_way += 1
                    return granted
                if self._under_way == 0:
                    self.stops.spend(granted)
                else:
                    await self._settled.wait()
        return None

    def _delay(self, call: Call, attempt: int, fault: Fault) -> float:
        """Seconds until the next attempt: doubling, spread by the call's own hash, never before Retry-After."""
        spread = 0.5 + uniform(call.key, attempt)
        delay: float = min(self.backoff * 2**attempt * spread, LONGEST_PAUSE_SECONDS)
        return delay if fault.retry_after is None else max(delay, fault.retry_after)


def unusable(parsed: object) -> TypeGuard[Unscored]:
    """A model that abstains in good form has answered."""
    return isinstance(parsed, Unscored) and parsed.status is not Status.abstained


def _bound(call: Call, price: Price | None) -> Amount:
    """What one request takes at most."""
    if price is None:
        return Amount.of(sum(most_tokens(call)), 0.0)
    return Amount.of(sum(most_tokens(call, price.most_completion_tokens)), price.bound(call))


def _failed(fault: Fault, requests: int, cost_usd: float | None) -> Reply:
    reason = str(fault) if requests == 1 else f"{fault} (after {requests} attempts)"
    return Reply.none(Status.failed, reason, requests=requests, cost_usd=cost_usd)


def _without_keys(reply: Reply) -> Reply:
    """The reply without any key of ours: a server that echoes its headers must not bring one into the cache."""
    calls = tuple(json.loads(without_own_keys(json.dumps(call))) for call in reply.tool_calls)
    return replace(reply, text=without_own_keys(reply.text), tool_calls=calls)


def _unanswered(reply: Reply) -> tuple[Reply, Unscored]:
    return reply, Unscored(reply.reason or "no answer", reply.status or Status.failed)


def _empty(reply: Reply) -> Reply:
    return replace(reply, status=Status.failed, reason=f"the reply is empty (finish reason: {reply.finish_reason})")


def _together(first: Reply, second: Reply) -> Reply:
    """The second reply, with what both took."""
    known = first.cost_usd is not None and second.cost_usd is not None
    return replace(
        second,
        cost_usd=(first.cost_usd or 0.0) + (second.cost_usd or 0.0) if known else None,
        prompt_tokens=first.prompt_tokens + second.prompt_tokens,
        completion_tokens=first.completion_tokens + second.completion_tokens,
        latency_ms=first.latency_ms + second.latency_ms,
        requests=first.requests + second.requests,
    )
