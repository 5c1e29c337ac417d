"""How many requests may be under way at one address? As many as were asked for, fewer while it says `slow down`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from types import TracebackType
from typing import Self

GIVEN_BACK = 0.25
"""Of a slot, for each answer: where more than one request in five is turned away, the number falls."""
IN_A_ROW = 3
"""So many turned away without an answer between, and nobody asks until the provider's pause is over."""


class Slots:
    """The slots of one address, for one event loop.

    A request that is turned away takes a slot from the number, at least one stays; an answer gives a part of one back.
    So the number settles where few are turned away. Rows are served in their order: one that was turned away goes
    before those that have not begun.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.busy = 0
        self._allowed = float(most)
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._turn = 0
        self._turned_away = 0
        self._shut_until = 0.0

    @property
    def allowed(self) -> int:
        """How many requests may be under way now."""
        return int(self._allowed)

    def turned_away(self, seconds: float) -> None:
        """A request was turned away, to come back after some seconds."""
        self._allowed = max(1.0, self._allowed - 1.0)
        self._turned_away += 1
        if self._turned_away >= IN_A_ROW:
            loop = asyncio.get_running_loop()
            self._shut_until = max(self._shut_until, loop.time() + seconds)
            loop.call_at(self._shut_until, self._serve)

    def answered(self) -> None:
        self._allowed = min(float(self.most), self._allowed + GIVEN_BACK)
        self._turned_away = 0
        self._serve()

    def reopen(self) -> None:
        """Ends a pause: nobody is going to ask any more, and whoever waits is to be told."""
        self._shut_until = 0.0
        self._serve()

    def seat(self, order: int) -> "Seat":
        """A slot to enter with `async with`; a lower `order` is served first."""
        return Seat(self, order)

    async def take(self, order: int) -> None:
        """Waits for a slot."""
        if self._free and not self._waiting:
            self.busy += 1
            return
        served: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turn += 1
        heappush(self._waiting, (order, self._turn, served))
        try:
            await served
        except asyncio.CancelledError:
            if served.done() and not served.cancelled():
                self.free()
            raise

    def free(self) -> None:
        """Gives a slot back."""
        self.busy -= 1
        self._serve()

    @property
    def _free(self) -> bool:
        return self.busy < self.allowed and asyncio.get_running_loop().time() >= self._shut_until

    def _serve(self) -> None:
        while self._waiting and self._free:
            *_, served = heappop(self._waiting)
            if not served.done():
                self.busy += 1
                served.set_result(None)


class Seat:
    """One row's slot: held while a request is under way, given to others while the row waits to try again."""

    def __init__(self, slots: Slots, order: int) -> None:
        self._slots = slots
        self._order = order
        self._held = False

    async def __aenter__(self) -> Self:
        await self._slots.take(self._order)
        self._held = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    @asynccontextmanager
    async def left(self) -> AsyncIterator[None]:
        """Lets others have the slot inside the block, and waits for one again at its end."""
        self._leave()
        yield
        await self._slots.take(self._order)
        self._held = True

    def turned_away(self, seconds: float) -> None:
        """The provider wants fewer requests, and this one after some seconds."""
        self._slots.turned_away(seconds)

    def answered(self) -> None:
        """The provider takes this many."""
        self._slots.answered()

    def _leave(self) -> None:
        if self._held:
            self._held = False
            self._slots.free()
