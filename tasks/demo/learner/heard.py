"""Which word was meant? A word that nobody uses, one letter off a word that is known, is taken for that one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tasks.demo.language.text import Spelling, Token, tokenize


class Hearing:
    """The words that are known: those of the documentation, and those that come often enough in the training."""

    def __init__(self, known: Iterable[str]) -> None:
        self.known = frozenset(known)
        self._spelling = Spelling(self.known, shortest=4)

    def tokens(self, text: str) -> tuple[Token, ...]:
        """The tokens of a text; the lower-case form of a mistyped word is the word that was meant."""
        return tuple(self._meant(token) for token in tokenize(text))

    def _meant(self, token: Token) -> Token:
        if token.kind != "word" or token.lower in self.known:
            return token
        meant = self._spelling.meant(token.lower)
        return token if meant is None else replace(token, lower=meant)


def known_words(texts: Sequence[str], documentation: str, least: int) -> frozenset[str]:
    """The words of the documentation and those that come at least so often in the texts."""
    count = Counter(token.lower for text in texts for token in tokenize(text) if token.kind == "word")
    told = {token.lower for token in tokenize(documentation) if token.kind == "word"}
    return frozenset(word for word in {*count, *told} if word.isalpha() and (word in told or count[word] >= least))
