"""May another request start? Calls, tokens and money, by the UTC day for all processes and by the run: all hard."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.prices import PriceList, PricePerMillion
from tasks.adapters.queries import query

NANO = 1_000_000_000
"""Money is counted in billionths of a dollar: whole numbers add up."""


LIMITS = tuple(f"{unit}_per_{period}" for unit in ("usd", "calls", "tokens") for period in ("day", "run"))
"""The names of the limits, here, in `flywheel.toml` and as options."""


@dataclass(frozen=True)
class Budget:
    """What the user allows. None is no limit; 0 dollars allow what costs nothing.

    A call is one request to a provider; further attempts and repairs count as well. Tokens are those of the prompt and
    of the completion. A day is a UTC day, over all processes that share a row cache.
    """

    usd_per_day: float | None = None
    usd_per_run: float | None = None
    calls_per_day: int | None = None
    calls_per_run: int | None = None
    tokens_per_day: int | None = None
    tokens_per_run: int | None = None
    price_per_million: Mapping[str, PricePerMillion] = field(default_factory=dict)
    """The user's own prices by model or pattern; they go before the price map's. 0 for a model of one's own."""
    allow_unknown_cost: bool = False

    @property
    def prices(self) -> PriceList:
        return PriceList(per_million=tuple(self.price_per_million.items()), allow_unknown=self.allow_unknown_cost)


@dataclass(frozen=True)
class Amount:
    """What requests take, or may take at most."""

    calls: int = 0
    tokens: int = 0
    nano: int = 0

    @classmethod
    def of(cls, tokens: int, usd: float) -> "Amount":
        """Of one request; a fraction of a billionth of a dollar counts as a whole one."""
        return cls(1, tokens, -int(-usd * NANO // 1))

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.calls + other.calls, self.tokens + other.tokens, self.nano + other.nano)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.calls - other.calls, self.tokens - other.tokens, self.nano - other.nano)


@dataclass(frozen=True)
class Limits:
    """The most of each that one day or one run may take; None is no limit."""

    calls: int | None
    tokens: int | None
    nano: int | None

    def refusing(self, used: Amount, bound: Amount) -> str | None:
        """Which of the limits does not allow a bound on top of what is used. What takes nothing is always allowed."""
        for part in fields(self):
            limit, wanted = getattr(self, part.name), getattr(bound, part.name)
            if limit is not None and wanted > 0 and getattr(used, part.name) + wanted > limit:
                return part.name
        return None


@dataclass(frozen=True)
class Reservation:
    """What is set aside for one request, on the day on which it starts."""

    day: str
    amount: Amount
    recorded: bool
    """Whether other processes see it."""


@dataclass(frozen=True)
class Refusal:
    """A limit that does not allow another request: its name in the settings, and where it stands."""

    limit: str
    allowed: float
    used: float
    reserved: float
    wanted: float
    day: str


@dataclass(frozen=True)
class Spending:
    """What one UTC day took. What is reserved is the bound of requests under way, or killed before they settled."""

    day: str
    settled: Amount
    reserved: Amount

    @property
    def settled_usd(self) -> float:
        return self.settled.nano / NANO

    @property
    def reserved_usd(self) -> float:
        return self.reserved.nano / NANO


class Ledger:
    """The account of each day in `calls.sqlite`, and that of this run. Use it from one thread."""

    def __init__(self, cache: CallCache, budget: Budget) -> None:
        self._database = cache.database
        self._clock = cache.clock
        self._budget = budget
        self._day = Limits(budget.calls_per_day, budget.tokens_per_day, _nano(budget.usd_per_day))
        self._run = Limits(budget.calls_per_run, budget.tokens_per_run, _nano(budget.usd_per_run))
        self._settled = self._reserved = Amount()

    def reserve(self, bound: Amount) -> Reservation | Refusal:
        """Sets what a request takes at most aside, or says which limit does not allow it."""
        if (part := self._run.refusing(self._settled + self._reserved, bound)) is not None:
            return self._refusal(part, "run", self._settled, self._reserved, bound)
        recorded = bound.nano > 0 or self._day.calls is not None or self._day.tokens is not None
        reservation = Reservation(self.today, bound, recorded)
        if recorded and (refusal := self._recorded(reservation)) is not None:
            return refusal
        self._reserved += bound
        return reservation

    def settle(self, reservation: Reservation, took: Amount | None) -> None:
        """Turns a reservation into what the request did take; None, when nobody can tell, is its whole bound."""
        bound = reservation.amount
        took = bound if took is None else took
        self._reserved -= bound
        self._settled += took
        back = bound if reservation.recorded else Amount()
        self._database.change(
            query("models/settle"),
            day=reservation.day,
            calls=took.calls,
            tokens=took.tokens,
            nano=took.nano,
            reserved_calls=back.calls,
            reserved_tokens=back.tokens,
            reserved_nano=back.nano,
        )

    def spending(self) -> Spending:
        """What today has taken so far."""
        today = self.today
        rows = self._database.rows(query("models/spent"), day=today) or [(0,) * 6]
        return Spending(today, Amount(*rows[0][:3]), Amount(*rows[0][3:]))

    @property
    def today(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).date().isoformat()

    def _recorded(self, reservation: Reservation) -> Refusal | None:
        bound = reservation.amount
        with self._database.transaction():
            self._database.change(query("models/open_day"), day=reservation.day)
            spending = self.spending()
            part = self._day.refusing(spending.settled + spending.reserved, bound)
            if part is not None:
                return self._refusal(part, "day", spending.settled, spending.reserved, bound)
            self._database.change(
                query("models/reserve"), day=reservation.day, calls=bound.calls, tokens=bound.tokens, nano=bound.nano
            )
        return None

    def _refusal(self, part: str, period: str, settled: Amount, reserved: Amount, wanted: Amount) -> Refusal:
        unit = {"nano": "usd"}.get(part, part)
        name = f"{unit}_per_{period}"
        used, aside, more = (
            getattr(amount, part) / (NANO if part == "nano" else 1) for amount in (settled, reserved, wanted)
        )
        return Refusal(name, float(getattr(self._budget, name)), used, aside, more, self.today)


def _nano(usd: float | None) -> int | None:
    return None if usd is None else round(usd * NANO)
