"""What would the steps of a run ask? A gateway that answers from its cache alone, and adds up what it skips."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.dry_run import DryRun
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.models.replies import Answer, Parse, Unscored
from tasks.domain.verdict import Status

T = TypeVar("T")
BATCH = 200
NOT_ASKED = Unscored("a dry run asks no model", Status.skipped)


class DryGateway(Gateway):
    """Takes the place of a gateway in a dry run. `planned` is the sum over all that was asked of it."""

    planned = DryRun(rows=0, cached=0, calls=0, cost_usd=0.0, cost_usd_at_most=0.0, minutes=0.0)

    def ask(self, calls: Iterable[Call], parse: Parse[T], **_: Any) -> Iterator[Answer[T]]:
        """Each call with what the cache has of it; the others are skipped and counted."""
        stream = iter(calls)
        while batch := list(islice(stream, BATCH)):
            self.planned = _sum(self.planned, self.estimate(batch))
            for call in batch:
                reply = self.cache.reply(call.key)
                if reply is None:
                    yield Answer.of(call, Reply.none(Status.skipped, NOT_ASKED.reason), NOT_ASKED)
                else:
                    yield Answer.of(call, reply, parse(call, reply))


def _sum(left: DryRun, right: DryRun) -> DryRun:
    return DryRun(
        rows=left.rows + right.rows,
        cached=left.cached + right.cached,
        calls=left.calls + right.calls,
        cost_usd=_money(left.cost_usd, right.cost_usd),
        cost_usd_at_most=_money(left.cost_usd_at_most, right.cost_usd_at_most),
        minutes=left.minutes + right.minutes,
    )


def _money(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left + right
