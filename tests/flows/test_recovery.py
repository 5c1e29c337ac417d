"""Killed in the middle and run again: what was done is not done again, and nothing is lost or doubled."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

from flows.output import StepLog
from flows.turned import turn
from flows.wheel import Wheel
from tasks.adapters.store.artifacts import ArtifactStore
from tasks.adapters.workspace import Workspace, find_workspace

FLYWHEEL = Path(sys.executable).with_name("flywheel")
KILLED_AFTER = 150
UNDER_WAY = 16


def replies(workspace: Workspace) -> int:
    """How many model calls the row cache holds; none before it is there."""
    try:
        with sqlite3.connect(f"file:{workspace.calls}?mode=ro", uri=True) as connection:
            found: int = connection.execute("select count(*) from replies").fetchone()[0]
            return found
    except sqlite3.OperationalError:
        return 0


def turned(workspace: Workspace) -> tuple[dict[str, pl.DataFrame], int]:
    """The tables of a turn, without what a clock measured, and how many calls it took."""
    with Wheel(workspace, log=StepLog()) as wheel:
        made = turn(wheel, as_of=None, candidate="candidate")
        calls = sum(step.model_calls for step in wheel.summary().values())
    store = ArtifactStore(workspace.root / "artifacts")
    tables = {
        f"{name}-{place}": store.read(table).drop("latency_ms", strict=False)
        for name, parts in made.tables()
        for place, table in enumerate(parts)
    }
    return tables, calls


def test_a_killed_turn_goes_on_where_it_was(workspace: Workspace, tmp_path: Path) -> None:
    shutil.copytree(workspace.root, tmp_path / "undisturbed")
    process = subprocess.Popen(
        [FLYWHEEL, "train-set", "--workspace", str(workspace.root)], stderr=subprocess.DEVNULL, start_new_session=True
    )
    give_up = time.monotonic() + 100
    while replies(workspace) < KILLED_AFTER:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < give_up
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = replies(workspace)

    tables, calls = turned(workspace)
    expected, needed = turned(find_workspace(tmp_path / "undisturbed", tmp_path))
    assert kept >= KILLED_AFTER
    assert needed - kept <= calls <= needed - kept + UNDER_WAY
    assert tables.keys() == expected.keys()
    for name, table in tables.items():
        assert table.equals(expected[name]), name
