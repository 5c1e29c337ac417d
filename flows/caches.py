"""Which row cache is meant? The one that is named, else the nearest workspace's, else the user's own."""

import os
from pathlib import Path

from tasks.domain.settings import SETTINGS_FILE

FILE = "calls.sqlite"


def find_cache(named: Path | None, start: Path) -> Path:
    """The path of the row cache's file, which need not exist yet.

    A workspace is known by its settings file, which is not read: a mistake in it says nothing about the cache.
    """
    if named is not None:
        return named / FILE
    workspaces = (folder for folder in (start, *start.parents) if (folder / SETTINGS_FILE).is_file())
    return next(workspaces, _users_own()) / FILE


def _users_own() -> Path:
    """The folder for those who work on plain files. A relative XDG_CACHE_HOME is ignored, as its specification says."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "eval-flywheel"
