"""How likely is a yes, given a few measured features? Logistic regression by Newton's method."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def fit(features: Floats, answers: Floats, penalty: float = 1.0, rounds: int = 25) -> Floats:
    """The weights of the features (rows by features; give a column of ones for the intercept)."""
    weights = np.zeros(features.shape[1])
    brake = penalty * np.eye(features.shape[1])
    for _ in range(rounds):
        likely = probability(features, weights)
        slope = features.T @ (answers - likely) - penalty * weights
        curvature = (features * (likely * (1 - likely))[:, None]).T @ features + brake
        step = np.linalg.solve(curvature, slope)
        weights += step / max(1.0, float(np.abs(step).max()) / 2)
        if float(np.abs(step).max()) < 1e-6:
            break
    return weights


def probability(features: Floats, weights: Floats) -> Floats:
    """The probability of a yes for each row."""
    return np.asarray(1 / (1 + np.exp(-np.clip(features @ weights, -30, 30))))
