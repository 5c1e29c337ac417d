"""Which requests say nearly the same? Those whose word triples overlap: Jaccard, checked exactly on likely pairs.

Likely pairs come from MinHash in bands (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4),
so time grows with the texts and not with their pairs. Groups are the connected components: a chain of near pairs is
one group. Nothing depends on the order of the texts.

Limits: a pair right at the threshold goes unseen about once in a million; and in a bucket of more than 64 different
texts each is compared with up to 64 of them, so a long chain may stay in parts.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]
Floats = NDArray[np.float64]
Words = tuple[str, ...]

FUNCTIONS = 128
"""MinHash functions at most; the threshold decides how many of them make a band."""
UNSEEN = 1e-6
LARGE = 64

_WORD = re.compile(r"\w+")


def near_duplicate_groups(texts: Sequence[str], threshold: float) -> list[int]:
    """The group of each text: texts share a number where a chain of pairs at least this similar connects them.

    Groups are numbered by their first text. An empty text stands alone: nothing is known of it.
    """
    worded = [_words(text) for text in texts]
    distinct = sorted({words for words in worded if words})
    shingled = _Shingled(distinct)
    parents = list(range(len(distinct)))
    for bucket in _buckets(shingled, threshold):
        _connect(bucket, shingled, parents, threshold)
    component = {words: _root(parents, place) for place, words in enumerate(distinct)}
    numbers: dict[int, int] = {}
    return [
        numbers.setdefault(component[words] if words else -1 - place, len(numbers))
        for place, words in enumerate(worded)
    ]


def close_to(texts: Sequence[str], known: Sequence[str], threshold: float) -> list[int]:
    """The places of the texts that are at least this similar to a known one. Exact; an empty text is close to none."""
    asked = {place: words for place, text in enumerate(texts) if (words := _words(text))}
    others = [words for text in known if (words := _words(text))]
    if not asked or not others:
        return []
    shingled = _Shingled([*others, *asked.values()])
    places = list(range(len(others)))
    part, sizes = shingled.part(places), shingled.sizes[places]
    return [
        place
        for row, place in enumerate(asked, len(others))
        if (shingled.similarities(row, part, sizes) >= threshold).any()
    ]


class _Shingled:
    """Texts as sets of hashed word triples; a text of one or two words is one triple. `count` is how many texts.

    The text at `place` has the shingles `hashes[starts[place]:starts[place + 1]]`, each once; `numbers` are the same in
    small numbers.
    """

    def __init__(self, texts: Sequence[Words]) -> None:
        padded = [(*text, "", "")[: max(3, len(text))] for text in texts]
        word_hash = {word: _hash_of(word) for text in padded for word in text}
        flat = np.fromiter((word_hash[word] for text in padded for word in text), dtype=np.uint64)
        owner = np.repeat(np.arange(len(padded)), [len(text) for text in padded])
        inside = owner[:-2] == owner[2:]
        triples, owner = _mixed(_mixed(_mixed(flat[:-2]) + flat[1:-1]) + flat[2:])[inside], owner[:-2][inside]
        order = np.lexsort((triples, owner))
        triples, owner = triples[order], owner[order]
        once = np.append(True, (np.diff(owner) != 0) | (np.diff(triples) != 0))[: len(owner)]
        self.count = len(padded)
        self.hashes = triples[once]
        self.starts = np.searchsorted(owner[once], np.arange(self.count + 1))
        self.sizes = np.diff(self.starts)
        known, self.numbers = np.unique(self.hashes, return_inverse=True)
        self._marked = np.zeros(len(known), dtype=np.bool_)

    def part(self, places: Sequence[int]) -> tuple[Places, Places]:
        """The shingle numbers of some texts, one after the other, and where each text starts."""
        pieces = [self.numbers[self.starts[place] : self.starts[place + 1]] for place in places]
        return np.concatenate(pieces), np.concatenate(([0], np.cumsum(self.sizes[places])[:-1]))

    def similarities(self, one: int, part: tuple[Places, Places], sizes: Places) -> Floats:
        """Jaccard's index of one text with each of a part."""
        own = self.numbers[self.starts[one] : self.starts[one + 1]]
        self._marked[own] = True
        common = np.add.reduceat(self._marked[part[0]], part[1], dtype=np.int64)
        self._marked[own] = False
        found: Floats = common / (sizes + len(own) - common)
        return found

    def least(self, function: int) -> Hashes:
        """The least value of one MinHash function in each text."""
        multiplier, addend = np.uint64(_hash_of(f"times {function}") | 1), np.uint64(_hash_of(f"plus {function}"))
        return np.minimum.reduceat(_mixed(self.hashes * multiplier + addend), self.starts[:-1])


def _words(text: str) -> Words:
    """The words of a text without case and punctuation; the bare text where it has none."""
    return tuple(_WORD.findall(text.casefold())) or tuple(text.split())


def _buckets(shingled: _Shingled, threshold: float) -> Iterator[list[int]]:
    """Texts that agree in all MinHash functions of a band, band by band, so that one band is in memory at a time."""
    if shingled.count < 2:
        return
    rows = _rows_of_a_band(threshold)
    for band in range(FUNCTIONS // rows):
        key = np.zeros(shingled.count, dtype=np.uint64)
        for function in range(band * rows, (band + 1) * rows):
            key = _mixed(key + shingled.least(function))
        order = np.argsort(key, kind="stable")
        first = np.append(0, np.flatnonzero(np.diff(key[order])) + 1)
        last = np.append(first[1:], len(order))
        several = last - first > 1
        yield from (order[one:end].tolist() for one, end in zip(first[several], last[several], strict=True))


def _rows_of_a_band(threshold: float) -> int:
    """As many as still miss a pair at the threshold less than once in a million; one where none is so sure."""
    sure = (rows for rows in range(FUNCTIONS, 0, -1) if (1 - threshold**rows) ** (FUNCTIONS // rows) <= UNSEEN)
    return next(sure, 1)


def _connect(bucket: list[int], shingled: _Shingled, parents: list[int], threshold: float) -> None:
    """Joins the near texts of a bucket. In a large one, a text that a leader has joined leads no more."""
    if len({_root(parents, place) for place in bucket}) == 1:
        return
    part, sizes = shingled.part(bucket), shingled.sizes[bucket]
    waiting = dict.fromkeys(range(len(bucket)))
    for _ in range(min(LARGE, len(bucket) - 1)):
        if not waiting:
            return
        leader = next(iter(waiting))
        del waiting[leader]
        for near in np.flatnonzero(shingled.similarities(bucket[leader], part, sizes) >= threshold).tolist():
            one, two = sorted((_root(parents, bucket[leader]), _root(parents, bucket[near])))
            parents[two] = one
            if len(bucket) > LARGE:
                waiting.pop(near, None)


def _root(parents: list[int], place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


def _mixed(values: Hashes) -> Hashes:
    """The finaliser of splitmix64: every bit of the argument moves about half of the result's."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _hash_of(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
