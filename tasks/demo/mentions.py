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
from tasks.demo.synonyms import meaning
from tasks.demo.text import STOP_WORDS, Spelling, Token, stem, tokenize

LEAST_SHARE = 0.5
"""A phrase of which less than half (by the rarity of its words) is found is no mention."""

COMMON = 1.0
"""How much rarity the words of a mention must have before it counts half: `order` alone mentions nothing."""

_NEGATIVE = ("not!", "no", "never", "without")
NEARLY = 0.8
"""What a word of the same meaning is worth, beside the word itself."""

_EMPTY = STOP_WORDS | {"whether"}
_BASE = {"phrase": 1.0, "id": 0.9, "description": 0.8}


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
    run: tuple[str, ...]
    stems: tuple[str, ...]
    weight: float


class Sentence:
    """A text's tokens and, at each place, the stems that stand there."""

    def __init__(self, text: str, spelling: Spelling | None = None) -> None:
        self.text = text
        self.tokens: tuple[Token, ...] = tokenize(text)
        self.places: dict[str, list[int]] = defaultdict(list)
        self._run: list[tuple[int, str]] = []
        for place, token in enumerate(self.tokens):
            for word in _parts(token):
                root = _root(word)
                meant = spelling.meant(root) if spelling and word not in STOP_WORDS else None
                self.places[meant or root].append(place)
                self._run.append((place, meant or root))

    def says(self, run: Sequence[str], first: int, last: int) -> bool:
        """Whether these stems (or others of their meaning) stand one after another at the tokens `first` to `last` or just around them."""
        near = [_same(root) for place, root in self._run if first - len(run) <= place <= last + len(run)]
        return f" {' '.join(map(_same, run))} " in f" {' '.join(near)} "


class Dictionary:
    """The phrases of a documentation's entries, indexed by their words."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self.rarity = _rarity(self.entries)
        self.spelling = Spelling(self.rarity)
        self._vocabulary = {
            (entry.kind, entry.name): frozenset(root for _, text in entry.texts for root in _subject(text))
            for entry in self.entries
        }
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
        self._phrases.append(_Phrase(entry, base, _run(text), stems, weight))

    def stems_of(self, kind: str, name: str) -> frozenset[str]:
        """The stems of everything that is told of an entry; none where it is unknown."""
        return self._vocabulary.get((kind, name), frozenset())

    def read(self, text: str) -> Sentence:
        """The sentence with its misspelt words understood as the dictionary's."""
        return Sentence(text, self.spelling)

    def mentions(self, sentence: Sentence) -> tuple[Mention, ...]:
        """Every mention, the strongest first; an entry may be mentioned by several of its phrases."""
        found: dict[int, float] = defaultdict(float)
        places: dict[int, dict[str, list[int]]] = defaultdict(dict)
        for root, at in sentence.places.items():
            for number in self._index.get(root, ()):
                found[number] += self.rarity[root]
                places[number][root] = at
        for root, at in sentence.places.items():
            for number, meant in self._near.get(meaning(root) or "", ()):
                if meant not in places[number]:
                    found[number] += NEARLY * self.rarity[meant]
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
        loose = len(phrase.stems) / (0.7 * len(phrase.stems) + 0.3 * len(phrase.run))
        closeness = min(1.0, loose) / (1 + 0.15 * spread)
        strength = phrase.base * (weight / phrase.weight) ** 1.5 * closeness * weight / (weight + COMMON)
        if len(places) == len(phrase.stems) and sentence.says(phrase.run, first, last):
            strength = max(strength, phrase.base)
        entry = self.entries[phrase.entry]
        negative = any(root in _NEGATIVE for root in phrase.run)
        return Mention(entry.kind, entry.name, strength, first, last, tuple(places), negative)


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
    words = [word for token in tokenize(text) for word in _parts(token)]
    return tuple(dict.fromkeys(_root(word) for word in words if word not in _EMPTY)) or tuple(map(_root, words))


@lru_cache(maxsize=4096)
def _run(text: str) -> tuple[str, ...]:
    """The stems of a phrase in their order, without the article or the dot at its ends."""
    words = [word for token in tokenize(text) for word in _parts(token)]
    return tuple(_root(word) for word in (words[1:] if words[0] in ("a", "an", "the", "whether") else words))


def _same(root: str) -> str:
    return meaning(root) or root


def _root(word: str) -> str:
    """The stem of a word; `not` keeps apart from `note`."""
    return "not!" if word == "not" else stem(word)


def _parts(token: Token) -> list[str]:
    """The words of a token, compounds split; none for marks, addresses and numbers."""
    if token.kind not in ("word", "tag"):
        return []
    return [word for word in re.split(r"[-_]", token.lower.lstrip("#@")) if word]


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
