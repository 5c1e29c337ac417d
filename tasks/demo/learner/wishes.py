"""Does a message hold two wishes, and where does the second one begin?

Two starting events that each have their own actions speak for two wishes; the words at the seam are learnt from rows
that hold two. Values and words that belong to one wish alone tell where such a row parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.demo.learner import logistic, softmax
from tasks.demo.learner.examples import Wish
from tasks.demo.learner.local import BITS, windows
from tasks.demo.learner.ridge import Ridge
from tasks.demo.learner.slots import Elements
from tasks.demo.learner.softmax import Softmax
from tasks.demo.learner.spans import Span

Floats = NDArray[np.float32]

SEAM, PLAIN = "seam", "plain"
MARKS = frozenset(".!?;/\n:")


@dataclass(frozen=True)
class Seams:
    """The regression of seam words, and the weights of the evidence for two wishes."""

    regression: Softmax
    weights: NDArray[np.float64]

    def seam(self, wish: Wish, ridge: Ridge, elements: Elements) -> int | None:
        """The word that begins the second wish, None for a single wish."""
        if len(wish.words) < 8 or wish.current is not None:
            return None
        chances = seam_chances(self.regression, wish)
        place, features = evidence(wish, ridge.parts(wish.words), ridge.labels, elements, chances)
        return place if float(logistic.probability(features[None, :], self.weights)[0]) > 0.5 else None


def seam_chances(regression: Softmax, wish: Wish) -> Floats:
    """The log odds of a seam before each word."""
    rows = regression.log_probabilities(windows(wish.words))
    return np.asarray(rows[:, regression.classes.index(SEAM)] - rows[:, regression.classes.index(PLAIN)])


def evidence(
    wish: Wish, parts: Floats, labels: Sequence[str], elements: Elements, chances: Floats
) -> tuple[int, NDArray[np.float64]]:
    """The best seam and what speaks for it: both sides' best trigger and action, and the words there."""
    column = {label: place for place, label in enumerate(labels)}
    sides = []
    for ids in (elements.triggers, elements.actions):
        known = parts[:, [column[each] for each in ids if each in column]]
        own = np.append(known, np.zeros((len(parts), 1), np.float32), axis=1)
        before = np.concatenate([np.zeros((1, own.shape[1]), np.float32), np.cumsum(own, axis=0)])
        left, right = before[:-1].max(axis=1), (before[-1] - before[:-1]).max(axis=1)
        whole = before[-1].max()
        sides.append((left, right, left + right - whole))
    (left, right, gain), (left_action, right_action, action_gain) = sides
    worth = np.minimum(left, right) + 0.5 * np.minimum(left_action, right_action) + gain + 0.15 * chances
    worth[[place for place in range(len(worth)) if place < 3 or place > len(worth) - 3]] = -np.inf
    worth[[word.startswith("<") for word in wish.words]] = -np.inf
    best = int(worth.argmax())
    features = [1.0, min(left[best], right[best]), gain[best], min(left_action[best], right_action[best])]
    features += [action_gain[best], chances[best], len(wish.words) / 20]
    return best, np.array(features, dtype=np.float64)


def told_apart(
    wish: Wish, parts: Floats, labels: Sequence[str], sides: tuple[set[str], set[str]], owners: dict[Span, int]
) -> tuple[int, bool]:
    """Where a message of two known wishes parts, and whether they stand in the other order."""
    column = {label: place for place, label in enumerate(labels)}
    only = [[column[label] for label in side - other if label in column] for side, other in (sides, sides[::-1])]
    lean = parts[:, only[0]].sum(axis=1) - parts[:, only[1]].sum(axis=1)
    for span, owner in owners.items():
        lean[wish.word_of(span)] += 1.0 if owner == 0 else -1.0
    before = np.concatenate([[0.0], np.cumsum(lean)[:-1]])
    sums = 2 * before - lean.sum()
    turned = bool(-sums.min() > sums.max())
    worth = (-sums if turned else sums) + np.array(
        [0.05 * (place > 0 and wish.words[place - 1] in MARKS) for place in range(len(sums))]
    )
    return int(worth.argmax()), turned


def fit(
    plain: Sequence[tuple[Wish, Floats]],
    double: Sequence[tuple[Wish, Floats, int]],
    labels: Sequence[str],
    elements: Elements,
    share: float,
    seed: int,
) -> Seams:
    """Learns from single wishes and from doubles with their seam; `share` of all messages are double."""
    known = [(wish, parts, -1) for wish, parts in plain] + list(double)
    halves = [_regression(known[start::2], seed) for start in (0, 1)]
    measured = [
        evidence(wish, parts, labels, elements, seam_chances(halves[1 - place % 2], wish))[1]
        for place, (wish, parts, _) in enumerate(known)
    ]
    weights = logistic.fit(np.stack(measured), np.array([float(seam >= 0) for _, _, seam in known]))
    weights[0] += np.log(share / (1 - share)) - np.log(len(double) / len(plain))
    return Seams(_regression(known, seed), weights)


def _regression(known: Sequence[tuple[Wish, Floats, int]], seed: int) -> Softmax:
    features = np.concatenate([windows(wish.words) for wish, _, _ in known])
    answers = [SEAM if place == seam else PLAIN for wish, _, seam in known for place in range(len(wish.words))]
    nothing = np.zeros((2, features.shape[1]), dtype=np.int64)
    return softmax.fit(np.concatenate([nothing, features]), [PLAIN, SEAM, *answers], 2**BITS, seed, batch=1024)
