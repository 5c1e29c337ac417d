"""How strongly does a text speak for each label, and which of its words do? Kernel ridge regression over n-grams.

The kernel is linear over words, pairs of words and letter n-grams, each group with a fixed share of a text's length.
So the solution folds back to one weight an n-gram and label, and a score is a sum of what each word brings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.demo.learner.hashed import folded, letter_ids, mixed, word_ids

Floats = NDArray[np.float32]

BITS = 15
LETTERS_SHARE = 0.45
"""How much of a text's squared length its letter n-grams have; the rest belongs to its words and pairs."""


@dataclass(frozen=True)
class Ridge:
    """Fitted weights: `column[hash]` is a row of `weights` (n-grams by labels), or the last row, which is zero."""

    labels: tuple[str, ...]
    column: NDArray[np.int32]
    rarity: Floats
    weights: Floats
    offset: Floats
    spelled: dict[str, tuple[Floats, float]] = field(default_factory=dict, repr=False, compare=False)
    """What each word's letters say, and their squared length: kept, since words come again and again."""

    def parts(self, words: Sequence[str]) -> Floats:
        """What each word adds to each label (words by labels); a pair's weight goes half to each of the two.

        With `offset` the parts add up to the scores: about 1 where a label holds and about 0 where it does not.
        """
        if not words:
            return np.zeros((0, len(self.labels)), dtype=np.float32)
        columns = self.column[word_grams(words)]
        values = self.rarity[columns]
        adds = self.weights[columns] * (values * _scale(values @ values, 1 - LETTERS_SHARE))[:, None]
        count = len(words)
        parts = adds[:count].copy()
        for pairs, step in ((adds[count : 2 * count - 1], 1), (adds[2 * count - 1 :], 2)):
            parts[: len(pairs)] += pairs / 2
            parts[step:] += pairs / 2
        letters = [self._spelled(word) for word in words]
        scale = _scale(sum(length for _, length in letters), LETTERS_SHARE)
        return np.asarray(parts + scale * np.stack([each for each, _ in letters]), dtype=np.float32)

    def _spelled(self, word: str) -> tuple[Floats, float]:
        if word not in self.spelled:
            columns = self.column[letter_grams(word)]
            values = self.rarity[columns]
            self.spelled[word] = values @ self.weights[columns], float(values @ values)
        return self.spelled[word]


def word_grams(words: Sequence[str]) -> NDArray[np.int64]:
    """The folded ids of a text's words, of its neighbours, and of its pairs with one word between, in this order."""
    single = word_ids(words)
    return folded(np.concatenate([single, mixed(single[:-1], single[1:]), mixed(single[:-2], single[2:] + 7)]), BITS)


@lru_cache(maxsize=50_000)
def letter_grams(word: str) -> NDArray[np.int64]:
    """The folded ids of a word's letter runs."""
    return folded(letter_ids(word), BITS)


def _scale(length: Any, share: float) -> np.float32:
    """What brings n-grams of a squared length to their share of a text's."""
    return np.float32((share / length) ** 0.5 if length else 0)


def fit(
    texts: Sequence[Sequence[str]], targets: Floats, labels: Sequence[str], penalty: float, least: int = 2
) -> tuple[Ridge, Floats]:
    """The ridge and, for each text, the scores that it would have had if it had been left out of the training.

    `targets` is texts by labels, 0 or 1. N-grams that come fewer than `least` times are left out. The left-out scores
    come from the inverse's diagonal (Allen's PRESS), not from refitting.
    """
    from scipy import sparse

    grams = [(word_grams(words), np.concatenate([letter_grams(word) for word in words])) for words in texts]
    count = np.bincount(np.concatenate([ids for pair in grams for ids in pair]), minlength=2**BITS)
    known = np.flatnonzero(count >= least)
    column = np.full(2**BITS, len(known), dtype=np.int32)
    column[known] = np.arange(len(known), dtype=np.int32)
    rarity = np.append(np.log(1 + len(texts) / count[known]), 0).astype(np.float32)
    columns = [tuple(column[ids] for ids in pair) for pair in grams]
    matrix = sparse.csr_matrix(
        (
            np.concatenate([part for pair in columns for part in _values(pair, rarity)]),
            np.concatenate([part for pair in columns for part in pair]),
            np.cumsum([0, *(len(words) + len(letters) for words, letters in columns)]),
        ),
        shape=(len(texts), len(known) + 1),
    )
    matrix.sum_duplicates()
    offset = targets.mean(axis=0)
    duals, left_out = solved(_kernel(matrix), targets - offset, penalty)
    weights = np.asarray(matrix.T @ duals, dtype=np.float32)
    weights[-1] = 0
    return Ridge(tuple(labels), column, rarity, weights, offset.astype(np.float32)), left_out + offset


def solved(kernel: Floats, targets: Floats, penalty: float) -> tuple[Floats, Floats]:
    """The weights of the rows, and what each row would be given by all the others. Overwrites the kernel."""
    from scipy import linalg

    np.fill_diagonal(kernel, kernel.diagonal() + np.float32(penalty))
    factor, _ = linalg.lapack.spotrf(kernel.T, lower=1, overwrite_a=1)
    duals = linalg.cho_solve((factor, True), targets)
    inverse, _ = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    left_out = targets - duals / np.diag(inverse)[:, None]
    return np.asarray(duals, dtype=np.float32), np.asarray(left_out, dtype=np.float32)


def _kernel(matrix: Any, block: int = 1000) -> Floats:
    """All products of two rows, block by block: the sparse form of the whole would take twice its memory."""
    kernel = np.empty((matrix.shape[0], matrix.shape[0]), dtype=np.float32)
    for start in range(0, len(kernel), block):
        kernel[start : start + block] = (matrix[start : start + block] @ matrix.T).toarray()
    return kernel


def _values(columns: tuple[NDArray[np.int32], ...], rarity: Floats) -> list[Floats]:
    shares = (1 - LETTERS_SHARE, LETTERS_SHARE)
    values = [rarity[each] for each in columns]
    return [each * _scale(each @ each, share) for each, share in zip(values, shares, strict=True)]
