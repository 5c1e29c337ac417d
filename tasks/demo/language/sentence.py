"""Which words stand where in a text, as far as they are the writer's own and not quoted?"""

import re
from collections import defaultdict
from collections.abc import Callable

from tasks.demo.language.synonyms import meaning, turns_of_phrase
from tasks.demo.language.text import STOP_WORDS, Token, stem, tokenize, words

_LEADING_WORDS = "a an the is are not no when if by says as with than and or of on in to their his her"
_LEADING = frozenset(_LEADING_WORDS.split())
"""Words that may stand before a noun without changing what it means."""

QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|(?<!\w)'([^'\n]+)'(?!\w)")


def masked(text: str) -> str:
    """The text with quotations blanked out, of the same length: their words mention nothing."""
    return QUOTED.sub(lambda match: match[0][0] + " " * (len(match[0]) - 2) + match[0][-1], text)


def same_meaning(root: str) -> str:
    return meaning(root) or root


def root_of(word: str) -> str:
    """The stem of a word; `not` keeps apart from `note`."""
    return "not!" if word == "not" else stem(word)


class Sentence:
    """A text's tokens outside of quotations and, at each place, the stems that stand there; `words` has all stems."""

    def __init__(self, text: str, heard: Callable[[str], str] = root_of) -> None:
        self.text = text
        self.words = frozenset(stem(word) for word in words(text))
        self.tokens: tuple[Token, ...] = tokenize(masked(text))
        self.places: dict[str, list[int]] = defaultdict(list)
        self._run: list[tuple[int, str]] = []
        for place, token in enumerate(self.tokens):
            for word in parts_of(token):
                root = heard(word)
                self.places[root].append(place)
                self._run.append((place, same_meaning(root)))
        self._add_turns()

    def _add_turns(self) -> None:
        """A turn of phrase stands, at its first and last word, for the plain words of the same meaning."""
        for start, end, roots in turns_of_phrase(masked(self.text)):
            inside = [place for place, token in enumerate(self.tokens) if start <= token.start < end]
            for root in roots if inside else ():
                self.places[root] = sorted({*self.places.get(root, ()), inside[0], inside[-1]})

    def qualified(self, place: int) -> bool:
        """Whether a telling word stands right before a token."""
        before = self.tokens[place - 1] if place else None
        return before is not None and before.kind == "word" and before.lower not in STOP_WORDS | _LEADING

    def says(self, line: str, first: int, last: int, length: int) -> bool:
        """Whether words of the same meanings as in `line` stand at the tokens `first` to `last` or just around them."""
        near = [root for place, root in self._run if first - length <= place <= last + length]
        return line in f" {' '.join(near)} "


def parts_of(token: Token) -> list[str]:
    """The words of a token, compounds split; none for marks, addresses and numbers."""
    if token.kind not in ("word", "tag"):
        return []
    return [word for word in re.split(r"[-_]", token.lower.lstrip("#@")) if word]
