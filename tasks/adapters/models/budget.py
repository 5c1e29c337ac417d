"""May another call start? Money by the UTC day, shared by all processes, and calls by the run: both hard."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.prices import PriceList, PricePerMillion
from tasks.adapters.queries import query

NANO = 1_000_000_000
"""Money is counted in billionths of a dollar: whole numbers add up."""


@dataclass(frozen=True)
class Budget:
    """What the user allows. None is no limit; 0 allows what costs nothing."""

    usd_per_day: float | None = None
    calls_per_run: int | None = None
    price_per_million: Mapping[str, PricePerMillion] = field(default_factory=dict)
    """The user's own prices by model or pattern; they go before the price map's. 0 for a model of one's own."""
    allow_unknown_cost: bool = False

    @property
    def prices(self) -> PriceList:
        return PriceList(per_million=tuple(self.price_per_million.items()), allow_unknown=self.allow_unknown_cost)


@dataclass(frozen=True)
class Reservation:
    """Money set aside for one request, on the day on which it starts."""

    day: str
    nano: int


@dataclass(frozen=True)
class Spending:
    """US dollars of one UTC day. `reserved` is the bound of requests under way, or killed before they were settled."""

    day: str
    settled_usd: float
    reserved_usd: float


class Ledger:
    """The account of each day in `calls.sqlite`."""

    def __init__(self, cache: CallCache, usd_per_day: float | None) -> None:
        self._database = cache.database
        self._clock = cache.clock
        self._limit = None if usd_per_day is None else round(usd_per_day * NANO)

    def reserve(self, usd: float) -> Reservation | None:
        """Sets the bound of a request aside. None where the day's limit does not allow it."""
        amount = -int(-usd * NANO // 1)
        reservation = Reservation(self.today, amount)
        if amount == 0:
            return reservation
        with self._database.transaction():
            self._database.change(query("models/open_day"), day=reservation.day)
            granted = self._database.change(
                query("models/reserve"), day=reservation.day, amount=amount, day_limit=self._limit
            )
        return reservation if granted else None

    def settle(self, reservation: Reservation, usd: float | None) -> None:
        """Turns a reservation into what the request did cost; None, when nobody can tell, is its whole bound."""
        if reservation.nano == 0:
            return
        cost = reservation.nano if usd is None else round(usd * NANO)
        self._database.change(query("models/settle"), day=reservation.day, amount=reservation.nano, cost=cost)

    def spending(self) -> Spending:
        """What today has cost so far."""
        rows = self._database.rows(query("models/spent"), day=self.today) or [(0, 0)]
        settled, reserved = rows[0]
        return Spending(self.today, settled / NANO, reserved / NANO)

    @property
    def today(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).date().isoformat()
