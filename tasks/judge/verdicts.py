"""How does a stream of items become a table of verdicts? In the items' order, each once, in constant memory."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tasks.adapters.models.call import Call
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.models.replies import Answer
from tasks.adapters.tables import Row
from tasks.domain.estimate import Estimate
from tasks.domain.judge import Judge
from tasks.domain.verdict import Accounting, Status, Verdict
from tasks.judge.asking import Question, judge_calls, reading, verdict_of
from tasks.judge.items import Item

COLUMNS = (
    "item_id",
    "judge",
    "criterion",
    "value",
    "critique",
    "unscored_reason",
    "status",
    "cost_usd",
    "latency_ms",
    "rubric_hash",
    "call_key",
)
"""Of a verdict. `value` is null exactly where `unscored_reason` says why; `cluster`, `stratum`, `run` may follow."""


def item_calls(items: Iterable[Item], judge: Judge, repeat: int = 1) -> Iterator[Call]:
    """The calls that judging the items takes."""
    return judge_calls(_questions(items, repeat), judge, judge.api_base)


def item_verdicts(items: Iterable[Item], judge: Judge, gateway: Gateway, repeat: int = 1) -> Generator[Row, None, None]:
    """Each item's verdict, or `repeat` of them, in the order of the items.

    A row waits here only while an earlier one is under way.
    """
    order = _Order(judge, repeat)
    calls = judge_calls(order.questions(items), judge, judge.api_base)
    for answer in gateway.ask(calls, reading(judge.criterion.scale)):
        order.put(answer)
        yield from order.ready()
    yield from order.ready()


@dataclass
class Summary:
    """What a judge's verdicts came to, counted as they pass."""

    repeat: int = 1
    statuses: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    flips: list[float] = field(default_factory=list)
    """1 for each item on which the judge contradicts itself, 0 for others that it judged at least twice."""
    clusters: list[str] = field(default_factory=list)
    _runs: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Counts a row. An item's repetitions come one after the other."""
        self.statuses[row["status"]] += 1
        if row["status"] in (Status.failed, Status.skipped):
            self.reasons[row["unscored_reason"]] += 1
        if row["value"] is not None:
            self.values[row["value"]] += 1
            self._runs.append(row["value"])
        if row["run"] == self.repeat - 1:
            if len(self._runs) > 1:
                self.flips.append(float(len(set(self._runs)) > 1))
                self.clusters.append(str(row.get("cluster") or row["item_id"]))
            self._runs.clear()

    @property
    def accounting(self) -> Accounting:
        return Accounting(n=self.statuses.total(), **self.statuses)

    @property
    def flip_rate(self) -> Estimate:
        """The share of items on which the judge contradicts itself."""
        from tasks.stats.survey import share_by_cluster

        return share_by_cluster(self.flips, self.clusters, nothing="no item was judged twice")


def _questions(items: Iterable[Item], repeat: int) -> Iterator[Question]:
    for item in items:
        if item.output is not None:
            yield from (Question(item.item_id, item.messages, item.output, run) for run in range(repeat))


class _Order:
    """Puts verdicts, which end in any order, back into the order of their items."""

    def __init__(self, judge: Judge, repeat: int) -> None:
        self._judge = judge
        self._repeat = repeat
        self._places: dict[tuple[str, int], tuple[int, Item]] = {}
        self._rows: dict[int, Row] = {}
        self._next = self._last = 0

    def questions(self, items: Iterable[Item]) -> Iterator[Question]:
        for item in items:
            for run in range(self._repeat):
                place, self._last = self._last, self._last + 1
                if item.output is None:
                    verdict = Verdict.unscored("there is no output", Status.skipped)
                    self._rows[place] = self._row(item, run, verdict, None)
                else:
                    self._places[item.item_id, run] = place, item
                    yield Question(item.item_id, item.messages, item.output, run)

    def put(self, answer: Answer[dict[str, Any]]) -> None:
        run = answer.call.replicate
        place, item = self._places.pop((str(answer.call.row), run))
        self._rows[place] = self._row(item, run, verdict_of(answer), answer)

    def ready(self) -> Iterator[Row]:
        while self._next in self._rows:
            yield self._rows.pop(self._next)
            self._next += 1

    def _row(self, item: Item, run: int, verdict: Verdict, answer: Answer[dict[str, Any]] | None) -> Row:
        return {
            "item_id": item.item_id,
            "judge": self._judge.name,
            "criterion": self._judge.criterion.name,
            "value": verdict.value,
            "critique": verdict.critique,
            "unscored_reason": verdict.unscored_reason,
            "status": verdict.status.value,
            "cost_usd": answer.reply.cost_usd if answer else None,
            "latency_ms": answer.reply.latency_ms if answer else None,
            "rubric_hash": self._judge.criterion.rubric_hash,
            "call_key": answer.call.key if answer else None,
            "run": run,
            **item.carried,
        }
