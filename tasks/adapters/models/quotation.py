"""Does what a model wrote stand in somebody else's text? Told by words alone, in whatever dress they come.

So a quotation is known with other spaces, quotation marks, order of keys or escapes, and where its values are cut
short. A paraphrase is not.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from tasks.adapters.models.dress import bare, decodings, look_alikes

T = TypeVar("T")

LONG = 20_000
"""Characters from which a text is taken for a row's own and read anew: a cache would keep a thousand of them."""
SOON = 60
"""Letters that may stand between a key and its value where somebody asks for it in a sentence."""

_OPENING = re.compile(r'<(?P<kind>\w+) id="(?P<mark>b2-[0-9a-f]{32})">\n')
_ESCAPE = re.compile(r"(?<!\\)\\+(?:u([0-9a-fA-F]{4})|[bfnrt])")
_BETWEEN = re.compile(r"[\W_]+")


def fenced_texts(messages: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The texts that the messages fence by their hash (`tasks.adapters.prompts.fenced`)."""
    contents = [content for message in messages if isinstance(content := message.get("content"), str)]
    return tuple(text for content in contents for text in _fenced(content))


def quoted(found: Mapping[str, Any], texts: Sequence[str]) -> bool:
    """Whether one of the texts holds each key with its value, or with the beginning of it."""
    pairs = [_pair(name, value) for name, value in found.items()]
    read = (words for text in texts for words in _readings(text))
    return bool(pairs) and any(all(pair in words for pair in pairs) for words in read)


def hinted(found: Mapping[str, Any], texts: Sequence[str]) -> bool:
    """Whether one of the texts may want just these values: each key with its value soon after, however it is hidden."""
    pairs = [[re.escape(_words(str(part)).replace(" ", "")) for part in pair] for pair in found.items()]
    wanted = [re.compile(rf"{name}.{{0,{SOON}}}{value}") for name, value in pairs]
    ways = (way for text in texts for way in _squeezed(text))
    return bool(wanted) and any(all(each.search(way) for each in wanted) for way in ways)


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


@_remembered(256)
def _readings(text: str) -> tuple[str, ...]:
    """The words of a text as it stands, and of what is encoded in it where something is."""
    return tuple(dict.fromkeys(map(_words, (text, *decodings(text)))))


def _words(text: str) -> str:
    """The words with a space around each."""
    plain = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else " ", text)
    return _BETWEEN.sub(" ", f" {bare(plain).casefold()} ")


@_remembered(256)
def _squeezed(text: str) -> tuple[str, ...]:
    """The letters and digits alone, forwards, backwards and turned by 13 places, of the text and its decodings."""
    letters = [look_alikes(_words(each)).replace(" ", "") for each in (text, *decodings(text))]
    return tuple(dict.fromkeys(way for each in letters for way in (each, each[::-1], codecs.decode(each, "rot13"))))
