"""How do labels come in? From a file with the contract's columns, checked row by row; into a cycle as a snapshot."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.store.labels import LABEL
from tasks.collect.redact import redacted
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput

NEEDED = ("item_id", "annotator", "criterion", "value")
PASS_OR_FAIL = ("pass", "fail")
WORDS = {"pass": "pass", "1": "pass", "true": "pass", "fail": "fail", "0": "fail", "false": "fail"}
"""How people write pass and fail."""

Row = Mapping[str, Any]


def read_labels(path: Path, scales: Mapping[str, tuple[str, ...]] | None = None) -> pl.DataFrame:
    """The labels of a CSV, JSONL or Parquet file, in the columns of LABEL.

    A criterion's values must be on its scale (`scales`; pass or fail where it is not named). Raises WrongInput with the
    line of the first label that is not.
    """
    if path.suffix not in READERS:
        fix = f"Use one of {', '.join(READERS)}."
        raise WrongInput(f"'{path.suffix or path.name}' is no format of labels", file=str(path), fix=fix)
    try:
        labels = [_label(path, line, row, scales or {}) for line, row in READERS[path.suffix](path)]
    except (OSError, UnicodeDecodeError, csv.Error, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise WrongInput(f"the labels cannot be read: {reason}", file=str(path), fix="Mend the file.") from None
    return pl.DataFrame(labels, schema=LABEL)


def without_personal_data(labels: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """Labels whose critiques hold pseudonyms, the same as the traces that they speak of."""
    return labels.with_columns(redacted(labels["critique"], key))


def snapshot_labels(context: Context, *, labels: Artifact) -> dict[str, Artifact]:
    """Step: the labels of this moment. Their content is the input, so unchanged labels are a cached step."""
    return {"labels": context.store.write(context.store.read(labels).select(LABEL.names()))}


def _csv_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Rows with the line on which each ends: a quoted critique may take several."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        for row in rows:
            yield rows.line_num, row


def _json_rows(path: Path) -> Iterator[tuple[int, Row]]:
    with path.open(encoding="utf-8-sig") as file:
        for line, text in enumerate(file, 1):
            if not text.strip():
                continue
            try:
                row = json.loads(text)
            except json.JSONDecodeError as error:
                raise WrongInput(f"this is not JSON: {error}", file=str(path), line=line, fix="Mend it.") from None
            if not isinstance(row, dict):
                raise WrongInput("this is not a JSON object", file=str(path), line=line, fix="Write one a line.")
            yield line, row


def _parquet_rows(path: Path) -> Iterator[tuple[int, Row]]:
    yield from enumerate(pl.read_parquet(path).iter_rows(named=True), 1)


READERS: dict[str, Callable[[Path], Iterator[tuple[int, Row]]]] = {
    ".csv": _csv_rows,
    ".jsonl": _json_rows,
    ".parquet": _parquet_rows,
}


def _label(path: Path, line: int, row: Row, scales: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """One label as it is stored. Raises WrongInput that says what is wrong with it, and where."""
    if missing := [name for name in NEEDED if name not in row]:
        fix = f"Labels have {', '.join(NEEDED)}, and where you have them {', '.join(LABEL.names()[len(NEEDED) :])}."
        raise WrongInput(f"there is no column '{missing[0]}'", file=str(path), line=line, fix=fix)
    label = {name: _text(row.get(name)) for name in LABEL.names()}
    if empty := [name for name in NEEDED if not label[name]]:
        raise WrongInput(f"'{empty[0]}' is empty", file=str(path), line=line, fix="Fill it in, or take the row out.")
    scale = scales.get(label["criterion"], PASS_OR_FAIL)
    value = WORDS.get(label["value"].lower(), label["value"]) if scale == PASS_OR_FAIL else label["value"]
    if value not in scale:
        found = f"criterion '{label['criterion']}' has value '{label['value']}'; its scale is {', '.join(scale)}"
        fix = f"Fix the row or criteria/{label['criterion']}.md."
        raise WrongInput(found, file=str(path), line=line, fix=fix)
    return label | {"value": value, "labelled_at": _utc(path, line, label["labelled_at"])}


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
    return str(value).strip()


def _utc(path: Path, line: int, text: str) -> str:
    """A time in one form, so that texts sort as the times do; without an offset it is UTC already."""
    if not text:
        return ""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        fix = "Write it as 2026-01-31T09:30:00Z, or leave it empty."
        raise WrongInput(f"'labelled_at' is '{text}', no time", file=str(path), line=line, fix=fix) from None
    return (time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)).isoformat(timespec="seconds")
