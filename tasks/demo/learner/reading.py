"""How well do the words of a request match what the documentation in the prompt says of each element?

The share of a description's or phrase's words, weighted by rarity among all phrases, that the request says in any
inflection or one letter off. Reading needs no training: another prompt gives another reading.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.demo.catalogue import Catalogue, Element
from tasks.demo.language.text import Spelling, stems

Floats = NDArray[np.float32]


class Reading:
    """A catalogue's phrases, ready for matching. Elements are in the catalogue's order: triggers, fields, actions."""

    def __init__(self, catalogue: Catalogue) -> None:
        elements: list[Element] = [*catalogue.triggers, *catalogue.fields, *catalogue.actions]
        phrases = [_phrases(element) for element in elements]
        flat = [phrase for own in phrases for phrase in own]
        self._number = {word: place for place, word in enumerate(sorted({word for phrase in flat for word in phrase}))}
        self._spelling = Spelling(self._number)
        holds = np.zeros((len(self._number), len(flat)), dtype=np.float32)
        for place, phrase in enumerate(flat):
            holds[[self._number[word] for word in phrase], place] = 1
        rarity = np.log(1 + len(flat) / np.maximum(1, holds.sum(axis=1, keepdims=True)))
        self._weights = holds * rarity
        self._whole = self._weights.sum(axis=0)
        self._first = np.cumsum([0, *(len(own) for own in phrases[:-1])])

    def match(self, words: Sequence[str]) -> tuple[Floats, Floats]:
        """For each element the covered share of its best phrase, and the largest covered weight times its share."""
        known = {self._number.get(word, -1) for word in words}
        strange = (self._spelling.meant(word) for word in words if word not in self._number)
        known |= {self._number[word] for word in strange if word is not None}
        known.discard(-1)
        covered = self._weights[sorted(known)].sum(axis=0)
        share = covered / self._whole
        return np.maximum.reduceat(share, self._first), np.maximum.reduceat(share * covered, self._first)


def _phrases(element: Element) -> list[list[str]]:
    said = [re.sub(r"[._]", " ", element.id), element.description, *element.phrases]
    return [words for phrase in said if (words := sorted(set(stems(phrase))))]
