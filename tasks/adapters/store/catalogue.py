"""Where does a person look things up? In `flywheel.duckdb`: tables of what was done, and views over the newest rows.

It holds nothing of its own: `rebuild` makes it anew from the step manifest, the artifacts and the cycles' files.
A DuckDB file takes one process at a time, so it is opened late and closed early, and a second process waits its turn.
"""

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb

from tasks.adapters.queries import queries_in, query
from tasks.adapters.store.artifacts import ArtifactStore
from tasks.adapters.store.cycles import CycleRecord
from tasks.adapters.store.manifest import StepRecord
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput

PATIENCE = 20.0
"""Seconds to wait for another process. It holds the file for well under one."""


class Damaged(WrongInput):
    """The file is there and is no database of ours."""


class Catalogue:
    """The workspace's database. Every method opens it, does one transaction, and closes it."""

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self.path = path
        self.patience = patience

    def record(
        self,
        steps: Iterable[StepRecord],
        cycles: Iterable[CycleRecord] = (),
        views: Mapping[str, tuple[Artifact, ...]] | None = None,
        artifacts: ArtifactStore | None = None,
    ) -> None:
        """Notes steps and cycles, and points each named view at its tables. Doing it twice changes nothing."""
        with self._open() as connection:
            for step in steps:
                _record_step(connection, step)
            for cycle in cycles:
                summary = {"summary": cycle.summary.model_dump_json()}
                connection.execute(
                    query("schema/record_cycle").text, cycle.model_dump(exclude={"summary", "tables"}) | summary
                )
            for name, tables in (views or {}).items():
                if artifacts is not None and tables:
                    places = [artifacts.location(table) for table in tables]
                    connection.read_parquet(places, union_by_name=True).create_view(name, replace=True)

    def rebuild(
        self,
        steps: Iterable[StepRecord],
        cycles: Iterable[CycleRecord],
        views: Mapping[str, tuple[Artifact, ...]],
        artifacts: ArtifactStore,
    ) -> None:
        """Makes the database anew beside the old one and then takes its place."""
        fresh = self.path.with_suffix(".rebuild.tmp")
        fresh.unlink(missing_ok=True)
        Catalogue(fresh).record(steps, cycles, views, artifacts)
        with contextlib.suppress(Damaged):  # that is what shall be replaced; a lock is waited for, and then told
            self._connect().close()
        fresh.replace(self.path)

    @contextlib.contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The database, migrated, in one transaction that a failure takes back."""
        connection = self._connect()
        try:
            connection.execute("set enable_progress_bar = false")  # it goes to stdout, which belongs to --json
            connection.execute("begin")
            _migrate(connection)
            yield connection
            connection.execute("commit")
        finally:
            connection.close()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        give_up = time.monotonic() + self.patience
        while True:
            try:
                return duckdb.connect(str(self.path), config={"autoinstall_known_extensions": False})
            except duckdb.IOException as error:
                if "lock" not in str(error):
                    fix = "Mend or remove it; `flywheel doctor --rebuild` makes it anew."
                    found = str(error).splitlines()[0]
                    raise Damaged(f"the catalogue cannot be opened: {found}", file=str(self.path), fix=fix) from None
                if time.monotonic() > give_up:
                    fix = (
                        "Close the program that it names (a notebook or a DuckDB shell, say) and run the command again."
                    )
                    held = str(error).partition("held in ")[2].partition(". See")[0] or "another process"
                    raise WrongInput(f"the catalogue is locked by {held}", file=str(self.path), fix=fix) from None
                time.sleep(0.1)


def _migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Carries out the migrations that this file has not seen, in the order of their names."""
    connection.execute(query("schema/migration").text)
    done = {name for (name,) in connection.execute(query("schema/migrations_done").text).fetchall()}
    for migration in queries_in("schema"):
        name = migration.name.rpartition("/")[2]
        if name.startswith("catalogue_") and name not in done:
            connection.execute(migration.text)
            connection.execute(query("schema/record_migration").text, {"name": name})


def _record_step(connection: duckdb.DuckDBPyConnection, step: StepRecord) -> None:
    connection.execute(
        query("schema/record_step").text,
        {
            "name": step.name,
            "fingerprint": step.fingerprint,
            "finished_at": step.finished_at,
            "seconds": step.seconds,
            "model_calls": step.model_calls,
            "cost_usd": step.cost_usd,
        },
    )
    for output, table in step.outputs.items():
        connection.execute(
            query("schema/record_artifact").text,
            {
                "hash": table.hash,
                "row_count": table.rows,
                "step": step.name,
                "fingerprint": step.fingerprint,
                "output": output,
            },
        )
