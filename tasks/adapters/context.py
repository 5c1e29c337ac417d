"""What does a step get beside its inputs? The store, the models and a place to report progress; none steers its rows."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tasks.adapters.models.gateway import Gateway
from tasks.adapters.store.artifacts import ArtifactStore


class Progress(Protocol):
    """Told how far a step is: rows done, of how many (None where that is not known)."""

    def __call__(self, done: int, of: int | None) -> None: ...


def silent(done: int, of: int | None) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Context:
    """Doors to the outside. A step's fingerprint does not follow them."""

    root: Path
    """The workspace's folder: a source file is named relative to it, and known by its content's hash."""
    store: ArtifactStore
    gateway: Callable[[], Gateway]
    progress: Progress = silent
