"""What does a prompt's documentation list, in the forms that the learner needs?

Kept by content, since prompts repeat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tasks.demo.catalogue import Catalogue
from tasks.demo.documentation import parse_documentation
from tasks.demo.learner.reading import Reading
from tasks.demo.learner.slots import Elements, elements_of

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Book:
    """A parsed documentation."""

    catalogue: Catalogue
    elements: Elements
    reading: Reading

    @property
    def lists_nothing(self) -> bool:
        return not self.elements.ids


@lru_cache(maxsize=16)
def book_of(prompt: str) -> Book:
    """The documentation in a prompt."""
    catalogue = parse_documentation(prompt)
    return Book(catalogue, elements_of(catalogue), Reading(catalogue))


@dataclass(frozen=True)
class Columns:
    """Where an agent's labels and slots stand beside a book's elements.

    `own[i]` is the label of element i; `choices` are the labels of known values and `chooser` their elements;
    `slots[j]` is the class of open slot j. The place after the last label or class stands for what was never learnt.
    """

    own: Places
    choices: Places
    chooser: Places
    slots: Places


def columns_of(labels: Sequence[str], classes: Sequence[str], elements: Elements) -> Columns:
    """How the learnt names lie in the documentation's."""
    label = {name: place for place, name in enumerate(labels)}
    slot = {name: place for place, name in enumerate(classes)}
    chosen = [
        (label[name], place)
        for place, element in enumerate(elements.ids)
        for each in elements.slots.get(element, ())
        for value in each.values
        if (name := f"{each.name}={value}") in label
    ]
    return Columns(
        np.array([label.get(element, len(labels)) for element in elements.ids], dtype=np.int64),
        np.array([place for place, _ in chosen], dtype=np.int64),
        np.array([owner for _, owner in chosen], dtype=np.int64),
        np.array([slot.get(each.name, len(classes)) for each in elements.open_slots], dtype=np.int64),
    )
