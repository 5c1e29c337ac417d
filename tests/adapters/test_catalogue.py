"""The catalogue is made of what is stored elsewhere, can be made anew, and waits its turn."""

import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tasks.adapters.store.artifacts import ArtifactStore
from tasks.adapters.store.catalogue import Catalogue
from tasks.adapters.store.manifest import StepRecord
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput


def record(store: ArtifactStore) -> tuple[StepRecord, Artifact]:
    table = store.write(pl.DataFrame({"trace_id": ["a", "b"]}))
    made = StepRecord(
        name="sample", fingerprint="f", outputs={"sample": table}, seconds=0.1, finished_at="2026-03-05T05:00:00+00:00"
    )
    return made, table


def rows(path: Path, words: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path)) as connection:
        return connection.execute(words).fetchall()


def test_steps_artifacts_and_views_can_be_looked_up(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "artifacts")
    step, table = record(store)
    catalogue = Catalogue(tmp_path / "flywheel.duckdb")
    for _ in range(2):
        catalogue.record([step], views={"sample": (table,)}, artifacts=store)
    path = tmp_path / "flywheel.duckdb"
    assert rows(path, "from step")[0][:2] == ("sample", "f")
    assert rows(path, "select hash, row_count from artifact") == [(table.hash, 2)]
    assert rows(path, "select count(*) from sample") == [(2,)]
    assert len(rows(path, "from migration")) == 3, "each migration is carried out once"


def test_it_is_made_anew_from_the_records(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "artifacts")
    step, table = record(store)
    path = tmp_path / "flywheel.duckdb"
    Catalogue(path).record([step.model_copy(update={"name": "forgotten"})])
    Catalogue(path).rebuild([step], [], {"sample": (table,)}, store)
    assert rows(path, "select name from step") == [("sample",)]


HOLDER = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_another_process_is_waited_for_and_then_named(tmp_path: Path) -> None:
    path = tmp_path / "flywheel.duckdb"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(WrongInput, match=f"locked by .*{holder.pid}"):
        Catalogue(path, patience=0.3).record([])
    threading.Timer(0.3, holder.communicate).start()
    Catalogue(path, patience=30).record([])
    assert holder.wait(10) == 0


def test_what_is_no_database_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "flywheel.duckdb"
    path.write_text("a text, and long enough not to be taken for an empty file" * 200, encoding="utf-8")
    with pytest.raises(WrongInput, match="cannot be opened"):
        Catalogue(path).record([])
    Catalogue(path).rebuild([], [], {}, ArtifactStore(tmp_path / "artifacts"))
    assert rows(path, "from step") == []
