"""May the candidate replace the current system? PASS, FAIL or INCONCLUSIVE, from both systems' verdicts on the same
requests.
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict

from tasks.domain.estimate import Estimate
from tasks.stats.clusters import codes
from tasks.stats.difference import Pairs, paired_difference
from tasks.stats.power import pairs_to_decide
from tasks.stats.signflip import FLIPS, holm, mcnemar
from tasks.stats.wording import decision_in_words

Outcome: TypeAlias = Literal["PASS", "FAIL", "INCONCLUSIVE"]


class StratumDelta(BaseModel):
    """Candidate minus current within one stratum; `worse` says whether it is significantly worse after Holm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delta: Estimate
    wins: int
    losses: int
    ties: int
    unscored: int
    p_worse: float | None
    p_worse_holm: float | None
    worse: bool


class Decision(BaseModel):
    """The gate's word, with everything that led to it.

    `delta` is candidate - current over the scored pairs, `delta_if_unscored_lost` with each unscored pair as a loss.
    `p_value` is the two-sided sign-flip test of no difference; `p_mcnemar` stands beside it and is the same test where
    every cluster holds one pair (`pairs_are_independent`). `pairs_needed` would decide if the difference stayed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Outcome
    why: str
    delta: Estimate
    delta_if_unscored_lost: Estimate
    margin: float
    wins: int
    losses: int
    ties: int
    unscored: int
    clusters: int
    p_value: float | None
    p_mcnemar: float | None
    pairs_are_independent: bool
    strata: dict[str, StratumDelta]
    pairs_needed: int | None


def decide(
    current: ArrayLike,
    candidate: ArrayLike,
    cluster: ArrayLike | None = None,
    *,
    stratum: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    margin: float = 0.02,
    level: float = 0.95,
    span: float = 1.0,
    flips: int = FLIPS,
    seed: int = 0,
) -> Decision:
    """The gate's decision, from verdicts (rows,) of 0 and 1, or whole numbers of an ordinal scale and its `span`.

    NaN is unscored. Without clusters each pair is its own; weights are 1 / inclusion probability. PASS: the lower bound
    is above -margin and no stratum is significantly worse, and so with every unscored pair counted as a loss. FAIL: the
    upper bound is below 0, or a stratum is significantly worse. Otherwise INCONCLUSIVE. A stratum is worse when its
    one-sided sign-flip test says so at (1 - level) / 2 after Holm, the level at which the upper bound speaks.
    """
    pairs = _pairs(current, candidate, cluster, weight, span)
    labels = None if stratum is None else np.asarray(stratum).astype(str)
    rules = _Rules(margin, level, flips, seed)
    found = rules.judge(pairs, labels)
    strict = rules.judge(pairs.unscored_lost(), labels) if pairs.unscored else found
    outcome: Outcome = "INCONCLUSIVE" if found.outcome == "PASS" and strict.outcome != "PASS" else found.outcome
    scored, counts = pairs.scored, pairs.counts()
    needed = _pairs_needed(found.delta, margin) if outcome == "INCONCLUSIVE" else None
    why = decision_in_words(
        outcome,
        found.delta,
        margin,
        worse=[name for name, each in found.strata.items() if each.worse],
        unscored=pairs.unscored,
        clusters=scored.clusters,
        needed=needed,
        unscored_decide=found.outcome == "PASS",
        binary=pairs.binary,
    )
    return Decision(
        decision=outcome,
        why=why,
        delta=found.delta,
        delta_if_unscored_lost=strict.delta,
        margin=margin,
        clusters=scored.clusters,
        p_value=found.p_value,
        p_mcnemar=mcnemar(counts["wins"], counts["losses"]) if pairs.binary and found.delta.n else None,
        pairs_are_independent=scored.clusters == scored.difference.size,
        strata=found.strata,
        pairs_needed=needed,
        **counts,
    )


@dataclass(frozen=True)
class _Found:
    outcome: Outcome
    delta: Estimate
    p_value: float | None
    strata: dict[str, StratumDelta]


@dataclass(frozen=True)
class _Rules:
    margin: float
    level: float
    flips: int
    seed: int

    def judge(self, pairs: Pairs, labels: NDArray[Any] | None) -> _Found:
        """The outcome over the scored pairs alone."""
        delta = paired_difference(pairs, level=self.level, flips=self.flips, seed=self.seed)
        strata = {} if labels is None else self.by_stratum(pairs, labels)
        if delta.low is None or delta.high is None:
            return _Found("INCONCLUSIVE", delta, None, strata)
        worse = any(each.worse for each in strata.values())
        passed = delta.low > -self.margin and not worse
        failed = delta.high < 0 or worse
        p_value = pairs.scored.test(flips=self.flips, seed=self.seed).p_value()
        return _Found("PASS" if passed else "FAIL" if failed else "INCONCLUSIVE", delta, p_value, strata)

    def by_stratum(self, pairs: Pairs, labels: NDArray[Any]) -> dict[str, StratumDelta]:
        """Each stratum's difference, and whether it is worse: one-sided tests, Holm over the strata."""
        parts = {str(name): pairs.only(labels == name) for name in np.unique(labels)}
        p_worse = {
            name: part.scored.test(flips=self.flips, seed=self.seed).p_below()
            for name, part in parts.items()
            if part.unscored < part.difference.size
        }
        adjusted = holm(p_worse)
        return {
            name: StratumDelta(
                delta=paired_difference(part, level=self.level, flips=self.flips, seed=self.seed),
                p_worse=p_worse.get(name),
                p_worse_holm=adjusted.get(name),
                worse=adjusted.get(name, 1.0) <= (1 - self.level) / 2,
                **part.counts(),
            )
            for name, part in parts.items()
        }


def _pairs(
    current: ArrayLike, candidate: ArrayLike, cluster: ArrayLike | None, weight: ArrayLike | None, span: float
) -> Pairs:
    difference = np.asarray(candidate, dtype=np.float64) - np.asarray(current, dtype=np.float64)
    if (np.abs(difference) > span).any():
        raise ValueError(f"a difference is wider than the scale's span of {span}")
    groups, _ = codes(cluster, difference.size)
    weights = np.ones(difference.size) if weight is None else np.asarray(weight, dtype=np.float64)
    if weights.shape != difference.shape or not np.isfinite(weights).all() or (weights <= 0).any():
        raise ValueError("weights must be positive and finite, one for each pair")
    return Pairs(difference, groups, weights, span)


def _pairs_needed(delta: Estimate, margin: float) -> int | None:
    if delta.value is None or delta.low is None or delta.high is None:
        return None
    return pairs_to_decide(delta.n, delta.value, (delta.high - delta.low) / 2, margin)
