"""May the candidate take over? The gate's decision on one criterion, the others beside it.

On a subjective criterion a pair counts for the side whose answer the judge prefers, whichever stands first, and only
where that answer passes by itself: an answer that is merely the better of two bad ones takes nothing over.
"""

import json
from typing import Any

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.queries import query
from tasks.domain.artifact import Artifact
from tasks.domain.estimate import Estimate
from tasks.judge.preferring import Preferences, preferences_in_all
from tasks.judge.rates import window_rate
from tasks.stats.paired import Decision, decide
from tasks.stats.wording import preferred_in_words

DECIDED = pl.Schema(
    {
        "criterion": pl.String,
        "decision": pl.String,
        "current": pl.String,
        "candidate": pl.String,
        "preference": pl.String,
    }
)
"""One criterion: the decision, both systems' pass rates, and on a subjective one the preferences, each as JSON."""


class Preferred(Preferences):
    """The preferences behind a decision: wins + losses = what the decision counts + failing and unscored winners.

    `failing_winners` were preferred and fail by themselves: they win nothing. `unscored_winners` have no verdict of
    their own, so their pairs are unscored.
    """

    failing_winners: int
    unscored_winners: int


def compare_systems(
    context: Context,
    *,
    requests: Artifact,
    current: tuple[Artifact, ...],
    candidate: tuple[Artifact, ...],
    margin: float,
    preferences: tuple[Artifact, ...] = (),
) -> dict[str, Artifact]:
    """Step: for each criterion the decision between two systems on the same requests, by tenant and by stratum.

    A criterion that has `preferences` is decided by them, with the verdicts beside them.
    """
    pairs = context.store.sql(
        query("compare/judged_pairs"),
        {"requests": requests, "current_verdicts": current, "candidate_verdicts": candidate},
    )
    preferred = _preferred_pairs(context, pairs, preferences)
    rows = [
        _decided(str(criterion), judged, preferred.get(str(criterion)), margin)
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


def decide_preferred(pairs: pl.DataFrame, margin: float) -> tuple[Decision, Preferred]:
    """The decision by preference: `advantage` is 1 for the candidate, -1 for the current one, 0 or null (unscored).

    `delta` is then the share of requests that the candidate wins less the share that it loses.
    """
    found = Preferred(
        **dict(preferences_in_all(pairs.iter_rows(named=True))),
        failing_winners=pairs["winner_passed"].eq(0.0).sum(),
        unscored_winners=pairs.filter(
            pl.col("value").is_in(["current", "candidate"]), pl.col("winner_passed").is_null()
        ).height,
    )
    sides = pairs.select(
        "cluster", "stratum", "weight", pl.lit(0.0).alias("current"), pl.col("advantage").alias("candidate")
    )
    decision = decide_pairs(sides, margin)
    told = preferred_in_words(found.position.flip_rate, found.failing_winners, found.unscored_winners)
    return decision.model_copy(update={"why": f"{decision.why} {told}"}), found


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


def read_preferences(table: pl.DataFrame) -> dict[str, Preferred]:
    """By subjective criterion: the preferences behind its decision."""
    return {
        row["criterion"]: Preferred.model_validate_json(row["preference"])
        for row in table.iter_rows(named=True)
        if row["preference"] is not None
    }


def _preferred_pairs(
    context: Context, pairs: pl.DataFrame, preferences: tuple[Artifact, ...]
) -> dict[str, pl.DataFrame]:
    """By subjective criterion: its pairs with what they count for."""
    if not preferences:
        return {}
    rows = context.store.sql(query("compare/preferred_pairs"), {"judged_pairs": pairs, "preferences": preferences})
    return {str(criterion): found for (criterion,), found in rows.group_by("criterion", maintain_order=True)}


def _decided(criterion: str, judged: pl.DataFrame, preferred: pl.DataFrame | None, margin: float) -> dict[str, Any]:
    decision, found = (decide_pairs(judged, margin), None) if preferred is None else decide_preferred(preferred, margin)
    return {
        "criterion": criterion,
        "decision": decision.model_dump_json(),
        "current": window_rate(judged.rename({"current": "passed"})).model_dump_json(),
        "candidate": window_rate(judged.rename({"candidate": "passed"})).model_dump_json(),
        "preference": found.model_dump_json() if found else None,
    }
