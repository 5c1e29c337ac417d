"""What is the identity of a value? The hash of its content, and nothing else."""

import hashlib
import json
from collections.abc import Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

TAG = "b2"
"""Names the algorithm (blake2b, 16 bytes, over canonical JSON), so that it can change one day without a false match."""


def canonical(value: Any) -> Any:
    """The value as plain JSON types, in one way only: models become objects, sets become sorted lists.

    Raises TypeError for a value with no canonical form, since a hash of its `repr` would change from run to run.
    """
    match value:
        case Enum():
            return canonical(value.value)
        case None | bool() | int() | str() | float():
            return value
        case BaseModel():
            return {name: canonical(getattr(value, name)) for name in type(value).model_fields}
        case Mapping():
            return {str(key): canonical(item) for key, item in value.items()}
        case list() | tuple():
            return [canonical(item) for item in value]
        case set() | frozenset():
            return sorted((canonical(item) for item in value), key=repr)
        case PurePath():
            return value.as_posix()
    raise TypeError(f"a {type(value).__name__} has no canonical form; pass plain values, frozen models or artifacts")


def canonical_json(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, UTF-8 as it is."""
    return json.dumps(canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def bytes_hash(data: bytes) -> str:
    """`b2-` and 32 hexadecimal digits of the bytes."""
    return f"{TAG}-{hashlib.blake2b(data, digest_size=16).hexdigest()}"


def content_hash(value: Any) -> str:
    """The hash of a value's canonical JSON. Equal content gives an equal hash on every machine."""
    return bytes_hash(canonical_json(value).encode("utf-8", "surrogatepass"))


def uniform(*parts: Any) -> float:
    """A number in [0, 1) fixed by the parts: deterministic choices that do not depend on any order of rows."""
    digest = hashlib.blake2b(canonical_json(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
