"""How is a trained agent kept? A zip of plain arrays and one JSON, the same bytes for the same content, and no code.

Weights are kept in half precision, rows of zeros left out.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.demo.learner.ridge import BITS, Ridge
from tasks.demo.learner.softmax import Softmax
from tasks.domain.errors import WrongInput

Arrays = Mapping[str, NDArray[Any]]

FORMAT = 1
_EPOCH = (1980, 1, 1, 0, 0, 0)


def packed(content: Mapping[str, Any], arrays: Arrays) -> bytes:
    """The bytes of a content (plain JSON) and named arrays."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        text = json.dumps({"format": FORMAT, **content}, sort_keys=True, ensure_ascii=False)
        archive.writestr(_entry("content.json"), text, compresslevel=6)
        for name in sorted(arrays):
            plain = io.BytesIO()
            np.lib.format.write_array(plain, np.ascontiguousarray(arrays[name]), version=(1, 0), allow_pickle=False)
            archive.writestr(_entry(f"{name}.npy"), plain.getvalue(), compresslevel=6)
    return buffer.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    return entry


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What `packed` was given. Raises WrongInput for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            content = json.loads(archive.read("content.json"))
            arrays = {
                name.removesuffix(".npy"): np.lib.format.read_array(io.BytesIO(archive.read(name)), allow_pickle=False)
                for name in archive.namelist()
                if name.endswith(".npy")
            }
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise WrongInput(f"this is no trained agent ({error})", fix="Train one and pass its bytes.") from error
    if content.get("format") != FORMAT:
        raise WrongInput(
            f"this agent has format {content.get('format')!r}; this version reads {FORMAT}", fix="Train it again."
        )
    return content, arrays


def ridge_parts(ridge: Ridge) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """A ridge as JSON and arrays."""
    known = np.flatnonzero(ridge.column < len(ridge.rarity) - 1).astype(np.int32)
    return {"labels": list(ridge.labels)}, {
        "known": known,
        "rarity": ridge.rarity,
        "weights": ridge.weights.astype(np.float16),
        "offset": ridge.offset,
    }


def ridge_of(content: Mapping[str, Any], arrays: Arrays) -> Ridge:
    """The ridge that the parts were taken from."""
    known = arrays["known"]
    column = np.full(2**BITS, len(known), dtype=np.int32)
    column[known] = np.arange(len(known), dtype=np.int32)
    weights = arrays["weights"].astype(np.float32)
    return Ridge(tuple(content["labels"]), column, arrays["rarity"], weights, arrays["offset"])


def softmax_parts(softmax: Softmax) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """A regression as JSON and arrays."""
    used = np.flatnonzero(softmax.weights.any(axis=1)).astype(np.int32)
    return {"classes": list(softmax.classes), "size": len(softmax.weights)}, {
        "used": used,
        "weights": softmax.weights[used].astype(np.float16),
        "intercept": softmax.intercept,
    }


def softmax_of(content: Mapping[str, Any], arrays: Arrays) -> Softmax:
    """The regression that the parts were taken from."""
    weights = np.zeros((content["size"], len(content["classes"])), dtype=np.float32)
    weights[arrays["used"]] = arrays["weights"]
    return Softmax(tuple(content["classes"]), weights, arrays["intercept"])


def prefixed(name: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays under names of one part."""
    return {f"{name}.{key}": value for key, value in arrays.items()}


def under(name: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays of one part."""
    return {key.removeprefix(f"{name}."): value for key, value in arrays.items() if key.startswith(f"{name}.")}
