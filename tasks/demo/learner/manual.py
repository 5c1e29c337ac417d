"""What does the documentation itself teach? Its descriptions and phrases, recited as if they were requests.

Each recital strings together a trigger, fields with their values and actions with their parameters, in any order. A
row of training that nobody has written yet: the first knowledge of elements and words that the training set lacks.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from tasks.demo.catalogue import Catalogue, Element, Value
from tasks.demo.language.text import stem, words
from tasks.demo.learner.examples import Lesson, Wish
from tasks.demo.learner.slots import Elements, Slot
from tasks.demo.learner.spans import Span, SpanKind

KIND_OF: dict[str, SpanKind] = {
    "number": "number",
    "duration": "duration",
    "date": "date",
    "email": "email",
    "url": "url",
}

T = TypeVar("T")


def recitals(catalogue: Catalogue, elements: Elements, count: int, seed: int) -> Iterator[Lesson]:
    """Recitals that go through all phrases of the documentation again and again, in an order fixed by the seed."""
    order = np.random.default_rng(seed)
    triggers, fields, actions = (
        _endless(kind, order) for kind in (catalogue.triggers, catalogue.fields, catalogue.actions)
    )
    values = {
        slot.name: known.values
        for field in catalogue.fields
        for slot, known in zip(elements.slots[field.id], [field], strict=True)
    } | {f"{action.id}.{part.name}": part.values for action in catalogue.actions for part in action.parameters}
    for _ in range(count):
        sayings = [[next(triggers)], _few(fields, order), _few(actions, order)]
        parts = [each for place in order.permutation(3) for each in sayings[place]]
        yield _recital(parts, elements, values, order)


def _endless(known: Sequence[Element], order: np.random.Generator) -> Iterator[tuple[str, str]]:
    said = [(element.id, phrase) for element in known for phrase in (element.description, *element.phrases)]
    while said:
        for place in order.permutation(len(said)):
            yield said[place]


def _few(source: Iterator[T], order: np.random.Generator) -> list[T]:
    return [each for _, each in zip(range(int(order.integers(0, 3)) or 1), source, strict=False)]


def _recital(
    parts: Sequence[tuple[str, str]],
    elements: Elements,
    values: dict[str, tuple[Value, ...]],
    order: np.random.Generator,
) -> Lesson:
    said: list[str] = []
    labels: set[str] = set()
    filled: dict[Span, Slot] = {}
    for element, phrase in parts:
        labels.add(element)
        said += [stem(word) for word in words(phrase)]
        for slot in elements.slots.get(element, ()):
            if not slot.required and order.random() < 0.5:
                continue
            said += [stem(word) for word in re.split(r"_", slot.parameter) if word]
            if slot.takes_span:
                kind = KIND_OF.get(slot.type, "text")
                filled[Span(len(said), len(said), kind, "", "")] = slot
                said.append(f"<{kind}>")
            elif slot.type == "enum":
                value = values[slot.name][int(order.integers(len(slot.values)))]
                known = (re.sub("_", " ", value.id.lower()), *value.phrases)
                said += [stem(word) for word in words(known[int(order.integers(len(known)))])]
                labels.add(f"{slot.name}={value.id}")
            elif slot.parameter:
                labels.add(f"{slot.name}=true")
    spans = tuple(filled)
    return Lesson(Wish((), spans, tuple(said), tuple(range(len(said))), None), frozenset(labels), filled, None)
