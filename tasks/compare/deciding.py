"""May the candidate take over? The gate's decision on one criterion, the others beside it."""

import json

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.queries import query
from tasks.domain.artifact import Artifact
from tasks.domain.estimate import Estimate
from tasks.judge.rates import window_rate
from tasks.stats.paired import Decision, decide

DECIDED = pl.Schema({"criterion": pl.String, "decision": pl.String, "current": pl.String, "candidate": pl.String})
"""One criterion: the decision, and both systems' pass rates, each as JSON."""


def compare_systems(
    context: Context,
    *,
    requests: Artifact,
    current: tuple[Artifact, ...],
    candidate: tuple[Artifact, ...],
    margin: float,
) -> dict[str, Artifact]:
    """Step: for each criterion the decision between two systems on the same requests, by tenant and by stratum."""
    pairs = context.store.sql(
        query("compare/judged_pairs"),
        {"requests": requests, "current_verdicts": current, "candidate_verdicts": candidate},
    )
    rows = [
        {
            "criterion": criterion,
            "decision": decide_pairs(judged, margin).model_dump_json(),
            "current": window_rate(judged.rename({"current": "passed"})).model_dump_json(),
            "candidate": window_rate(judged.rename({"candidate": "passed"})).model_dump_json(),
        }
        for (criterion,), judged in pairs.group_by("criterion", maintain_order=True)
    ]
    return {"decision": context.store.write(pl.DataFrame(rows, schema=DECIDED))}


def decide_pairs(pairs: pl.DataFrame, margin: float) -> Decision:
    """The decision on one criterion's pairs: columns current, candidate (1, 0 or null), cluster, stratum, weight."""
    sides = {name: pairs[name].cast(pl.Float64).fill_null(float("nan")).to_numpy() for name in ("current", "candidate")}
    return decide(
        sides["current"],
        sides["candidate"],
        pairs["cluster"].to_numpy(),
        stratum=pairs["stratum"].to_numpy(),
        weight=pairs["weight"].to_numpy(),
        margin=margin,
    )


def read_decisions(table: pl.DataFrame) -> dict[str, tuple[Decision, Estimate, Estimate]]:
    """By criterion: the decision, the current system's pass rate and the candidate's."""
    return {
        row["criterion"]: (
            Decision.model_validate_json(row["decision"]),
            Estimate(**json.loads(row["current"])),
            Estimate(**json.loads(row["candidate"])),
        )
        for row in table.iter_rows(named=True)
    }
