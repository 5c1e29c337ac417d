"""Which span fills which slot, when the elements of a workflow are known? The most likely pairs first."""

from collections.abc import Collection, Sequence

import numpy as np

from tasks.demo.learner.naming import Evidence, Floats
from tasks.demo.learner.slots import Elements, Slot
from tasks.demo.learner.spans import Span

UNLIKELY = -1.6
"""The log probability, among the slots at hand, from which on a span may stand in an optional one."""


def filled_slots(
    chosen: Collection[str], elements: Elements, spans: Sequence[Span], evidence: Evidence
) -> dict[Span, Slot]:
    """Each span in at most one slot, each slot with one span, or several where it is a list in an action.

    Likely pairs come first; a required slot then takes what is left, however unlikely.
    """
    places = [place for place, slot in enumerate(elements.open_slots) if slot.element in chosen]
    if not places or not spans:
        return {}
    chances = _among(evidence.chances[:, places], evidence.idle)
    order = np.argsort(-chances, axis=None, kind="stable")
    found: dict[Span, Slot] = {}
    full: set[Slot] = set()
    for needed in (False, True):
        for pair in order.tolist():
            row, column = divmod(pair, len(places))
            chance, span, slot = chances[row, column], spans[row], elements.open_slots[places[column]]
            if not np.isfinite(chance):
                break
            likely = chance > UNLIKELY and evidence.chances[row, places[column]] > evidence.idle[row]
            if span in found or slot in full or not (likely or (needed and slot.required)):
                continue
            found[span] = slot
            if not (slot.type == "list of text" and slot.parameter and likely):
                full.add(slot)
    return found


def _among(chances: Floats, idle: Floats) -> Floats:
    """The log probabilities when no other slots come into question."""
    both = np.concatenate([chances, idle[:, None]], axis=1)
    return np.asarray(chances - np.log(np.exp(both).sum(axis=1, keepdims=True)))
