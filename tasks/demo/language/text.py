"""What are the words, numbers and addresses of a merchant's sentence, and which words are the same word?

Shared by the embedded agent, reader and judge. It knows general English alone (endings, irregular verbs, number
words, stop words) and nothing of any product.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal["word", "number", "email", "url", "date", "tag", "mark"]

_TOKEN = re.compile(
    r"""
      (?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)
    | (?P<url>(?:https?://|www\.)[^\s"'<>)]*[^\s"'<>).,;!?])
    | (?P<date>\d{4}-\d{2}-\d{2}(?!\w))
    | (?P<number>[$€£]?\d+(?:[.,]\d+)*[km]?%?(?!\w))
    | (?P<tag>[\#@][^\W_]+(?:[_-][^\W_]+)*)
    | (?P<word>[^\W_]+(?:['’_-][^\W_]+)*)
    | (?P<mark>[^\w\s]|_)
    """,
    re.VERBOSE | re.IGNORECASE,
)

_STOP = """a an the and or but so if then when whenever while of to in on at by for from with as into that this these
    those it its it's is are was were be been being am do does did has have had will would can could should shall may
    might must i i'm i'd i've me my we us our you your they them their he she him her his there here please just also
    any some all every each want need like hey hi hello thanks thank pls let lets let's up out get gets make makes"""
STOP_WORDS = frozenset(_STOP.split())
"""Words that carry no subject. Negations, comparisons and numbers are not among them: they decide operators."""

_TO_NINETEEN = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen"""
_TO_NINETY = "ten twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: value for value, word in enumerate(_TO_NINETEEN.split())} | {"dozen": 12, "couple": 2}
_TENS = {word: 10 * value for value, word in enumerate(_TO_NINETY.split(), start=1) if value > 1}
_SMALL = _ONES | _TENS
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "grand": 1000}

_IRREGULAR = {
    form: base
    for base, forms in {
        "buy": "bought",
        "send": "sent",
        "pay": "paid",
        "sell": "sold",
        "give": "gave given",
        "get": "got gotten",
        "go": "went gone",
        "come": "came",
        "leave": "left",
        "spend": "spent",
        "make": "made",
        "write": "wrote written",
        "tell": "told",
        "say": "said",
        "keep": "kept",
        "hold": "held",
        "run": "ran",
        "take": "took taken",
        "put": "putting",
        "fall": "fell fallen",
        "rise": "rose risen",
        "build": "built",
        "bring": "brought",
        "begin": "began begun",
        "become": "became",
        "lose": "lost",
        "person": "people",
        "child": "children",
    }.items()
    for form in forms.split()
}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text: `text[start:end]`, what it looks like, and its lower-case form."""

    text: str
    lower: str
    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number said in figures or words: its value and the tokens `first..last` (inclusive) that say it."""

    value: int | float
    first: int
    last: int


def tokenize(text: str) -> tuple[Token, ...]:
    """The tokens of a text in order; white space is dropped, compounds (`high-value`, `don't`) stay whole."""
    return tuple(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        piece = match[0]
        kind: Kind = match.lastgroup  # type: ignore[assignment]  # the groups are named after the kinds
        yield Token(piece, piece.lower().replace("’", "'"), kind, match.start(), match.end())


def words(text: str) -> list[str]:
    """The lower-case words and numbers of a text, compounds split at `-` and `_`, marks left out."""
    return [
        part
        for token in _tokens(text)
        if token.kind != "mark"
        for part in (re.split(r"[-_]", token.lower.lstrip("#@")) if token.kind in ("word", "tag") else (token.lower,))
        if part
    ]


def stems(text: str) -> list[str]:
    """The stems of a text's words, stop words left out."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of a lower-case word: plural, tense, adverb and silent-e endings off (`cancelled` -> `cancel`).

    Light on purpose: nouns made from verbs keep their own stem, and a word of three letters stays as it is.
    """
    word = word.removesuffix("'s").removesuffix("'")
    if word in _IRREGULAR:
        word = _IRREGULAR[word]
    if len(word) <= 3 or not word.isalpha():
        return word
    return _final(_without_tense(_without_plural(word)))


def _without_plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _without_tense(word: str) -> str:
    for ending in ("ing", "ied", "ed", "ly"):
        rest = word.removesuffix(ending)
        if rest == word or len(rest) < 3 or not re.search(r"[aeiouy]", rest):
            continue
        if ending == "ied":
            return rest + "y"
        if ending != "ly" and rest[-1] == rest[-2] and rest[-1] not in "lsz":
            return rest[:-1]
        if ending != "ly" and rest.endswith("ll") and len(rest) > 4:
            return rest[:-1]
        return rest
    return word


def _final(word: str) -> str:
    if len(word) > 3 and word.endswith("e"):
        return word[:-1]
    if len(word) > 3 and word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "i"
    return word


def number_of(word: str) -> int | float | None:
    """The value of one token that is a number (`$1,200`, `15%`, `2.5k`, `seven`), else None."""
    lowered = word.lower()
    if lowered in _ONES:
        return _ONES[lowered]
    if lowered in _TENS:
        return _TENS[lowered]
    tens, _, ones = lowered.partition("-")
    if tens in _TENS and 0 < _ONES.get(ones, 0) < 10:
        return _TENS[tens] + _ONES[ones]
    match = re.fullmatch(r"[$€£]?(\d+(?:[.,]\d+)*)([km]?)%?", lowered)
    if match is None:
        return None
    digits = re.sub(r",(?=\d{3}(?!\d))", "", match[1]).replace(",", ".")
    if digits.count(".") > 1:
        return None
    value = float(digits) * {"": 1, "k": 1_000, "m": 1_000_000}[match[2]]
    return int(value) if value.is_integer() else value


def quantities(tokens: Sequence[Token]) -> tuple[Quantity, ...]:
    """Every number that the tokens say, in figures or in words: `two hundred and fifty`, `1.5k`."""
    found: list[Quantity] = []
    position = 0
    while position < len(tokens):
        quantity = _quantity_at(tokens, position)
        if quantity is None:
            position += 1
        else:
            found.append(quantity)
            position = quantity.last + 1
    return tuple(found)


def _quantity_at(tokens: Sequence[Token], first: int) -> Quantity | None:
    value: int | float | None = number_of(tokens[first].lower)
    if value is None:
        if tokens[first].lower in _SCALES:
            value = _SCALES[tokens[first].lower]
        else:
            return None
    last = first
    while last + 1 < len(tokens):
        following = tokens[last + 1].lower
        step = 2 if following == "and" and last + 2 < len(tokens) and value >= 100 else 1
        word = tokens[last + step].lower
        if step == 1 and word in _SCALES and value < _SCALES[word]:
            value *= _SCALES[word]
        elif word in _SMALL and not tokens[last].lower[-1].isdigit() and _fits(value, number_of(word)):
            value += number_of(word) or 0
        else:
            break
        last += step
    return Quantity(value, first, last)


def _fits(value: int | float, part: int | float | None) -> bool:
    """Whether a smaller number word goes on with the number said so far: `twenty` + `five`, `two hundred` + `fifty`."""
    if part is None or part <= 0:
        return False
    return (value % 100 == 0 and value > 0 and part < 100) or (value % 10 == 0 and value % 100 >= 20 and part < 10)


def one_error_apart(one: str, other: str) -> bool:
    """Whether two different words differ by one letter put in, left out, changed, or swapped with its neighbour."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    if len(one) > len(other):
        return one[start + 1 :] == other[start:]
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    swapped = start + 1 < len(one) and one[start] == other[start + 1] and one[start + 1] == other[start]
    return one[start + 1 :] == other[start + 1 :] or (swapped and one[start + 2 :] == other[start + 2 :])


class Spelling:
    """Finds the known word that a mistyped one meant. Words shorter than `shortest` letters must be exact.

    Indexes each known word by what is left when one letter is taken out, so a look-up costs a few dictionary reads.
    """

    def __init__(self, known: Iterable[str], shortest: int = 5) -> None:
        self._known = frozenset(known)
        self._shortest = shortest
        self._near: dict[str, list[str]] = {}
        for word in sorted(self._known):
            if len(word) >= shortest:
                for key in _with_one_out(word):
                    self._near.setdefault(key, []).append(word)

    def meant(self, word: str) -> str | None:
        """The word itself if known, else the first known word (by alphabet) one letter error away, else None."""
        if word in self._known:
            return word
        if len(word) < self._shortest or not word.isalpha():
            return None
        near = {known for key in _with_one_out(word) for known in self._near.get(key, ())}
        return min((known for known in near if one_error_apart(word, known)), default=None)


def _with_one_out(word: str) -> set[str]:
    return {word} | {word[:place] + word[place + 1 :] for place in range(len(word))}


def word_ngrams(words_in_order: Sequence[str], longest: int = 2) -> list[str]:
    """All runs of one to `longest` words, joined by a space."""
    return [
        " ".join(words_in_order[start : start + size])
        for size in range(1, longest + 1)
        for start in range(len(words_in_order) - size + 1)
    ]


def letter_ngrams(words_in_order: Iterable[str], shortest: int = 3, longest: int = 5) -> list[str]:
    """The letter runs of each word, its ends marked by `<` and `>`: what mistyped and inflected words still share."""
    return [gram for word in words_in_order for gram in _letter_ngrams(word, shortest, longest)]


@lru_cache(maxsize=65536)
def _letter_ngrams(word: str, shortest: int, longest: int) -> tuple[str, ...]:
    marked = f"<{word}>"
    return tuple(
        marked[start : start + size]
        for size in range(shortest, longest + 1)
        for start in range(len(marked) - size + 1)
        if size < len(marked)
    ) or (marked,)
