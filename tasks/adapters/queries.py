"""Where are the words of a query? In `sql/<room>/<name>.sql`; `query("collect/sample")` reads them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tasks.domain.hashing import bytes_hash

FOLDER = Path(__file__).resolve().parents[2] / "sql"


@dataclass(frozen=True)
class Query:
    """One SQL statement with `$named` parameters, known by the path of its file."""

    name: str
    text: str

    @property
    def hash(self) -> str:
        return bytes_hash(self.text.encode())


@cache
def query(name: str) -> Query:
    """The statement in `sql/<name>.sql`. The name is a constant, so that a step's fingerprint can find the file."""
    return Query(name=name, text=(FOLDER / f"{name}.sql").read_text(encoding="utf-8"))


def queries_in(folder: str) -> tuple[Query, ...]:
    """All statements of a folder of `sql/`, in the order of their names (`0001_…`, `0002_…`)."""
    return tuple(query(path.relative_to(FOLDER).with_suffix("").as_posix()) for path in _files(folder))


def _files(folder: str) -> list[Path]:
    return sorted((FOLDER / folder).glob("*.sql"))
