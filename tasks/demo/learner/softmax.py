"""Which of a few classes is most likely, given features that are there or not? Multinomial logistic regression.

Trained by Adagrad over mini-batches in an order fixed by the seed. Rows have a fixed number of integer features.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Softmax:
    """Fitted weights: features by classes, and one intercept a class."""

    classes: tuple[str, ...]
    weights: Floats
    intercept: Floats

    def log_probabilities(self, features: NDArray[np.int64]) -> Floats:
        """Rows by classes, for rows of feature numbers."""
        return _log_softmax(self.weights[features].sum(axis=1) + self.intercept)


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), dtype=np.float32)


def fit(
    features: NDArray[np.int64],
    answers: Sequence[str],
    size: int,
    seed: int,
    epochs: int = 4,
    rate: float = 0.2,
    decay: float = 1e-5,
    batch: int = 256,
) -> Softmax:
    """Fits rows of feature numbers in `[0, size)` to one answer each; few rows make small batches."""
    from scipy import sparse

    classes = tuple(sorted(set(answers)))
    number = {name: place for place, name in enumerate(classes)}
    wanted = np.array([number[answer] for answer in answers])
    used, narrow = np.unique(features, return_inverse=True)
    rows, width = features.shape
    matrix = sparse.csr_matrix(
        (np.ones(rows * width, dtype=np.float32), narrow.ravel(), np.arange(rows + 1) * width), shape=(rows, len(used))
    )
    weights = np.zeros((len(used), len(classes)), dtype=np.float32)
    seen = np.full(weights.shape, 1e-4, dtype=np.float32)
    intercept = np.zeros(len(classes), dtype=np.float32)
    random = np.random.default_rng(seed)
    batch = min(batch, max(16, rows // 25))
    for _ in range(epochs):
        shuffled = random.permutation(rows)
        for start in range(0, rows, batch):
            chosen = shuffled[start : start + batch]
            part = matrix[chosen]
            slope = np.exp(_log_softmax(part @ weights + intercept))
            slope[np.arange(len(chosen)), wanted[chosen]] -= 1
            columns = np.unique(part.indices)
            gradient = (part.T.tocsr()[columns] @ slope) / np.float32(len(chosen)) ** 0.5
            gradient += np.float32(decay) * weights[columns]
            seen[columns] += gradient * gradient
            weights[columns] -= np.float32(rate) * gradient / np.sqrt(seen[columns])
            intercept -= np.float32(0.02) * slope.mean(axis=0)
    full = np.zeros((size, len(classes)), dtype=np.float32)
    full[used] = weights
    return Softmax(classes, full, intercept)
