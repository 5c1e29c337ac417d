"""How does a step get replies to its calls? It streams calls in, and each comes out once, with a reply or a reason."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from tasks.adapters.models.background import background_loop
from tasks.adapters.models.budget import Budget, Ledger, Spending
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.dry_run import DryRun, dry_run
from tasks.adapters.models.exchange import Exchange, Repair
from tasks.adapters.models.providers import Door, Doors
from tasks.adapters.models.replies import Answer, Parse, repair_call
from tasks.adapters.models.runs import Run, Tally
from tasks.adapters.models.stops import Stops

T = TypeVar("T")
OnReply = Callable[[Call, Reply], None]


class Gateway:
    """The one way to a model, for all steps of a run: row cache, budget, attempts, and where every row ended up.

    Call it from plain code, from a thread or from inside an event loop; it is the caller that waits. `providers` names
    the custom providers (prefix and register function) that the caller brings.
    """

    def __init__(
        self,
        cache: CallCache,
        budget: Budget = Budget(),  # noqa: B008 - frozen
        *,
        concurrency: int = 16,
        timeout: float = 60.0,
        retries: int = 4,
        backoff: float = 0.5,
        providers: Mapping[str, Callable[[], None]] | None = None,
        door: Door | None = None,
    ) -> None:
        """`timeout` and `backoff` are in seconds; `concurrency` is the most requests that one provider has at a time.
        One that is silent for ten times `backoff` is taken to be down.

        `door` leads to LiteLLM, or straight to an endpoint that speaks OpenAI's protocol, unless a test brings another.
        """
        self.cache = cache
        self.budget = budget
        self.concurrency = concurrency
        self._stops = Stops(patience=max(5, concurrency), seconds=10 * backoff)
        self._ledger = Ledger(cache, budget)
        self._exchange = Exchange(
            cache=cache,
            ledger=self._ledger,
            prices=budget.prices,
            door=Doors(providers or {}) if door is None else door,
            stops=self._stops,
            concurrency=concurrency,
            timeout=timeout,
            retries=retries,
            backoff=backoff,
        )
        self._tally = Tally()
        self._lock = threading.Lock()

    def run(self, calls: Iterable[Call], *, on_reply: OnReply | None = None) -> Iterator[tuple[Call, Reply]]:
        """Each call with its reply, as they end. Nothing is raised for a row: the reply has the reason."""
        for call, reply, _ in self._stream(calls, _anything, None, on_reply):
            yield call, reply

    def ask(
        self,
        calls: Iterable[Call],
        parse: Parse[T],
        *,
        repair: Repair | None = repair_call,
        on_reply: OnReply | None = None,
    ) -> Iterator[Answer[T]]:
        """Each call with what `parse` reads in its reply; an unusable reply gets one `repair`, and is not kept."""
        for call, reply, parsed in self._stream(calls, parse, repair, on_reply):
            yield Answer.of(call, reply, parsed)

    def estimate(self, calls: Iterable[Call]) -> DryRun:
        """What these calls would take. Asks no model."""
        return dry_run(calls, self.cache, self.budget.prices, concurrency=self.concurrency)

    @property
    def tally(self) -> Tally:
        """What all calls of this gateway came to; take the difference around a step."""
        return self._tally

    def spending(self) -> Spending:
        """What all processes spent today."""
        return self._ledger.spending()

    def interrupt(self) -> None:
        """Lets the calls under way end and starts no other; the rest are skipped. May be called from any thread."""
        background_loop().call_soon_threadsafe(self._stops.interrupt)

    def raise_if_stopped(self) -> None:
        """Raises why calls were skipped: Unfinished (a spent budget, a dead provider) or WrongInput (a missing key).

        Call it when the rows that did end are stored: what was done is kept, and the next run goes on from it.
        """
        if self._stops.errors:
            raise self._stops.errors[0]

    def _stream(
        self, calls: Iterable[Call], parse: Parse[Any], repair: Repair | None, on_reply: OnReply | None
    ) -> Iterator[tuple[Call, Reply, Any]]:
        run = Run(self._exchange, parse, repair, window=max(4 * self.concurrency, 64))
        for call, reply, parsed in run.stream(calls):
            with self._lock:
                self._tally += Tally.of(reply, parsed)
            if on_reply is not None:
                on_reply(call, reply)
            yield call, reply, parsed


def _anything(call: Call, reply: Reply) -> None:
    """Every answer will do."""
