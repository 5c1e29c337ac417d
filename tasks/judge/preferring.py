"""How do the outputs of two systems compare, pair by pair, and how much of it is the order in which they stood?"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict

from tasks.adapters.context import Context
from tasks.adapters.queries import query
from tasks.domain.artifact import Artifact, StepResult
from tasks.domain.judge import Judge
from tasks.judge.pairs import CANDIDATE, CURRENT, TIE, Pair, comparing, favoured_place, preference_row, preferences
from tasks.stats.position import Position, position_bias

PREFERENCE = pl.Schema(
    {
        "item_id": pl.String,
        "judge": pl.String,
        "criterion": pl.String,
        "value": pl.String,
        "forward": pl.String,
        "backward": pl.String,
        "consistent": pl.Boolean,
        "critique": pl.String,
        "critique_backward": pl.String,
        "unscored_reason": pl.String,
        "status": pl.String,
        "cost_usd": pl.Float64,
        "latency_ms": pl.Float64,
        "rubric_hash": pl.String,
        "call_key": pl.String,
        "call_key_backward": pl.String,
    }
)
"""One preference: current, candidate, tie, or null where `unscored_reason` says why.

`forward` and `backward` are whom each order named; `consistent` is null where nobody was asked, or not twice with
success. Cost and latency are of both calls.
"""


class Preferences(BaseModel):
    """What a judge's preferences came to. Wins are the candidate's; wins + losses + ties + unscored are all pairs.

    Ties hold the pairs that the order decided (`position.flips`) and those whose outputs are the same text (`same`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    wins: int
    losses: int
    ties: int
    unscored: int
    same: int
    position: Position


def prefer_outputs(context: Context, *, current: Artifact, candidate: Artifact, judge: Judge) -> StepResult:
    """Step: which output of each pair the judge prefers. A pair that lacks one is skipped."""
    rows = context.store.sql(query("judge/output_pairs"), {"current_outputs": current, "candidate_outputs": candidate})
    pairs = (
        Pair(row["item_id"], json.loads(row["messages"]), row["current_output"], row["candidate_output"])
        for row in rows.iter_rows(named=True)
    )
    by = comparing(judge).hash
    found, calls, cost = [], 0, 0.0
    for pair, preference in preferences(pairs, judge, context.gateway(), context.address(judge.api_base)):
        found.append(preference_row(pair.row, preference, judge, by=by))
        fresh = [each.reply for each in preference.answers.values() if not each.reply.cached]
        calls += sum(reply.requests for reply in fresh)
        cost += sum(reply.spent_usd for reply in fresh)
        context.progress(len(found), rows.height)
    table = pl.DataFrame(found, schema=PREFERENCE)
    unsettled = table.filter(pl.col("status").is_in(["failed", "skipped"]), pl.col("call_key").is_not_null())
    return StepResult(
        tables={"preferences": context.store.write(table)},
        settled=unsettled.is_empty(),
        model_calls=calls,
        cost_usd=cost,
    )


def preferences_in_all(rows: Iterable[Mapping[str, Any]]) -> Preferences:
    """What rows of preferences came to; `cluster` says which belong together, each its own where there is none."""
    values: Counter[str | None] = Counter()
    same = 0
    favoured: list[int] = []
    clusters: list[str] = []
    for row in rows:
        values[row["value"]] += 1
        if row["forward"] and row["backward"]:
            favoured.append(favoured_place(row["forward"], row["backward"]))
            clusters.append(str(row.get("cluster") or row["item_id"]))
        same += row["value"] is not None and row["forward"] is None
    return Preferences(
        wins=values[CANDIDATE],
        losses=values[CURRENT],
        ties=values[TIE],
        unscored=values[None],
        same=same,
        position=position_bias(favoured, clusters),
    )
