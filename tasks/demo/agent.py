"""The embedded agent: how does a request become a workflow, learnt from the chats of a training set?

Algorithm. A tagger and the shapes of words find values. Kernel ridge over n-grams, the match with the documentation in
the prompt and the values themselves say which elements are meant. Local regressions say which slot a value fills, how
a field is compared and what an edit takes away; a learned seam parts two wishes. The documentation, recited, teaches
what no row has taught yet. What the agent was not taught it gets wrong or refuses. It uses only elements that the
documentation in its prompt lists; where a prompt lists none, those of its training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tasks.demo.learner import naming, operators, tagger, wishes
from tasks.demo.learner.book import Book, Columns, book_of, columns_of
from tasks.demo.learner.draft import Draft
from tasks.demo.learner.examples import Lesson, Wish, asked, mentioned, parted, wish
from tasks.demo.learner.heard import Hearing, known_words
from tasks.demo.learner.lessons import (
    REFUSE,
    Chat,
    bared,
    chat,
    comparisons,
    lesson,
    removals,
    request_of,
    whole_wish,
)
from tasks.demo.learner.manual import recitals
from tasks.demo.learner.naming import Naming
from tasks.demo.learner.operators import Operators
from tasks.demo.learner.package import (
    packed,
    prefixed,
    ridge_of,
    ridge_parts,
    softmax_of,
    softmax_parts,
    under,
    unpacked,
)
from tasks.demo.learner.ridge import Floats
from tasks.demo.learner.slots import Elements, placed_values, says
from tasks.demo.learner.spans import Span, shaped_spans, with_tagged
from tasks.demo.learner.tagger import Tagger
from tasks.demo.learner.wishes import Seams, told_apart
from tasks.demo.workflow import Workflow, render_answer
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import content_hash

RECITALS = 600
"""How many made-up requests the documentation is recited in."""
DOUBLES = 120
"""How many pairs of recitals stand for messages of two wishes."""
MOST = 9_000
"""From how many rows it learns at most: the kernel has the square of that. More are thinned out by their hash."""
FAMILIAR = 3
"""How often a word must come in the training before another may be taken for a misspelling of it."""

REFUSAL = "Sorry, I can't build that with the triggers, conditions and actions that I have."


@dataclass(frozen=True)
class Agent:
    """A trained agent. It keeps the documentation of its training for prompts that have none."""

    documentation: str
    hearing: Hearing
    tagger: Tagger
    naming: Naming
    operators: Operators
    removals: Operators | None
    seams: Seams
    _last: list[tuple[Book, Columns]] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def load(cls, data: bytes) -> "Agent":
        """The agent that `train` packed. Raises WrongInput for anything else."""
        content, arrays = unpacked(data)
        regressions = {name: softmax_of(part, under(name, arrays)) for name, part in content["regressions"].items()}
        weights = {kind: np.array(row, dtype=np.float64) for kind, row in content["weights"].items()}
        return cls(
            content["documentation"],
            Hearing(content["words"]),
            Tagger(regressions["tagger"]),
            Naming(ridge_of(content["ridge"], under("ridge", arrays)), regressions["slots"], weights),
            Operators(regressions["operators"]),
            Operators(regressions["removals"]) if "removals" in regressions else None,
            Seams(regressions["seams"], np.array(content["seams"], dtype=np.float64)),
        )

    def packed(self) -> bytes:
        """The agent as bytes, the same for the same training."""
        ridge, arrays = ridge_parts(self.naming.ridge)
        regressions = {
            "tagger": self.tagger.regression,
            "slots": self.naming.slots,
            "operators": self.operators.regression,
            "seams": self.seams.regression,
        }
        if self.removals is not None:
            regressions["removals"] = self.removals.regression
        named = {name: softmax_parts(regression) for name, regression in regressions.items()}
        content = {
            "documentation": self.documentation,
            "words": sorted(self.hearing.known),
            "ridge": ridge,
            "weights": {kind: row.tolist() for kind, row in self.naming.weights.items()},
            "seams": self.seams.weights.tolist(),
            "regressions": {name: part for name, (part, _) in named.items()},
        }
        all_arrays = prefixed("ridge", arrays)
        for name, (_, own) in named.items():
            all_arrays |= prefixed(name, own)
        return packed(content, all_arrays)

    def answer(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """A sentence and a workflow (or several), or a refusal."""
        request = asked(messages)
        book = book_of(request.prompt)
        if book.lists_nothing:
            book = book_of(self.documentation)
        if not book.elements.triggers or not book.elements.actions:
            return REFUSAL
        tokens = self.hearing.tokens(request.text)
        spans = with_tagged(request.text, tokens, shaped_spans(request.text, tokens), self.tagger.runs(tokens))
        whole = wish(tokens, spans, request.current)
        if not whole.words:
            return REFUSAL
        seam = self.seams.seam(whole, self.naming.ridge, book.elements)
        built = [self._built(one, book) for one in ([whole] if seam is None else parted(whole, seam))]
        done = [each for each in built if each is not None]
        return render_answer(done) if done else REFUSAL

    def _built(self, said: Wish, book: Book) -> Workflow | None:
        ridge = self.naming.ridge
        parts = ridge.parts(said.words)
        scores = ridge.offset + parts.sum(axis=0)
        labels = {label: place for place, label in enumerate(ridge.labels)}
        if REFUSE in labels and scores[labels[REFUSE]] > 0.5:
            return None
        evidence = self.naming.evidence(scores, said, book, self._columns(book))
        sure = self.naming.probabilities(evidence, said, book.elements)
        choices = dict(zip(ridge.labels, scores.tolist(), strict=True))
        draft = Draft(said, book.elements, evidence, sure, choices, parts, labels, self.operators, self.removals)
        return draft.new() if said.current is None else draft.edited(said.current)

    def _columns(self, book: Book) -> Columns:
        if not self._last or self._last[0][0] is not book:
            self._last[:] = [(book, columns_of(self.naming.ridge.labels, self.naming.slots.classes, book.elements))]
        return self._last[0][1]


def train(rows: Sequence[Mapping[str, Any]], documentation: str, seed: int = 0) -> bytes:
    """Learns an agent from chats (`{"messages": [...]}`, its last message the wanted answer) and the documentation.

    The order of the rows does not matter; answers of three or more workflows teach nothing. Raises WrongInput where
    there are no rows, a row has no answer, or the documentation lists nothing.
    """
    book = book_of(documentation)
    elements = book.elements
    if not rows or not elements.triggers or not elements.actions:
        raise WrongInput(
            f"nothing to learn from: {len(rows)} rows, {len(elements.triggers)} triggers and "
            f"{len(elements.actions)} actions in the documentation",
            fix="Give chats of the training set and the documentation as the prompts render it.",
        )
    ordered = sorted(rows, key=lambda row: content_hash(row["messages"]))[:MOST]
    hearing = Hearing(known_words([request_of(row).text for row in ordered], documentation, FAMILIAR))
    chats = [chat(row, hearing, elements) for row in ordered]
    tags = tagger.fit([bared(each, elements) for each in chats], seed)
    single = [
        lesson(whole_wish(each), each.wanted[0] if each.wanted else None, elements)
        for each in chats
        if len(each.wanted) < 2
    ]
    recited = list(recitals(book.catalogue, elements, RECITALS, seed))
    learnt = naming.fit([*single, *recited], book, seed)
    double = [each for each in chats if len(each.wanted) == 2 and each.asked.current is None]
    seams, halves = _seams(double, single, recited, learnt, elements, seed)
    placed = [place for each in [*single, *halves] for place in comparisons(each, learnt, elements)]
    removed = [place for each in single for place in removals(each, learnt, elements)]
    agent = Agent(
        documentation,
        hearing,
        tags,
        learnt,
        operators.fit(placed, seed),
        operators.fit(removed, seed) if removed else None,
        seams,
    )
    return agent.packed()


def _seams(
    double: Sequence[Chat],
    single: Sequence[Lesson],
    recited: Sequence[Lesson],
    learnt: Naming,
    elements: Elements,
    seed: int,
) -> tuple[Seams, list[Lesson]]:
    """Learns where messages of two wishes part, and the lessons of the parts."""
    labels = learnt.ridge.labels
    known: list[tuple[Wish, Floats, int]] = []
    halves: list[Lesson] = []
    for each in double:
        whole = whole_wish(each)
        parts = learnt.ridge.parts(whole.words)
        first, second = each.wanted
        owners: dict[Span, int] = {}
        for span in whole.spans:
            own = [any(says(span, slot, value) for slot, value in placed_values(one, elements)) for one in each.wanted]
            if own[0] != own[1]:
                owners[span] = own.index(True)
        seam, turned = told_apart(whole, parts, labels, (mentioned(first, None), mentioned(second, None)), owners)
        known.append((whole, parts, seam))
        sides = zip(parted(whole, seam), (second, first) if turned else (first, second), strict=True)
        halves += [lesson(said, wanted, elements) for said, wanted in sides]
    plain = [each.wish for each in single if each.wish.current is None]
    step = max(1, len(plain) // 400)
    for one, other in zip(recited[:DOUBLES], recited[DOUBLES : 2 * DOUBLES], strict=False):
        joined = _joined(one.wish, other.wish)
        known.append((joined, learnt.ridge.parts(joined.words), len(one.wish.words)))
    alone = [(said, learnt.ridge.parts(said.words)) for said in plain[::step]]
    alone += [(each.wish, learnt.ridge.parts(each.wish.words)) for each in recited[2 * DOUBLES : 3 * DOUBLES]]
    share = (len(double) + 1) / (len(double) + len(plain) + 100)
    return wishes.fit(alone, known, labels, elements, share, seed), halves


def _joined(one: Wish, other: Wish) -> Wish:
    words = (*one.words, *other.words)
    return Wish((), (), words, tuple(range(len(words))), None)
