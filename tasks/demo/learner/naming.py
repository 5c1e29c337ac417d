"""Which triggers, fields and actions does a wish name, and how sure is that?

Three kinds of evidence: the ridge's scores for the words, the match of the words with the documentation in the prompt,
and values that look at home in an element's slots. A logistic regression for each kind of element, fitted on scores
of rows that were left out, weighs them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.demo.language.text import STOP_WORDS, stem
from tasks.demo.learner import logistic, ridge, softmax
from tasks.demo.learner.book import Book, Columns, columns_of
from tasks.demo.learner.examples import Lesson, Wish
from tasks.demo.learner.hashed import Ids
from tasks.demo.learner.local import BITS, NOWHERE, around
from tasks.demo.learner.ridge import Ridge
from tasks.demo.learner.slots import Elements
from tasks.demo.learner.softmax import Softmax
from tasks.demo.learner.spans import Span
from tasks.demo.workflow import Workflow

Floats = NDArray[np.float32]

KINDS = ("trigger", "field", "action")
NONE = "none"
PENALTY = 0.3
READ = (0, 3, 4, 5)
"""The features that come from reading alone."""
FLOOR = -7.0
"""The least log probability of a slot, and that of one that the training never saw."""
NAMED = -0.3
"""That of one that the training never saw, but whose name stands before the span."""
RIVALS = 8
"""How many of the strongest wrong elements of a row teach the weighing; the rest are too easy to teach anything."""


@dataclass(frozen=True)
class Evidence:
    """What speaks for each element of the documentation, and what for each open slot in each span.

    `chances` has a row a span and a column an open slot (log probabilities, minus infinity where the span cannot fill
    it); `idle` is the log probability that the span fills none.
    """

    scores: Floats
    choices: Floats
    share: Floats
    mass: Floats
    chances: Floats
    idle: Floats


@dataclass(frozen=True)
class Naming:
    """The fitted ridge over labels, the regression of slots, and the weights of the evidence by kind.

    The weights `read <kind>` are for elements that the training never saw: the documentation alone speaks for them.
    """

    ridge: Ridge
    slots: Softmax
    weights: Mapping[str, NDArray[np.float64]]

    def evidence(self, scores: Floats, wish: Wish, book: Book, columns: Columns) -> Evidence:
        """The evidence of a wish from the ridge's scores by label."""
        rows = self.slots.log_probabilities(span_features(wish)) if wish.spans else None
        return gathered(scores, rows, self.slots.classes, wish, book, columns)

    def probabilities(self, evidence: Evidence, wish: Wish, elements: Elements) -> dict[str, float]:
        """How likely each element of the documentation is meant."""
        sure: dict[str, float] = {}
        learnt = set(self.ridge.labels)
        for kind, ids, features in by_kind(evidence, wish, elements):
            sure.update(zip(ids, logistic.probability(features, self.weights[kind]).tolist(), strict=True))
            if not learnt.issuperset(ids):
                read = logistic.probability(features[:, READ], self.weights[f"read {kind}"]).tolist()
                sure.update({each: chance for each, chance in zip(ids, read, strict=True) if each not in learnt})
        return sure


def gathered(
    scores: Floats, rows: Floats | None, classes: Sequence[str], wish: Wish, book: Book, columns: Columns
) -> Evidence:
    """Brings scores by label and span rows by slot class in the order of the documentation."""
    own = np.append(scores, np.float32(0))[columns.own]
    choices = np.zeros_like(own)
    np.maximum.at(choices, columns.chooser, scores[columns.choices])
    share, mass = book.reading.match([word for word in wish.words if word not in STOP_WORDS])
    if rows is None:
        nothing = np.zeros((0, len(columns.slots)), np.float32)
        return Evidence(own, choices, share, mass, nothing, nothing[:, 0] if nothing.size else np.zeros(0, np.float32))
    full = np.maximum(np.append(rows, np.full((len(rows), 1), FLOOR, np.float32), axis=1), np.float32(FLOOR))
    chances = full[:, columns.slots]
    for place in np.flatnonzero(columns.slots == len(classes)):
        name = stem(book.elements.open_slots[place].parameter)
        chances[[name in _before(wish, span) for span in wish.spans], place] = NAMED
    fits = np.stack([book.elements.accepts[span.kind] for span in wish.spans])
    return Evidence(
        own, choices, share, mass, np.where(fits, chances, np.float32(-np.inf)), full[:, classes.index(NONE)]
    )


def _before(wish: Wish, span: Span, reach: int = 4) -> tuple[str, ...]:
    place = wish.word_of(span)
    return wish.words[max(0, place - reach) : place]


def span_features(wish: Wish) -> Ids:
    """A row of features for each span of a wish."""
    return np.stack([_span_features(wish, span) for span in wish.spans])


def _span_features(wish: Wish, span: Span) -> Ids:
    own = span.text.lower()
    return around(wish.words, wish.word_of(span), (span.kind, own, own[:2], own[-3:]))


