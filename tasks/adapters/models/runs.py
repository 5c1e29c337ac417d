"""How do many calls flow at once? Pulled in the caller's thread, made in the background, handed out as they end."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from queue import SimpleQueue
from typing import Any, Self

from tasks.adapters.models.background import background_loop
from tasks.adapters.models.cache import LEASE_SECONDS
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.exchange import Exchange, Repair, unusable
from tasks.adapters.models.replies import Parse, Unscored
from tasks.domain.verdict import Status


@dataclass(frozen=True)
class Tally:
    """What calls came to. rows = cached + sent + skipped; `failed` are among the first two."""

    rows: int = 0
    cached: int = 0
    sent: int = 0
    failed: int = 0
    skipped: int = 0
    requests: int = 0
    """What reached a provider, further attempts and repairs included."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0

    @classmethod
    def of(cls, reply: Reply, parsed: object) -> Self:
        """One row's end."""
        status = parsed.status if isinstance(parsed, Unscored) else reply.status
        skipped, failed = status is Status.skipped, status is Status.failed
        if reply.cached:
            return cls(rows=1, cached=1, failed=int(failed))
        return cls(
            rows=1,
            sent=int(not skipped),
            failed=int(failed),
            skipped=int(skipped),
            requests=reply.requests,
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            cost_usd=reply.cost_usd or 0.0,
        )

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, part.name) + getattr(other, part.name) for part in fields(self)))

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, part.name) - getattr(other, part.name) for part in fields(self)))


@dataclass(frozen=True)
class Run:
    """One stream of calls. `window` bounds how many are held at a time, so memory does not grow with their number."""

    exchange: Exchange
    parse: Parse[Any]
    repair: Repair | None
    window: int

    def stream(self, calls: Iterable[Call]) -> Iterator[tuple[Call, Reply, Any]]:
        """Every call once, in the order in which they end, with its reply and what `parse` read in it.

        A kept reply never leaves the caller's thread. Calls that are the same share one request: the first brings the
        reply, the others have it as cached.
        """
        waiting: dict[str, list[Call]] = {}
        failed: dict[str, tuple[Reply, Any]] = {}
        with self.exchange.cache.owner() as owner, _Background(self, owner) as background:
            for call in calls:
                if call.key in failed:
                    yield call, *failed[call.key]
                elif call.key in waiting:
                    waiting[call.key].append(call)
                else:
                    kept = self.exchange.cache.reply(call.key)
                    parsed = None if kept is None else self.parse(call, kept)
                    if kept is not None and not unusable(parsed):
                        yield call, kept, parsed
                        continue
                    if (stop := self.exchange.stops.of(call)) is not None:
                        yield call, Reply.none(Status.skipped, stop), Unscored(stop, Status.skipped)
                        continue
                    background.submit(call, anew=kept is not None)
                    waiting[call.key] = [call]
                while sum(map(len, waiting.values())) >= self.window or background.ready():
                    yield from self._ended(background, waiting, failed)
            while waiting:
                yield from self._ended(background, waiting, failed)

    def _ended(
        self, background: "_Background", waiting: dict[str, list[Call]], failed: dict[str, tuple[Reply, Any]]
    ) -> Iterator[tuple[Call, Reply, Any]]:
        """The next call to end, and those that are the same. A failure is remembered for those still to come."""
        key, reply, parsed = background.next()
        first, *others = waiting.pop(key)
        shared = replace(reply, cached=reply.status is not Status.skipped)
        if unusable(parsed) and parsed.status is Status.failed:
            failed[key] = shared, parsed
        yield first, reply, parsed
        for call in others:
            yield call, shared, parsed if isinstance(parsed, Unscored) else self.parse(call, shared)


class _Background:
    """The calls of one run that are under way, as tasks of the background loop. Leaving it cancels what is left."""

    def __init__(self, run: Run, owner: str) -> None:
        self._run = run
        self._owner = owner
        self._results: SimpleQueue[tuple[str, Reply, Any] | BaseException] = SimpleQueue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def submit(self, call: Call, *, anew: bool) -> None:
        """Starts a call. The provider's library is loaded in the caller's thread: the loop never stands still."""
        exchange = self._run.exchange
        exchange.door.open(call, exchange.prices.price(call.model))
        if self._loop is None:
            self._loop = background_loop()
            self._loop.call_soon_threadsafe(self._begin, self._renew())
        self._loop.call_soon_threadsafe(self._begin, self._reply(call, anew))

    def ready(self) -> bool:
        return not self._results.empty()

    def next(self) -> tuple[str, Reply, Any]:
        """The next result, waited for. Raises what broke a call, which only a fault of ours or of the cache can."""
        result = self._results.get()
        if isinstance(result, BaseException):
            raise result
        return result

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._cancel(), self._loop).result()

    def _begin(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, call: Call, anew: bool) -> None:
        try:
            reply, parsed = await self._run.exchange.reply(
                call, self._owner, self._run.parse, self._run.repair, anew=anew
            )
        except Exception as error:  # raised again in the caller's thread
            self._results.put(error)
        else:
            self._results.put((call.key, reply, parsed))

    async def _renew(self) -> None:
        try:
            while True:
                await asyncio.sleep(LEASE_SECONDS / 3)
                self._run.exchange.cache.renew(self._owner)
        except Exception as error:  # raised again in the caller's thread
            self._results.put(error)

    async def _cancel(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
