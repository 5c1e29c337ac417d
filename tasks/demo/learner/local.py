"""What do the words around one place of a wish say: which slot a value fills, how it is compared, whether it goes?

Features are words and pairs at fixed distances, the bag of words since the last value, and a look (kind, own words).
"""

from collections.abc import Sequence

import numpy as np

from tasks.demo.learner.hashed import Ids, folded, mixed, word_id, word_ids

BITS = 14
BEFORE, AFTER, BAG, AHEAD = 6, 4, 12, 8
LOOKS = 4
WIDTH = 2 * (BEFORE + 1 + AFTER) - 1 + 4 + BAG + AHEAD + LOOKS
"""How many features a place has."""
NOWHERE: Ids = np.zeros(WIDTH, dtype=np.int64)
"""The features of no place at all: gives a regression without lessons something to be fitted to."""


def around(words: Sequence[str], place: int, looks: Sequence[str] = ()) -> Ids:
    """The features of one place of a wish; their number is the same for any place and number of looks up to 4."""
    ids = word_ids(words)
    padded = np.concatenate([np.zeros(BEFORE, np.int64), ids, np.zeros(AFTER, np.int64)])
    window = padded[place : place + BEFORE + 1 + AFTER]
    near = mixed(window, np.arange(len(window)))
    pairs = mixed(mixed(window[:-1], window[1:]), np.arange(100, 99 + len(window)))
    loose = mixed(window[BEFORE - 4 : BEFORE], 50)
    bag = mixed(word_ids(_since_value(words, place)[-BAG:]), 60)
    ahead = mixed(word_ids(_to_value(words, place)[:AHEAD]), 61)
    own = mixed(np.array([word_id(look) for look in looks], np.int64), 70)
    fixed = np.zeros(WIDTH, np.int64)
    every = np.concatenate([near, pairs, loose, bag, ahead, own])
    fixed[: len(every)] = every
    return folded(fixed, BITS)


def _since_value(words: Sequence[str], place: int) -> list[str]:
    start = place
    while start > 0 and not words[start - 1].startswith("<"):
        start -= 1
    return list(words[start:place])


def _to_value(words: Sequence[str], place: int) -> list[str]:
    end = place + 1
    while end < len(words) and not words[end].startswith("<"):
        end += 1
    return list(words[place + 1 : end])


def windows(words: Sequence[str]) -> Ids:
    """Every place of a wish by the words and pairs around it: fewer features than `around`, all places at once."""
    reach = 3
    padded = np.concatenate([np.zeros(reach, np.int64), word_ids(words), np.zeros(reach, np.int64)])
    at = {step: padded[reach + step : reach + step + len(words)] for step in range(-reach, reach + 1)}
    columns = [mixed(ids, step) for step, ids in at.items()]
    columns += [mixed(mixed(at[step], at[step + 1]), 40 + step) for step in range(-reach, reach)]
    return folded(np.stack(columns, axis=1), BITS)
