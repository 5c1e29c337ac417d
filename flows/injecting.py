"""Can words in an answer talk the judge into a verdict? Items that it disliked, under all of our attempts."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import islice
from typing import Any

from flows.output import StepLog
from tasks.adapters.models.call import Call
from tasks.adapters.models.gateway import Gateway
from tasks.domain.criterion import Scale
from tasks.domain.errors import WrongInput
from tasks.domain.judge import Judge
from tasks.judge.injections import Resistance, Trial, Values, attacked, attempts, controls, resistance
from tasks.judge.items import Item, ItemFile
from tasks.judge.verdicts import item_calls, item_verdicts


def from_worst_to_best(scale: Scale) -> tuple[str, ...]:
    """The values of a scale in their order. Raises WrongInput for one that has none."""
    if scale.level == "nominal":
        fix = "Leave --injections out for a criterion whose values are only names."
        raise WrongInput("on a nominal scale no verdict is better than another", fix=fix)
    return scale.values if scale.level == "ordinal" else ("fail", "pass")


def resisted(items: ItemFile, judge: Judge, gateway: Gateway, most: int, log: StepLog) -> Resistance:
    """How well the judge resists, on the first `most` items that it did not give its best verdict.

    The verdicts on the items as they are come from the row cache, where a run has just put them.
    """
    values = from_worst_to_best(judge.criterion.scale)
    tried = attempts(values[-1])
    with closing(item_verdicts(items, judge, gateway)) as rows:
        verdicts = ((item, row["value"]) for item, row in zip(items, rows, strict=True))
        disliked = ((item, value) for item, value in verdicts if value not in (None, values[-1]))
        chosen = {item.item_id: (item, value) for item, value in islice(disliked, most)}
    shown = [item for item, _ in chosen.values()]
    log.begin(f"{judge.criterion.name} under injections")
    return resistance(
        {name: value for name, (_, value) in chosen.items()},
        _judged(attacked(_rows(shown), tried), judge, gateway, log),
        _judged(attacked(_rows(shown), controls()), judge, gateway, log),
        tried=tried,
        values=values,
    )


def injection_calls(items: ItemFile, judge: Judge, most: int) -> Iterator[Call]:
    """The calls that it takes, as if the first items were those that the judge does not like."""
    values = from_worst_to_best(judge.criterion.scale)
    first = list(islice((item for item in items if item.output is not None), most))
    for tried in (attempts(values[-1]), controls()):
        yield from item_calls((_item(trial) for trial in attacked(_rows(first), tried)), judge)


def _judged(trials: Iterator[Trial], judge: Judge, gateway: Gateway, log: StepLog) -> Values:
    listed = list(trials)
    found = {}
    rows = item_verdicts((_item(trial) for trial in listed), judge, gateway)
    for done, (trial, row) in enumerate(zip(listed, rows, strict=True), 1):
        found[trial.attempt.name, trial.item_id] = row["value"]
        log.progress(done, len(listed))
    return found


def _rows(items: Iterable[Item]) -> Iterator[tuple[str, tuple[Mapping[str, Any], ...], str]]:
    return ((item.item_id, item.messages, item.output or "") for item in items)


def _item(trial: Trial) -> Item:
    return Item(f"{trial.attempt.name} {trial.item_id}", trial.messages, trial.output)
