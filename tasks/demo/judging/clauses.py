"""Is there an element of the product that fits what a clause says better than those that were chosen?"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from tasks.demo.judging.findings import NOTHING, Finding, named, used_elements, worst
from tasks.demo.judging.reading import Reading
from tasks.demo.judging.values import value_tokens
from tasks.demo.language.clauses import Clause, clauses_of
from tasks.demo.language.text import STOP_WORDS

_SLACK = 0.15
"""How much better another element must fit before it counts."""


def event_elsewhere(reading: Reading) -> Finding:
    """What the request says of the start fits another event better than the one that was chosen."""
    if reading.original is not None:
        return NOTHING
    return worst(_elsewhere(reading, event=True))


def clause_elsewhere(reading: Reading) -> Finding:
    """What the request says of a deed or a condition fits something that the answer does not use."""
    return worst(_elsewhere(reading, event=False))


def _elsewhere(reading: Reading, *, event: bool) -> Iterator[Finding]:
    kinds = ("trigger",) if event else ("action", "field")
    if not reading.proposed or not reading.knowledge.documented:
        return
    used = set(used_elements(reading))
    for clause in _clauses(reading):
        if clause.event != event:
            continue
        fits = _fits(reading, clause, kinds)
        if not fits:
            continue
        best = max(sorted(fits), key=lambda element: fits[element])  # sorted: a tie is broken by name, not by chance
        own = max((fits.get(element, 0.0) for element in used), default=0.0)
        if best not in used:
            said = " ".join(reading.request.text[clause.start : clause.end].split())
            yield Finding(max(0.0, fits[best] - own - _SLACK), f'"{said}" speaks of {named(best[1])} rather.')


@lru_cache(maxsize=2)
def _clauses(reading: Reading) -> tuple[Clause, ...]:
    return clauses_of(reading.request.text)


def _fits(reading: Reading, clause: Clause, kinds: tuple[str, ...]) -> Mapping[tuple[str, str], float]:
    """How much of a clause's words each element's texts hold, rare words counting for more."""
    values = value_tokens(reading)
    dictionary = reading.dictionary
    weights: dict[str, float] = {}
    for root, places in reading.request.places.items():
        inside = [place for place in places if place not in values and _within(reading, place, clause)]
        if inside and root not in STOP_WORDS:
            weights[root] = dictionary.rarity.get(root, dictionary.rarest)
    total = sum(weights.values())
    fits: dict[tuple[str, str], float] = {}
    for root, weight in weights.items():
        for element, share in dictionary.speakers(root).items():
            if element[0] in kinds:
                fits[element] = fits.get(element, 0.0) + share * weight / total
    return fits


def _within(reading: Reading, place: int, clause: Clause) -> bool:
    token = reading.request.tokens[place]
    return clause.start <= token.start < clause.end and token.lower not in STOP_WORDS
