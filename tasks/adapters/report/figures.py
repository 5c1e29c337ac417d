"""Which numbers and words of a cycle does MLflow keep? Metrics with their bounds, parameters, tags and small tables."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tasks.adapters.report.render import render_note
from tasks.domain.cycle import Cycle
from tasks.domain.estimate import Estimate
from tasks.domain.hashing import content_hash
from tasks.domain.verdict import Accounting

HEADLINES = ("production_pass_rate", "production_change", "benchmark_pass_rate", "benchmark_production_gap")
COLUMNS = (
    *(f"metrics.`{name}`" for name in ("pass_rate", "pass_rate_low", "pass_rate_high", "production_change")),
    *(f"metrics.`{name}`" for name in ("benchmark_production_gap", "delta", "cost_usd")),
    *(f"tags.`{name}`" for name in ("decision", "judge_trusted", "simulated")),
)
"""What the table of cycles shows, where MLflow would show none of it."""
CHARTS = ("pass_rate", "benchmark_production_gap", "delta", "failures", "model_calls", "cost_usd")
"""What the charts of the cycles begin with, where MLflow would begin with the first of the alphabet."""
VIEW = "cycles"
"""The saved view in an address: `#/experiments/1/runs?workflowType=machine_learning&viewStateShareKey=cycles`."""
LONGEST = 5_000
"""Characters of a tag or a parameter: MLflow refuses more than 6,000."""


def named_estimates(cycle: Cycle) -> dict[str, Estimate]:
    """Every estimate of the cycle by its name in MLflow.

    The headlines have plain names, so that a lead finds them; the rest stands in groups, which MLflow folds and sorts
    behind them.
    """
    found = {}
    if "production_pass_rate" in cycle.estimates:
        found["pass_rate"] = cycle.estimates["production_pass_rate"]
    for name, estimate in cycle.estimates.items():
        found[name if name in HEADLINES else f"within_criterion/{plain(name)}"] = estimate
    if (comparison := cycle.comparison) is not None:
        found["delta"] = comparison.delta
        found["versus_current/pass_rate"] = comparison.candidate_rate
        found["versus_current/current_pass_rate"] = comparison.current_rate
        if comparison.synthetic is not None:
            found["versus_current/delta_synthetic"] = comparison.synthetic.delta
        found |= {f"versus_current/delta_{plain(name)}": each for name, each in comparison.criteria.items()}
    for trust in cycle.trust:
        found[f"trust/kappa_{plain(trust.criterion)}"] = trust.kappa
        found[f"trust/human_ceiling_{plain(trust.criterion)}"] = trust.human_ceiling
    return found


def cycle_metrics(cycle: Cycle) -> dict[str, float]:
    """The numbers of a cycle: each estimate with `_low`, `_high` and `_n`, each table's accounting, and the cost.

    The accounting of each criterion is in the table `accounting`, among the run's files.
    """
    found: dict[str, float] = {}
    for name, estimate in named_estimates(cycle).items():
        bounds = {"": estimate.value, "_low": estimate.low, "_high": estimate.high}
        found |= {f"{name}{ending}": value for ending, value in bounds.items() if value is not None}
        found[f"{name}_n"] = estimate.n
    for table, accounting in cycle.accounting.items():
        if not table.endswith(tuple(f"_{criterion}" for criterion in cycle.judge)):
            found |= accounting_metrics(f"rows/{plain(table)}_", accounting)
    found |= {
        "model_calls": cycle.model_calls,
        "cost_usd": cycle.cost_usd,
        "seconds": sum(step.seconds for step in cycle.steps.values()),
        "failures": sum(group.count for group in cycle.failures),
        "training_rows": cycle.training_rows,
        "preference_rows": cycle.preference_rows,
        "quarantined": sum(cycle.quarantined.values()),
    }
    return {name: round(float(value), 6) for name, value in found.items() if math.isfinite(value)}


def accounting_metrics(prefix: str, accounting: Accounting) -> dict[str, float]:
    """The counts of one table; judged, abstained, failed and skipped add up to n."""
    return {f"{prefix}{name}": getattr(accounting, name) for name in Accounting.model_fields}


def plain(text: str) -> str:
    """The text as a part of a name that MLflow takes: a slash would open a group."""
    return re.sub(r"[^\w\-. ]", "_", text).lstrip(".")[:200]


def cycle_parameters(cycle: Cycle) -> dict[str, str]:
    """What went into a cycle: its hashes, and the few settings that a reader asks for."""
    judges = {f"judge_{criterion}": judge for criterion, judge in cycle.judge.items()}
    settings = {"gate": cycle.gate, "judge_model": cycle.judge_model}
    window = {"window_since": cycle.window.since, "window_until": cycle.window.until}
    margin = {} if cycle.comparison is None else {"margin": str(cycle.comparison.margin)}
    found = {**judges, **settings, **window, **margin, **cycle.parameters}
    return {plain(name) or "_": value[:LONGEST] for name, value in found.items() if value}


def cycle_tags(cycle: Cycle) -> dict[str, str]:
    """What a lead filters by, and the note that stands at the top of the run."""
    compared = cycle.comparison
    candidate = {} if compared is None else {"candidate": compared.candidate, "decision": compared.decision}
    return {
        "cycle_id": cycle.cycle_id,
        "cycle_content": substance(cycle),
        "workspace": cycle.workspace,
        "simulated": "yes" if cycle.simulated else "no",
        "judge_trusted": "yes" if cycle.trusted else "no labels yet",
        "mlflow.note.content": render_note(cycle)[:LONGEST],
        "mlflow.source.name": "flywheel",
        "mlflow.source.type": "JOB",
        "current": cycle.current,
        **candidate,
    }


def experiment_tags() -> dict[str, str]:
    """What makes an experiment read as a list of cycles: its kind, and a saved view of the figures that count.

    The view is what MLflow's own "Save view" writes. A version of MLflow that does not know it leaves it out.
    """
    section = {"uuid": "headlines", "name": "Headlines", "display": True, "isReordered": True}
    chart = {"type": "BAR", "runsCountToCompare": 30, "metricSectionId": "headlines", "deleted": False}
    state = {
        "orderByKey": "attributes.start_time",
        "orderByAsc": False,
        "selectedColumns": COLUMNS,
        "compareRunSections": [section],
        "compareRunCharts": [{**chart, "uuid": name, "metricKey": name, "isGenerated": False} for name in CHARTS],
        "isAccordionReordered": True,
    }
    view = {"name": "Cycles", "createdAt": 0, "updatedAt": 0, "state": json.dumps(state)}
    return {
        "mlflow.experimentKind": "custom_model_development",
        "mlflow.note.content": "One run a cycle, one nested run a step. Choose Views, then Cycles.",
        f"mlflow.sharedViewState.{VIEW}": json.dumps(view),
    }


def substance(cycle: Cycle) -> str:
    """The hash of what a cycle says of the product: equal for a repetition, whatever that cost."""
    effort = {"steps", "model_calls", "cost_usd"}
    return content_hash({name: getattr(cycle, name) for name in Cycle.model_fields if name not in effort})


def cycle_tables(cycle: Cycle) -> dict[str, pl.DataFrame]:
    """The figures as tables: every estimate with its interval, n and method, and where all rows of each table ended."""
    estimates = pl.DataFrame(
        [{"figure": name} | each.model_dump() for name, each in _all_estimates(cycle)],
        schema={"figure": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64}
        | {"level": pl.Float64, "n": pl.Int64, "method": pl.String, "why": pl.String},
    )
    accounting = pl.DataFrame(
        [{"table": name} | each.model_dump() for name, each in cycle.accounting.items()],
        schema={"table": pl.String} | dict.fromkeys(Accounting.model_fields, pl.Int64),
    )
    return {"estimates": estimates, "accounting": accounting}


def _all_estimates(cycle: Cycle) -> Iterator[tuple[str, Estimate]]:
    yield from named_estimates(cycle).items()
    for each in cycle.comparison.strata if cycle.comparison else ():
        yield f"versus_current/delta in {each.stratum}", each.delta
    for group in cycle.failures:
        yield f"failures/{group.criterion} in {group.stratum}", group.share


def readable(frame: pl.DataFrame, *, rows: int, characters: int) -> Mapping[str, list[Any]]:
    """The first rows as plain columns, long texts cut: what a person can read in a browser."""
    head = frame.head(rows).with_columns(pl.col(pl.String).str.slice(0, characters))
    return {name: head.get_column(name).to_list() for name in head.columns}
