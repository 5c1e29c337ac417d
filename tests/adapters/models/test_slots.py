"""A provider that is crowded gets fewer requests at a time, and all of them again once it serves."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.faults import Fault, Kind
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.models.slots import Slots
from tests.adapters.models.doubles import Doorman, asking, echo


def test_no_more_hold_a_slot_than_there_are() -> None:
    async def work() -> tuple[int, int]:
        slots, most = Slots(3), 0

        async def row(order: int) -> None:
            nonlocal most
            async with slots.seat(order):
                most = max(most, slots.busy)
                await asyncio.sleep(0)

        await asyncio.gather(*(row(order) for order in range(20)))
        return most, slots.busy

    assert asyncio.run(work()) == (3, 0)


def test_a_row_that_left_its_slot_comes_before_those_that_have_not_begun() -> None:
    async def work() -> list[str]:
        slots, told = Slots(1), []

        async def first() -> None:
            async with slots.seat(0) as seat:
                async with seat.left():
                    await asyncio.sleep(0)
                told.append("first again")

        async def other(order: int) -> None:
            async with slots.seat(order):
                told.append(f"other {order}")
                for _ in range(3):
                    await asyncio.sleep(0)

        await asyncio.gather(first(), *(other(order) for order in (1, 2, 3)))
        return told

    told = asyncio.run(work())
    assert told.index("first again") == 1


def test_a_row_that_is_cancelled_while_it_waits_takes_no_slot() -> None:
    async def work() -> int:
        slots = Slots(1)
        async with slots.seat(0):
            waiting = asyncio.create_task(slots.take(1))
            await asyncio.sleep(0)
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
        await asyncio.wait_for(slots.take(2), 1)
        return slots.busy

    assert asyncio.run(work()) == 1


def test_a_row_that_is_cancelled_just_as_it_is_served_gives_its_slot_back() -> None:
    async def work() -> int:
        slots = Slots(1)
        await slots.take(0)
        waiting = asyncio.create_task(slots.take(1))
        await asyncio.sleep(0)
        slots.free()
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        return slots.busy

    assert asyncio.run(work()) == 0


@pytest.mark.parametrize(("turned_away", "settles_at_most"), [(0.5, 1), (0.3, 2), (0.1, 50)])
def test_the_number_falls_where_many_are_turned_away_and_stays_where_few_are(
    turned_away: float, settles_at_most: int
) -> None:
    slots, debt = Slots(50), 0.0

    async def work() -> None:
        nonlocal debt
        for _ in range(2_000):
            debt += turned_away
            if debt >= 1:
                debt -= 1
                slots.turned_away(0.0)
            else:
                slots.answered()

    asyncio.run(work())
    assert slots.allowed <= settles_at_most
    assert slots.allowed >= 45 or turned_away > 0.2


@pytest.mark.parametrize(("in_a_row", "waits"), [(2, False), (3, True)])
def test_after_three_in_a_row_nobody_asks_until_the_pause_is_over(in_a_row: int, waits: bool) -> None:
    async def work() -> float:
        slots, loop = Slots(8), asyncio.get_running_loop()
        for _ in range(in_a_row):
            slots.turned_away(0.05)
        began = loop.time()
        await slots.take(0)
        return loop.time() - began

    waited = asyncio.run(work())
    assert (waited >= 0.05) is waits


def test_a_pause_ends_when_all_is_stopped() -> None:
    async def work() -> None:
        slots = Slots(8)
        for _ in range(3):
            slots.turned_away(60)
        waiting = asyncio.create_task(slots.take(0))
        await asyncio.sleep(0)
        slots.reopen()
        await asyncio.wait_for(waiting, 1)

    asyncio.run(work())


def limited(most: int, under_way: list[int]) -> Callable[[Call], Awaitable[Reply]]:
    """A provider that serves so many at a time and turns the others away."""

    async def answer(call: Call) -> Reply:
        under_way.append(len(under_way) and under_way[-1])
        under_way[-1] += 1
        now = under_way[-1]
        try:
            await asyncio.sleep(0.002)
            if now > most:
                raise Fault(Kind.rate, "slow down", retry_after=0.004)
            return await echo(call)
        finally:
            under_way.append(under_way[-1] - 1)

    return answer


def test_a_provider_with_a_limit_is_brought_to_it(gateway: Callable[..., Gateway]) -> None:
    under_way: list[int] = []
    door = Doorman(limited(4, under_way))
    served = gateway(door=door, concurrency=32, retries=50)
    replies = [reply for _, reply in served.run(asking(f"row {n}") for n in range(400))]
    assert all(reply.answered for reply in replies)
    at_first, later = max(under_way[: len(under_way) // 4]), max(under_way[len(under_way) // 2 :])
    assert at_first > 16
    assert later <= 8
    assert len(door.sent) < 2 * 400


def test_a_pause_leaves_the_slot_to_others(gateway: Callable[..., Gateway]) -> None:
    order: list[str] = []
    turned_away: set[str] = set()

    async def answer(call: Call) -> Reply:
        text = str(call.messages[-1]["content"])
        if text == "first" and text not in turned_away:
            turned_away.add(text)
            raise Fault(Kind.rate, "slow down", retry_after=0.05)
        order.append(text)
        return await echo(call)

    served = gateway(door=Doorman(answer), concurrency=1)
    list(served.run(asking(text) for text in ("first", "second", "third")))
    assert order == ["second", "third", "first"]
