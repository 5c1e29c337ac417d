"""What does a step get beside its inputs? Doors to the outside: the store, the models, a place to report progress."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tasks.adapters.store.artifacts import ArtifactStore

if TYPE_CHECKING:
    from tasks.adapters.models.gateway import Gateway


class Progress(Protocol):
    """Told how far a step is: rows done, of how many (None where that is not known)."""

    def __call__(self, done: int, of: int | None) -> None: ...


def silent(done: int, of: int | None) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Context:
    """None of these steers what a step's rows say, so its fingerprint does not follow them."""

    root: Path
    """The workspace's folder: a source file is named relative to it, and known by its content's hash."""
    store: ArtifactStore
    gateway: "Callable[[], Gateway]"
    progress: Progress = silent

    def address(self, api_base: str | None) -> str | None:
        """Where a model answers: an address as it is, a folder (of a model that runs here) below the workspace."""
        return api_base if api_base is None or "://" in api_base else str(self.root / api_base)
