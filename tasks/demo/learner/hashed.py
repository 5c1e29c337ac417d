"""Which features has a text or a token? Integers: the crc32 of a word or n-gram, mixed with its place and folded.

Hashing needs no vocabulary in the artifact and gives the same feature on every machine.
"""

import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tasks.demo.language.text import letter_ngrams

Ids = NDArray[np.int64]

_ODD = np.int64(0x9E3779B1)
_LOW = np.int64(0xFFFFFFFF)


@lru_cache(maxsize=200_000)
def word_id(word: str) -> int:
    """A 32-bit number for a word or n-gram."""
    return zlib.crc32(word.encode())


@lru_cache(maxsize=50_000)
def letter_ids(word: str) -> Ids:
    """The numbers of a word's letter runs, apart from those of words."""
    return np.array([word_id("#" + gram) for gram in letter_ngrams([word])], dtype=np.int64)


def word_ids(words: Sequence[str]) -> Ids:
    """The numbers of words."""
    return np.array([word_id(word) for word in words], dtype=np.int64)


def mixed(ids: Ids, salt: Ids | int) -> Ids:
    """The ids told apart by a salt: the same word at another place, or the pair of two ids."""
    return (((ids + 1) * _ODD) ^ (np.asarray(salt, dtype=np.int64) * np.int64(40503) + 977)) & _LOW


def folded(ids: Ids, bits: int) -> Ids:
    """The ids in `[0, 2**bits)`, mixed well first."""
    spread = (ids ^ (ids >> 15)) * np.int64(0x2C1B3C6D) & _LOW
    return (spread ^ (spread >> 13)) & np.int64(2**bits - 1)
