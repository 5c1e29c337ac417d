"""A small embedded world, built once for all tests, and workspaces that start as copies of it."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.adapters.context import Context
from tasks.adapters.models.budget import Budget
from tasks.adapters.models.cache import CallCache
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.models.prices import Price
from tasks.adapters.quiet import keep_quiet
from tasks.adapters.store.artifacts import ArtifactStore
from tasks.adapters.workspace import Workspace, find_workspace
from tasks.domain.artifact import Artifact

keep_quiet(os.environ)
SMALL = {
    "size = 400": "size = 40",
    "size = 150": "size = 16",
    "examples = 64": 'examples = 16\ncriteria = ["safety", "grounding", "overall"]',
}
DAYS = 16
"""Of traces that the small world keeps: the window of 14 days, and a little before it."""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small simulated world: `workspace` and, beside it, `truth`."""
    from flows.verbs.demo import build_workspace

    folder = tmp_path_factory.mktemp("world") / "small"
    build_workspace(folder, seed=11, scale=0.05)
    for older in sorted((folder / "workspace" / "traces").glob("*.jsonl"))[:-DAYS]:
        older.unlink()
    settings = folder / "workspace" / "flywheel.toml"
    text = settings.read_text(encoding="utf-8")
    for before, after in SMALL.items():
        assert before in text
        text = text.replace(before, after)
    settings.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def workspace(world: Path, tmp_path: Path) -> Workspace:
    """A workspace of one's own: a copy of the small world's, with the truth left behind."""
    shutil.copytree(world / "workspace", tmp_path / "workspace")
    return find_workspace(tmp_path / "workspace", tmp_path)


Edit = Callable[[str, str, str], None]


@pytest.fixture
def edit(workspace: Workspace) -> Edit:
    """Replaces a text that must be there in a file of the workspace."""

    def replace(name: str, before: str, after: str) -> None:
        path = workspace.root / name
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), encoding="utf-8")

    return replace


class ScriptedDoor:
    """Stands where a provider would stand: answers a call by a function of it, and counts."""

    def __init__(self, reply: Callable[[Call], Reply]) -> None:
        self.reply = reply
        self.sent: list[Call] = []

    def open(self, call: Call, price: Price | None) -> None:
        """Nothing to open."""

    async def send(self, call: Call, timeout: float) -> Reply:
        self.sent.append(call)
        return self.reply(call)


@dataclass
class Bench:
    """A step's context over an empty store, and the door that its models answer through."""

    context: Context
    door: ScriptedDoor

    def table(self, rows: list[dict[str, Any]] | pl.DataFrame) -> Artifact:
        return self.context.store.write(rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows))

    def read(self, table: Artifact) -> list[dict[str, Any]]:
        return self.context.store.read(table).to_dicts()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A context whose model says what `bench.door.reply` returns; `ok` until a test says otherwise."""
    door = ScriptedDoor(lambda call: Reply(text="ok", finish_reason="stop", requests=1))
    cache = CallCache(tmp_path / "calls.sqlite")
    budget = Budget(price_per_million={"*": 0.0})
    gateway = Gateway(cache, budget, door=door, backoff=0.0, retries=0)
    yield Bench(Context(tmp_path, ArtifactStore(tmp_path / "artifacts"), lambda: gateway), door)
    cache.close()