def by_kind(
    evidence: Evidence, wish: Wish, elements: Elements
) -> list[tuple[str, tuple[str, ...], NDArray[np.float64]]]:
    """For triggers, fields and actions: their ids and one row of features each."""
    best = np.full(len(elements.ids), -np.inf)
    if len(evidence.chances):
        np.maximum.at(best, elements.owner, evidence.chances.max(axis=0))
    takes = np.zeros(len(elements.ids), dtype=bool)
    takes[elements.owner] = True
    fit = np.where(takes, np.maximum(best, FLOOR), 0.0)
    free = np.where(takes, np.isfinite(best), True).astype(float)
    edit = float(wish.current is not None)
    present = _present(wish.current)
    parts = []
    start = 0
    for kind, ids in zip(KINDS, (elements.triggers, elements.fields, elements.actions), strict=True):
        part = slice(start, start + len(ids))
        scores, share, mass = evidence.scores[part], evidence.share[part], evidence.mass[part]
        ones = np.ones(len(ids))
        here = np.array([float(element in present) for element in ids]) if edit else 0 * ones
        columns: list[NDArray[Any]] = [
            ones,
            scores,
            scores - _best_other(scores),
            share,
            share - _best_other(share),
            mass / 5,
        ]
        columns += [fit[part], free[part], edit * ones, here, here * scores, edit * scores, edit * share]
        columns += [evidence.choices[part], np.maximum(scores, 0.5 * share * np.minimum(1, mass / 4)), scores * share]
        parts.append((kind, ids, np.stack(columns, axis=1).astype(np.float64)))
        start += len(ids)
    return parts


def _present(current: Workflow | None) -> set[str]:
    if current is None:
        return set()
    return {current.trigger, *(part.field for part in current.conditions), *(call.action for call in current.actions)}


def _best_other(values: Floats) -> Floats:
    """For each place the greatest value at any other place."""
    if len(values) < 2:
        return np.zeros_like(values)
    best = int(values.argmax())
    others = np.full_like(values, values[best])
    others[best] = np.delete(values, best).max()
    return others


def fit(lessons: Sequence[Lesson], book: Book, seed: int) -> Naming:
    """Learns from wishes, the labels that hold for each, and the slots that their spans fill."""
    names = sorted(set().union(*(lesson.labels for lesson in lessons)))
    number = {name: place for place, name in enumerate(names)}
    targets = np.zeros((len(lessons), len(names)), dtype=np.float32)
    for row, lesson in enumerate(lessons):
        targets[row, [number[name] for name in lesson.labels]] = 1
    fitted, left_out = ridge.fit([lesson.wish.words for lesson in lessons], targets, names, penalty=PENALTY)
    features = [span_features(lesson.wish) if lesson.wish.spans else NOWHERE[None, :][:0] for lesson in lessons]
    answers = [
        [lesson.filled[span].name if span in lesson.filled else NONE for span in lesson.wish.spans]
        for lesson in lessons
    ]
    weights = _weighed(lessons, left_out, names, features, answers, book, seed)
    return Naming(fitted, _slots(features, answers, seed), weights)


def _slots(features: Sequence[Ids], answers: Sequence[Sequence[str]], seed: int) -> Softmax:
    """Learns which slot a span fills from the words around it; spans that fill none are learnt as such."""
    flat = [NONE, *(answer for own in answers for answer in own)]
    return softmax.fit(np.concatenate([NOWHERE[None, :], *features]), flat, 2**BITS, seed)


def _weighed(
    lessons: Sequence[Lesson],
    left_out: Floats,
    names: Sequence[str],
    features: Sequence[Ids],
    answers: Sequence[Sequence[str]],
    book: Book,
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    """The weights of the evidence: each half of the lessons is judged by slots learnt from the other half."""
    rows: dict[str, list[NDArray[np.float64]]] = {kind: [] for kind in KINDS}
    held: dict[str, list[NDArray[np.float64]]] = {kind: [] for kind in KINDS}
    for half in (0, 1):
        slots = _slots(features[1 - half :: 2], answers[1 - half :: 2], seed)
        columns = columns_of(names, slots.classes, book.elements)
        for row in range(half, len(lessons), 2):
            lesson = lessons[row]
            spans = slots.log_probabilities(features[row]) if len(features[row]) else None
            evidence = gathered(left_out[row], spans, slots.classes, lesson.wish, book, columns)
            for kind, ids, measured in by_kind(evidence, lesson.wish, book.elements):
                true = np.array([element in lesson.labels for element in ids])
                strong = np.argsort(-(measured[:, 1] + 0.1 * measured[:, 5]), kind="stable")[:RIVALS]
                kept = np.union1d(strong, np.flatnonzero(true))
                rows[kind].append(measured[kept])
                held[kind].append(true[kept].astype(np.float64))
    weights = {}
    for kind in KINDS:
        measured, true = np.concatenate(rows[kind]), np.concatenate(held[kind])
        weights[kind] = logistic.fit(measured, true)
        weights[f"read {kind}"] = logistic.fit(measured[:, READ], true)
    return weights
