"""Which elements of a documentation does a sentence mention, and in which of its words?

Dictionary matching: an element is mentioned where the words of one of its phrases, of its id or of its description
stand close together. Rare words count for more than those that many elements share.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tasks.demo.catalogue import Action, Catalogue, Field, Trigger, Value
from tasks.demo.language.sentence import Sentence, parts_of, root_of, same_meaning
from tasks.demo.language.synonyms import meaning
from tasks.demo.language.text import STOP_WORDS, Spelling, tokenize, words

LEAST_SHARE = 0.5
"""A phrase of which less than half (by the rarity of its words) is found is no mention."""

COMMON = 1.0
"""How much rarity the words of a mention must have before it counts half: `order` alone mentions nothing."""

_NEGATIVE = ("not!", "no", "never", "without")
QUALIFIED = 0.7
"""What a phrase of one word is worth after another telling word: `average basket` is not just `basket`."""

ALONE = 0.6
"""What one word of a phrase of several is worth: `list` is not yet `list the product`."""

NEARLY = 0.8
"""What a word of the same meaning is worth, beside the word itself."""

_EMPTY = STOP_WORDS | {"whether"}
_BASE = {"phrase": 1.0, "id": 0.9, "learnt": 0.9, "description": 0.8}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be mentioned: its kind and name, and the texts that speak of it, each with its source."""

    kind: str
    name: str
    texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """An entry found in a sentence: how well (0 to 1), by which tokens (first to last), by which stems."""

    kind: str
    name: str
    strength: float
    first: int
    last: int
    stems: tuple[str, ...]
    negative: bool = False
    """Whether the phrase itself denies something (`not confirmed yet`)."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    entry: int
    base: float
    length: int
    line: str
    negative: bool
    stems: tuple[str, ...]
    weight: float


class Dictionary:
    """The phrases of a documentation's entries, indexed by their words."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self.rarity = _rarity(self.entries)
        self.heard = lru_cache(maxsize=16)(self._hear)
        """The sentence, its misspelt words understood as the dictionary's, and all mentions in it, strongest first."""
        self._spelling = Spelling(word for entry in self.entries for _, text in entry.texts for word in words(text))
        self._vocabulary = {
            (entry.kind, entry.name): frozenset(root for _, text in entry.texts for root in _subject(text))
            for entry in self.entries
        }
        self._speakers: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._meanings: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for owner, roots in self._vocabulary.items():
            for root in roots:
                self._speakers[root].add(owner)
                self._meanings[meaning(root) or root].add(owner)
        self._phrases: list[_Phrase] = []
        self._index: dict[str, list[int]] = defaultdict(list)
        self._near: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for number, entry in enumerate(self.entries):
            for source, text in entry.texts:
                self._add(number, _BASE[source], text)

    def _add(self, entry: int, base: float, text: str) -> None:
        stems = _subject(text)
        for root in stems:
            self._index[root].append(len(self._phrases))
            if group := meaning(root):
                self._near[group].append((len(self._phrases), root))
        weight = sum(self.rarity[root] for root in stems)
        run = _run(text)
        line = f" {' '.join(map(same_meaning, run))} "
        negative = any(root in _NEGATIVE for root in run)
        self._phrases.append(_Phrase(entry, base, len(run), line, negative, stems, weight))

    @property
    def rarest(self) -> float:
        """The rarity of a word that no entry has."""
        return math.log(len(self.entries) + 2)

    def speakers(self, root: str) -> dict[tuple[str, str], float]:
        """The entries whose texts hold a stem (1) or another of its meaning (a little less)."""
        near = dict.fromkeys(self._meanings.get(meaning(root) or "", ()), NEARLY)
        return near | dict.fromkeys(self._speakers.get(root, ()), 1.0)

    def stems_of(self, kind: str, name: str) -> frozenset[str]:
        """The stems of everything that is told of an entry; none where it is unknown."""
        return self._vocabulary.get((kind, name), frozenset())

    def _stem_of(self, word: str) -> str:
        """The stem of a word, of the dictionary's word where it seems to be that one mistyped."""
        root = root_of(word)
        if root in self.rarity or word in STOP_WORDS:
            return root
        meant = self._spelling.meant(word)
        return root_of(meant) if meant else root

    def _hear(self, text: str) -> tuple[Sentence, tuple[Mention, ...]]:
        sentence = Sentence(text, self._stem_of)
        return sentence, self._mentions(sentence)

    def _mentions(self, sentence: Sentence) -> tuple[Mention, ...]:
        found: dict[int, float] = defaultdict(float)
        places: dict[int, dict[str, list[int]]] = defaultdict(dict)
        for root, at in sentence.places.items():
            for number in self._index.get(root, ()):
                found[number] += self.rarity[root]
                places[number][root] = at
        for root, at in sentence.places.items():
            for number, meant in self._near.get(meaning(root) or "", ()):
                if meant not in places[number]:
                    found[number] += NEARLY * min(self.rarity[meant], self.rarity.get(root, self.rarest))
                    places[number][meant] = at
        mentions = [
            self._mention(self._phrases[number], sentence, weight, places[number], run)
            for number, weight in found.items()
            if weight >= LEAST_SHARE * self._phrases[number].weight
            for run in _runs(places[number])
        ]
        return tuple(sorted(mentions, key=lambda mention: (-mention.strength, mention.first, mention.name)))

    def _mention(
        self,
        phrase: _Phrase,
        sentence: Sentence,
        weight: float,
        places: dict[str, list[int]],
        run: tuple[int, int],
    ) -> Mention:
        first, last = run
        spread = max(0, last - first + 1 - 2 * len(places))
        loose = len(phrase.stems) / (0.7 * len(phrase.stems) + 0.3 * phrase.length)
        closeness = min(1.0, loose) / (1 + 0.15 * spread)
        strength = phrase.base * (weight / phrase.weight) ** 1.5 * closeness * weight / (weight + COMMON)
        if len(places) == 1 < len(phrase.stems):
            strength *= ALONE
        if len(places) == len(phrase.stems) and sentence.says(phrase.line, first, last, phrase.length):
            strength = max(strength, phrase.base)
        if phrase.length == 1 and sentence.qualified(first):
            strength *= QUALIFIED
        entry = self.entries[phrase.entry]
        return Mention(entry.kind, entry.name, strength, first, last, tuple(places), phrase.negative)


