"""Does what a model wrote stand in somebody else's text? Told by words alone, in whatever dress they come.

So a quotation is known with other spaces, quotation marks, order of keys or escapes, and where its values are cut
short. A paraphrase is not.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")

LONG = 20_000
"""Characters from which a text is taken for a row's own and read anew: a cache would keep a thousand of them."""
_OPENING = re.compile(r'<(?P<kind>\w+) id="(?P<mark>b2-[0-9a-f]{32})">\n')
_ESCAPE = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|[bfnrt])")
_BETWEEN = re.compile(r"[\W_]+")


def fenced_texts(messages: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The texts that the messages fence by their hash (`tasks.adapters.prompts.fenced`)."""
    contents = [content for message in messages if isinstance(content := message.get("content"), str)]
    return tuple(text for content in contents for text in _fenced(content))


def quoted(found: Mapping[str, Any], texts: Sequence[str]) -> bool:
    """Whether one of the texts holds each key with its value, or with the beginning of it."""
    pairs = [_pair(name, value) for name, value in found.items()]
    return bool(pairs) and any(all(pair in words for pair in pairs) for words in map(_words, texts))


def _pair(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    words = _words(f"{name} {text}")
    return words.rstrip() if text.rstrip().endswith(("...", "…")) else words


def _remembered(most: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Keeps what was read in the last short texts: a judge's examples stand in every call of it."""

    def remembering(read: Callable[[str], T]) -> Callable[[str], T]:
        kept = lru_cache(maxsize=most)(read)
        return lambda text: kept(text) if len(text) < LONG else read(text)

    return remembering


@_remembered(64)
def _fenced(content: str) -> tuple[str, ...]:
    texts = []
    position = 0
    while opening := _OPENING.search(content, position):
        end = content.find(f'\n</{opening["kind"]} id="{opening["mark"]}">', opening.end())
        if end >= 0:
            texts.append(content[opening.end() : end])
        position = max(end, opening.end())
    return tuple(texts)


@_remembered(1024)
def _words(text: str) -> str:
    """The words with a space around each."""
    plain = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else " ", text)
    if not plain.isascii():
        seen = (letter for letter in plain if unicodedata.category(letter) != "Cf")
        plain = unicodedata.normalize("NFKC", "".join(seen))
    return _BETWEEN.sub(" ", f" {plain.casefold()} ")
