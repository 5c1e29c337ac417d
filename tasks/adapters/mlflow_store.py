"""Can this MLflow store be used, and what is wrong with it where it cannot?

MLflow itself asks a dead server and a broken file again for minutes, cannot mend a store whose making was cut off, and
answers in tracebacks: so addresses are probed first, a store is made beside its name, and errors are explained.
"""

import logging
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tasks.adapters.quiet import keep_quiet
from tasks.domain.errors import FlywheelError, Unfinished, WrongInput

ENVIRONMENT = {
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}
"""What MLflow is told where the user has not said otherwise: print no addresses, and give up within minutes."""
CONNECT_SECONDS = 5.0
SQLITE = "sqlite:///"


def open_store(uri: str, *, make: bool) -> Any:
    """MLflow's client for an address; `make` makes the SQLite store that is not there yet."""
    keep_quiet(os.environ)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    path = Path(uri.removeprefix(SQLITE)) if uri.startswith(SQLITE) else None
    if path is not None:
        _probe_file(path)
    elif urlsplit(uri).scheme in {"http", "https"}:
        _probe_server(uri)
    from mlflow import MlflowClient

    # It announces each new store, and writes a traceback for errors that it raises as well.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
    if path is not None and make:
        _make_store(path)
    return MlflowClient(tracking_uri=uri)


def beside(folder: Path, uri: str) -> str:
    """The address, a relative SQLite file taken from the folder, wherever the command runs."""
    path = uri.removeprefix(SQLITE)
    return uri if path == uri or path.startswith("/") else f"{SQLITE}{folder / path}"


def _make_store(path: Path) -> None:
    """Makes the workspace's store beside its name and then links it: MLflow cannot mend a half-made one."""
    if path.exists():
        return
    from mlflow import MlflowClient

    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    unfinished.unlink(missing_ok=True)
    try:
        MlflowClient(tracking_uri=f"{SQLITE}{unfinished}").get_experiment("0")
        with suppress(FileExistsError):
            os.link(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _probe_file(path: Path) -> None:
    """Raises WrongInput for a file that is locked or is no MLflow store: MLflow would try it for minutes."""
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=CONNECT_SECONDS)) as file:
            is_empty = file.execute("pragma schema_version").fetchone() == (0,)
            is_alien = not is_empty and not file.execute("pragma table_info(experiments)").fetchall()
    except sqlite3.OperationalError as error:
        fix = "Wait until the other process is done with it, then run the same command again."
        raise WrongInput(f"the MLflow store cannot be read: {error}", file=str(path), fix=fix) from None
    except sqlite3.DatabaseError as error:
        raise _alien(path, str(error)) from None
    if is_alien:
        raise _alien(path, "it holds the tables of another program")


def _alien(path: Path, found: str) -> WrongInput:
    fix = "Move the file away and run again, or name another store under `uri` in the [mlflow] part of flywheel.toml."
    return WrongInput(f"this is not an MLflow store: {found}", file=str(path), fix=fix)


def _probe_server(uri: str) -> None:
    """Raises Unfinished where nobody answers: MLflow would ask again for minutes."""
    import requests

    try:
        requests.head(uri, timeout=CONNECT_SECONDS)
    except requests.exceptions.SSLError:
        return  # someone answers; MLflow has settings of its own for certificates
    except requests.RequestException as error:
        raise _unreachable(uri, type(error).__name__) from None


def _unreachable(uri: str, found: str) -> Unfinished:
    fix = "Start it, or take `uri` out of the [mlflow] part of flywheel.toml; then run again: only the logging is left."
    return Unfinished(f"the MLflow server {_without_secrets(uri)} does not answer: {found}", fix=fix)


@contextmanager
def explained(uri: str) -> Iterator[None]:
    """Turns what MLflow and its database raise into what a user can do about it; everything else passes."""
    try:
        yield
    except FlywheelError:
        raise
    except Exception as error:
        if (explanation := _explanation(error, uri)) is None:
            raise
        raise explanation from error


def _explanation(error: Exception, uri: str) -> FlywheelError | None:
    from mlflow.exceptions import MlflowException
    from requests import RequestException
    from sqlalchemy.exc import OperationalError, SQLAlchemyError

    if not isinstance(error, MlflowException | SQLAlchemyError | RequestException):
        return None
    text = _without_secrets(str(error).partition("\n")[0][:300])
    status = error.get_http_status_code() if isinstance(error, MlflowException) else 0
    is_file = urlsplit(uri).scheme == "sqlite"
    place = _without_secrets(uri)
    if is_file and "database is locked" in str(error):
        fix = "Wait until the other process is done with it, then run the same command again."
        return WrongInput("the MLflow store is locked by another process", file=place, fix=fix)
    if "out-of-date database schema" in str(error):
        fix = f"Make a copy of it, then run `mlflow db upgrade {place}`."
        return WrongInput("the MLflow store was made by another version of MLflow", file=place, fix=fix)
    if status in {401, 403}:
        fix = "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN."
        return WrongInput(f"the MLflow server {place} refuses this user: {text}", fix=fix)
    is_dead = isinstance(error, OperationalError | RequestException) or status >= 500 or status == 429
    if is_dead and not is_file:
        return _unreachable(uri, text)
    fix = "Name another server or store under `uri` in the [mlflow] part of flywheel.toml."
    return WrongInput(f"MLflow cannot use this store: {text}", file=place, fix=fix)


def _without_secrets(text: str) -> str:
    """The text without user names and passwords in addresses."""
    return re.sub(r"(?<=://)[^/@\s]+@", "", text)