def entries_of(catalogue: Catalogue) -> tuple[Entry, ...]:
    """What a documentation lets one mention: triggers, fields, actions, and the values of enums as `owner=VALUE`."""
    owners: list[tuple[str, Trigger | Field | Action]] = [
        *(("trigger", trigger) for trigger in catalogue.triggers),
        *(("field", field) for field in catalogue.fields),
        *(("action", action) for action in catalogue.actions),
    ]
    named = [Entry(kind, element.id, _texts(element)) for kind, element in owners]
    values = [(field.id, value) for field in catalogue.fields for value in field.values]
    values += [
        (f"{action.id}.{part.name}", value)
        for action in catalogue.actions
        for part in action.parameters
        for value in part.values
    ]
    return (*named, *(Entry("value", f"{owner}={value.id}", _value_texts(value)) for owner, value in values))


def _texts(element: Trigger | Field | Action) -> tuple[tuple[str, str], ...]:
    described = (("description", element.description),) if element.description else ()
    return (*(("phrase", phrase) for phrase in element.phrases), ("id", words_of_id(element.id)), *described)


def _value_texts(value: Value) -> tuple[tuple[str, str], ...]:
    return (*(("phrase", phrase) for phrase in value.phrases), ("phrase", words_of_id(value.id)))


def strongest(mentions: Sequence[Mention]) -> dict[tuple[str, str], Mention]:
    """The strongest mention of each entry, by kind and name."""
    best: dict[tuple[str, str], Mention] = {}
    for mention in mentions:
        best.setdefault((mention.kind, mention.name), mention)
    return best


def words_of_id(name: str) -> str:
    """An identifier as words: `customer.account_status` -> `customer account status`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.sub(r"[^A-Za-z0-9]+", " ", spaced).strip().lower()


@lru_cache(maxsize=4096)
def _subject(text: str) -> tuple[str, ...]:
    """The stems of a phrase without its stop words, each once; with them, where there is nothing else."""
    said = [word for token in tokenize(text) for word in parts_of(token)]
    return tuple(dict.fromkeys(root_of(word) for word in said if word not in _EMPTY)) or tuple(map(root_of, said))


@lru_cache(maxsize=4096)
def _run(text: str) -> tuple[str, ...]:
    """The stems of a phrase in their order, without the article or the dot at its ends."""
    said = [word for token in tokenize(text) for word in parts_of(token)]
    return tuple(root_of(word) for word in (said[1:] if said and said[0] in ("a", "an", "the", "whether") else said))


def _rarity(entries: Sequence[Entry]) -> dict[str, float]:
    """What a word tells: the logarithm of how few entries use it."""
    users: dict[str, int] = defaultdict(int)
    for entry in entries:
        for root in {root for _, text in entry.texts for root in _subject(text)}:
            users[root] += 1
    return {root: math.log((len(entries) + 2) / count) for root, count in users.items()}


def _runs(places: dict[str, list[int]]) -> set[tuple[int, int]]:
    """For each occurrence of the rarest word, the run of tokens around it that holds all the words."""
    anchor = min(places.values(), key=len)
    runs = set()
    for place in anchor:
        near = [min(at, key=lambda other: (abs(other - place), -other)) for at in places.values()]
        runs.add((min(near), max(near)))
    return runs
