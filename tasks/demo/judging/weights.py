"""How much does each check weigh, as far as the examples in the prompt can tell?

A logistic regression of failing on the checks' severities whose slopes cannot be negative: a violated check never
speaks for passing. It is drawn towards fixed weights, how strongly is decided by cross-validation over the examples;
where no choice predicts left-out examples better than their failure rate does, nothing weighs anything.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FOLDS = 6
STEPS = 400
PENALTIES = (0.5, 1.5, 5.0, 50.0)
"""How strongly slopes are drawn towards the fixed weights; the last leaves them where they were."""


FEWEST = 3
"""With fewer failing or fewer passing examples nothing is learnt."""

RARE = 0.12
FEWEST_OF_RARE = 9
"""Where one kind has a smaller share than `RARE`, experts' own slips are many of it: so many are wanted then."""

EVIDENCE = 2.0
"""By how many nats the weights must predict the left-out examples better than their failure rate does."""

UNFITTED_EVIDENCE = 0.5
"""The same for the usual weights as they are: these cannot have been fitted to chance."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Failing has the log-odds `bias + severities @ slopes`."""

    bias: float
    slopes: Array

    def log_odds(self, severities: Array) -> Array:
        result: Array = self.bias + severities @ self.slopes
        return result


def learnt(severities: Array, failed: Array, usual: Weights) -> Weights:
    """Weights for `severities` (examples by checks, 0 to 1) that explain `failed` (0 or 1), drawn towards `usual`.

    Too few examples of one kind tell nothing: then the usual weights stand.
    """
    rarer = min(failed.sum(), len(failed) - failed.sum())
    if rarer < (FEWEST if rarer >= RARE * len(failed) else FEWEST_OF_RARE):
        return usual
    base = _base_losses(failed)
    gains = {penalty: base - _left_out_losses(severities, failed, usual, penalty) for penalty in PENALTIES}
    best = max(PENALTIES, key=lambda penalty: float(gains[penalty].sum()))
    if gains[best].sum() > EVIDENCE:
        return _with_unseen(_fit(severities, failed, usual, best), severities, usual)
    unfitted = base - _losses(usual.log_odds(severities), failed)
    if unfitted.sum() > UNFITTED_EVIDENCE:
        return usual
    rate = float(failed.mean())
    return Weights(float(np.log(rate / (1 - rate))), np.zeros(severities.shape[1]))


def _with_unseen(weights: Weights, severities: Array, usual: Weights) -> Weights:
    """What no example shows at all weighs as it usually does: the examples tell nothing of it."""
    return Weights(weights.bias, np.where(severities.any(axis=0), weights.slopes, usual.slopes))


def _left_out_losses(severities: Array, failed: Array, usual: Weights, penalty: float) -> Array:
    """The negative log-likelihood of each example under weights that have not seen it."""
    losses = np.empty(len(failed))
    for inside in _folds(failed):
        weights = _fit(severities[~inside], failed[~inside], usual, penalty)
        losses[inside] = _losses(weights.log_odds(severities[inside]), failed[inside])
    return losses


def _base_losses(failed: Array) -> Array:
    """The same under the failure rate of the others alone."""
    losses = np.empty(len(failed))
    for inside in _folds(failed):
        rate = (failed[~inside].sum() + 0.5) / (len(failed) - inside.sum() + 1)
        losses[inside] = _losses(np.full(int(inside.sum()), np.log(rate / (1 - rate))), failed[inside])
    return losses


def _folds(failed: Array) -> list[NDArray[np.bool_]]:
    """Groups of examples with failing ones spread evenly, in the order of the prompt."""
    place = np.empty(len(failed), dtype=int)
    order = np.concatenate([np.flatnonzero(failed == 1), np.flatnonzero(failed == 0)])
    place[order] = np.arange(len(failed)) % FOLDS
    return [place == fold for fold in range(FOLDS)]


def _losses(log_odds: Array, failed: Array) -> Array:
    result: Array = np.logaddexp(0.0, log_odds) - failed * log_odds
    return result


def _fit(severities: Array, failed: Array, usual: Weights, penalty: float) -> Weights:
    """First how far the usual weights hold at all (one scale, not negative), then each slope around them."""
    anchor = _descend((severities @ usual.slopes)[:, None], failed, np.ones(1), 0.5)
    centre = anchor.slopes[0] * usual.slopes
    return _descend(severities, failed, centre, penalty)


def _descend(columns: Array, failed: Array, centre: Array, penalty: float) -> Weights:
    """Accelerated projected gradient on the penalised likelihood; the bias is free, slopes are at least 0."""
    design = np.column_stack([np.ones(len(columns)), columns])
    drawn = np.concatenate([[0.0], np.full(columns.shape[1], penalty)])
    target = np.concatenate([[0.0], centre])
    step = 1.0 / (0.25 * float(np.linalg.norm(design, 2)) ** 2 + drawn.max() + 1e-9)
    point = ahead = np.concatenate([[0.0], centre])
    momentum = 1.0
    for _ in range(STEPS):
        gradient = design.T @ (_probability(design @ ahead) - failed) + drawn * (ahead - target)
        reached = ahead - step * gradient
        reached[1:] = np.maximum(reached[1:], 0.0)
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = reached + (momentum - 1) / faster * (reached - point)
        if np.max(np.abs(reached - point)) < 1e-6:
            break
        point, momentum = reached, faster
    return Weights(float(reached[0]), reached[1:])


def _probability(log_odds: Array) -> Array:
    result: Array = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -30, 30)))
    return result
