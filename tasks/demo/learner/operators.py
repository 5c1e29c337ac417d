"""How is a field compared, and which way does a yes-or-no go? Local words around the value, or around the field."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.demo.learner import softmax
from tasks.demo.learner.examples import Wish
from tasks.demo.learner.hashed import Ids
from tasks.demo.learner.local import BITS, NOWHERE, around
from tasks.demo.learner.slots import Slot
from tasks.demo.learner.softmax import Softmax

SAME = "same"
"""An edit that leaves the comparison as it was."""
TRUE, FALSE = "equals:true", "equals:false"
STAYS, GOES = "stays", "goes"


@dataclass(frozen=True)
class Placed:
    """A place in a wish where words decide something, and what they decide."""

    wish: Wish
    word: int
    slot: Slot
    valued: bool
    answer: str


@dataclass(frozen=True)
class Operators:
    """The regression over comparisons."""

    regression: Softmax

    def chosen(self, wish: Wish, place: int, slot: Slot, valued: bool, allowed: Sequence[str]) -> str:
        """The most likely of the allowed answers, the first of them if none was ever seen.

        `valued` says whether the wish gives the slot a value.
        """
        row = self.regression.log_probabilities(place_features(wish, place, slot, valued)[None, :])[0].tolist()
        chance = dict(zip(self.regression.classes, row, strict=True))
        return max(allowed, key=lambda operator: chance.get(operator, -1e9))


def place_features(wish: Wish, place: int, slot: Slot, valued: bool) -> Ids:
    kind = "number" if slot.type == "duration" else slot.type
    return around(
        wish.words,
        place,
        (kind, f"edit {wish.current is not None}", f"{kind} {wish.current is not None}", f"valued {valued}"),
    )


def fit(places: Sequence[Placed], seed: int) -> Operators:
    """Learns from places in wishes and what was wanted there."""
    features, answers = [NOWHERE], [SAME]
    for each in places:
        features.append(place_features(each.wish, each.word, each.slot, each.valued))
        answers.append(each.answer)
    return Operators(softmax.fit(np.stack(features), answers, 2**BITS, seed))
