"""How do threads and processes share a SQLite file? A connection a thread, WAL, and waiting for one's turn."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.adapters.queries import Query, queries_in
from tasks.domain.errors import FlywheelError, Unfinished, WrongInput

BUSY_SECONDS = 30.0
"""How long one waits for one's turn. Whoever waited in vain does not wait again."""


class Database:
    """`calls.sqlite` or `labels.sqlite`, made and migrated when it is first opened.

    `kind` begins the names of its schema's statements, `called` is what messages call it.

    A commit outlives the process, killed or not; a power cut may take the last ones, never the file
    (`synchronous=normal`).
    """

    def __init__(self, path: Path, kind: str, called: str) -> None:
        self.path = path
        self.called = called
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._patience = BUSY_SECONDS
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._migrate(kind)

    def rows(self, query: Query, **parameters: Any) -> list[Any]:
        """The rows of a statement, outside any transaction or in the thread's open one."""
        with self._explained():
            return self._connection().execute(query.text, parameters).fetchall()

    def change(self, query: Query, **parameters: Any) -> int:
        """Runs a statement and says how many rows it changed."""
        with self._explained():
            return self._connection().execute(query.text, parameters).rowcount

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else writes meanwhile."""
        with self._explained():
            connection = self._connection()
            connection.execute("begin immediate")
            try:
                yield
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")

    def close(self) -> None:
        """Closes every thread's connection; call it when no thread uses the database any more."""
        with self._lock:
            while self._connections:
                self._connections.pop().close()
            self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self.path, timeout=self._patience, isolation_level=None, check_same_thread=False
            )
            _write_ahead(connection)
            self._local.connection = connection
            with self._lock:
                self._connections.append(connection)
        return connection

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._explanation(error) from error
        except OSError as error:
            raise WrongInput(f"{self.called} cannot be opened: {error}", file=str(self.path)) from error

    def _migrate(self, kind: str) -> None:
        """Applies the schema statements that this file has not seen; `user_version` counts those it has."""
        connection = self._connection()
        statements = [each for each in queries_in("schema") if each.name.startswith(f"schema/{kind}_")]
        if _version(connection) == len(statements):
            return
        if _version(connection) > len(statements):
            found = f"a newer version of flywheel wrote {self.called}"
            raise WrongInput(found, file=str(self.path), fix="Update flywheel.")
        connection.execute("begin immediate")
        try:
            for statement in statements[_version(connection) :]:
                connection.execute(statement.text)
            connection.execute(f"pragma user_version = {len(statements)}")
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")

    def _wait_no_more(self) -> None:
        """Calls that are given up have claims to return: each would wait as long again."""
        self._patience = 0.0
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.execute("pragma busy_timeout = 0")

    def _explanation(self, error: sqlite3.DatabaseError) -> FlywheelError:
        if "locked" in str(error) or "busy" in str(error):
            self._wait_no_more()
            return Unfinished(
                f"{self.called} has been locked for {BUSY_SECONDS:.0f} seconds",
                file=str(self.path),
                fix="Another program holds it open for writing: let it end, then run again.",
            )
        if "not a database" in str(error) or "malformed" in str(error):
            fix = "Move the file away and put a good copy of it back; without one, a new file is made."
            return WrongInput(f"{self.called} is damaged: {error}", file=str(self.path), fix=fix)
        return WrongInput(
            f"{self.called} cannot be used: {error}", file=str(self.path), fix="Mend the disk or its rights."
        )


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Sets WAL. SQLite does not wait for a process that is just setting it too, so we do."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])
