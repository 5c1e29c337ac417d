"""Artifacts are immutable and known by content; a step that has been done is read, and one whose table is gone runs."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.adapters.context import Context
from tasks.adapters.queries import Query
from tasks.adapters.steps import Step
from tasks.adapters.store.artifacts import ArtifactStore
from tasks.adapters.store.manifest import StepManifest
from tasks.domain.artifact import Artifact, StepResult
from tasks.domain.errors import WrongInput

ROWS = pl.DataFrame({"id": ["a", "b"], "value": [1, 2]})


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    """The same store in a folder and in an object store."""
    root = str(tmp_path / "artifacts") if request.param == "folder" else f"memory://{tmp_path.name}/artifacts"
    return ArtifactStore(root)


def test_the_same_rows_are_the_same_artifact(store: ArtifactStore) -> None:
    first = store.write(ROWS)
    assert store.write(ROWS.clone()) == first
    assert store.write(ROWS.reverse()) != first
    assert store.read(first).equals(ROWS)
    assert [name for name in store.fs.ls(store.root, detail=False) if name.endswith(".tmp")] == []


def test_a_query_runs_over_artifacts_and_frames(store: ArtifactStore) -> None:
    artifact = store.write(ROWS)
    more = store.write(ROWS.with_columns(pl.col("value") * 10))
    words = Query("test", "select t.id, sum(t.value) as total from t join f using (id) where id <> $skip group by id")
    frame = pl.DataFrame({"id": ["a", "b", "c"]})
    found = store.sql(words, {"t": (artifact, more), "f": frame}, skip="b", unused=1)
    assert found.rows() == [("a", 11)]


def test_a_missing_artifact_says_what_to_do(store: ArtifactStore) -> None:
    with pytest.raises(WrongInput, match=r"b2-gone is gone(.|\n)*Run the command again"):
        store.read(Artifact(hash="b2-gone", rows=1))


class Counted:
    """A step function that counts its runs; `settled` as the test says."""

    def __init__(self, settled: bool = True) -> None:
        self.runs = 0
        self.settled = settled
        self.__module__, self.__qualname__ = "tasks.judge.examples", "choose_examples"

    def __call__(self, context: Context, **inputs: Any) -> StepResult:
        self.runs += 1
        table = context.store.write(pl.DataFrame({"value": [inputs["value"]]}))
        return StepResult(tables={"rows": table}, settled=self.settled)


def step(tmp_path: Path, function: Counted, **inputs: Any) -> Step:
    store = ArtifactStore(tmp_path / "artifacts")
    context = Context(root=tmp_path, store=store, gateway=lambda: pytest.fail("no model is needed"))
    return Step("probe", function, inputs, context, StepManifest(tmp_path / "steps"))


def test_a_finished_step_is_read_and_not_run(tmp_path: Path) -> None:
    function = Counted()
    assert step(tmp_path, function, value=1).run().state == "ran"
    again = step(tmp_path, function, value=1).run()
    assert (again.state, function.runs, again["rows"].rows) == ("cached", 1, 1)
    assert step(tmp_path, function, value=2).run().state == "ran"


def test_a_step_whose_artifact_was_deleted_runs_again(tmp_path: Path) -> None:
    function = Counted()
    made = step(tmp_path, function, value=1).run()["rows"]
    (tmp_path / "artifacts" / f"{made.hash}.parquet").unlink()
    again = step(tmp_path, function, value=1).run()
    assert (again.state, again["rows"], function.runs) == ("ran", made, 2)


def test_an_unsettled_step_runs_again(tmp_path: Path) -> None:
    function = Counted(settled=False)
    step(tmp_path, function, value=1).run()
    assert step(tmp_path, function, value=1).run().state == "ran"


def test_half_a_record_is_no_record(tmp_path: Path) -> None:
    function = Counted()
    done = step(tmp_path, function, value=1)
    done.run()
    path = tmp_path / "steps" / "probe" / f"{done.fingerprint}.json"
    path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
    assert step(tmp_path, function, value=1).run().state == "ran"
