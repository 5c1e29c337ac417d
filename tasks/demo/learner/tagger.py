"""Which words of a request are a text value that nothing quotes: a tag, a name, a subject? A learned tagger.

Softmax regression over a window of words and shapes a token; a Viterbi pass keeps the tags in a possible order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.demo.language.text import Token, stem
from tasks.demo.learner import softmax
from tasks.demo.learner.hashed import Ids, folded, mixed, word_id
from tasks.demo.learner.softmax import Softmax

BITS = 14
REACH = 3
OUTSIDE, BEGIN, INSIDE = "outside", "begin", "inside"
TAGS = (BEGIN, INSIDE, OUTSIDE)
"""As the regression sorts its classes."""


@dataclass(frozen=True)
class Tagger:
    """The regression over tags; what follows what is grammar: nothing goes on inside before it began."""

    regression: Softmax

    def runs(self, tokens: Sequence[Token]) -> list[tuple[int, int]]:
        """The runs of tokens (first, last) that are text values."""
        if not tokens:
            return []
        tags = _best_path(self.regression.log_probabilities(token_features(tokens)))
        runs: list[tuple[int, int]] = []
        for place, tag in enumerate(tags):
            if TAGS[tag] == BEGIN:
                runs.append((place, place))
            elif TAGS[tag] == INSIDE:
                runs[-1] = (runs[-1][0], place)
        return runs


def _best_path(scores: NDArray[np.float32]) -> list[int]:
    outside, inside = TAGS.index(OUTSIDE), TAGS.index(INSIDE)
    best, back = scores[0].copy(), []
    best[inside] = -np.inf
    for row in scores[1:]:
        reached = np.tile(best[:, None], (1, len(TAGS)))
        reached[outside, inside] = -np.inf
        back.append(reached.argmax(axis=0))
        best = reached.max(axis=0) + row
    path = [int(best.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return path[::-1]


def shape(token: Token) -> str:
    """What a token looks like, whatever its word."""
    if token.kind != "word":
        return token.kind if token.kind != "mark" else token.text
    word = token.text
    joined = "-" in word or "_" in word
    letters = "upper" if word.isupper() and len(word) > 1 else "title" if word[0].isupper() else "lower"
    return f"{letters}{'-' if joined else ''}{'#' if any(letter.isdigit() for letter in word) else ''}"


def token_features(tokens: Sequence[Token]) -> Ids:
    """Tokens by features: words, shapes and pairs at fixed places around each token."""
    around = REACH
    words = _padded([stem(token.lower) for token in tokens], around)
    shapes = _padded(["=" + shape(token) for token in tokens], around)
    count = len(tokens)
    window = {place: words[around + place : around + place + count] for place in range(-around, around + 1)}
    looks = {place: shapes[around + place : around + place + count] for place in range(-1, 2)}
    columns = [mixed(ids, place) for place, ids in window.items()]
    columns += [mixed(ids, 20 + place) for place, ids in looks.items()]
    columns += [mixed(window[first], window[second] + second) for first, second in ((-2, -1), (-1, 0), (0, 1), (1, 2))]
    columns += [
        mixed(looks[0], window[-1]),
        mixed(mixed(window[-2], window[-1]), window[-3]),
        mixed(looks[0], looks[1]),
    ]
    return folded(np.stack(columns, axis=1), BITS)


def _padded(words: Iterable[str], around: int) -> Ids:
    return np.array([0] * around + [word_id(word) for word in words] + [0] * around, dtype=np.int64)


def fit(requests: Sequence[tuple[Sequence[Token], Sequence[tuple[int, int]]]], seed: int) -> Tagger:
    """Learns from the tokens of requests and the runs of them that are text values."""
    answers = [*TAGS, *(tag for tokens, runs in requests for tag in _tags(len(tokens), runs))]
    features = np.concatenate([token_features(tokens) for tokens, _ in requests])
    nothing = np.zeros((len(TAGS), features.shape[1]), dtype=np.int64)
    return Tagger(softmax.fit(np.concatenate([nothing, features]), answers, 2**BITS, seed, epochs=3, batch=1024))


def _tags(count: int, runs: Iterable[tuple[int, int]]) -> list[str]:
    tags = [OUTSIDE] * count
    for first, last in runs:
        tags[first : last + 1] = [BEGIN] + [INSIDE] * (last - first)
    return tags
