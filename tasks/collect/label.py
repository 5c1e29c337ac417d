"""How do labels come in? From a file with the contract's columns, checked row by row, and as a cycle's snapshot."""

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.store.labels import LABEL
from tasks.collect.redact import redacted
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput

NEEDED = ("item_id", "annotator", "criterion", "value")
BINARY = {"pass": "pass", "1": "pass", "true": "pass", "fail": "fail", "0": "fail", "false": "fail"}
"""How people write pass and fail."""


def read_labels(path: Path, scales: Mapping[str, tuple[str, ...]] | None = None) -> pl.DataFrame:
    """The labels of a CSV, JSON lines or Parquet file, in the columns of LABEL.

    A criterion's values must be on its scale (`scales`; pass or fail where it is not named). Raises WrongInput with the
    line of the first label that is not.
    """
    labels = _read(path)
    missing = [name for name in NEEDED if name not in labels.columns]
    if missing:
        fix = f"Labels have the columns {', '.join(NEEDED)}, and where you have them {', '.join(LABEL.names()[4:])}."
        raise WrongInput(f"there is no column '{missing[0]}'", file=str(path), fix=fix)
    known = labels.with_columns(
        pl.col(name).cast(pl.String).str.strip_chars() if name in labels.columns else pl.lit("").alias(name)
        for name in LABEL.names()
    ).select(LABEL.names())
    values = [
        _value(path, line, row, scales or {}) for line, row in enumerate(known.fill_null("").iter_rows(named=True), 2)
    ]
    return known.fill_null("").with_columns(pl.Series("value", values, dtype=pl.String))


def without_personal_data(labels: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """Labels whose critiques hold pseudonyms, the same as the traces that they speak of."""
    return labels.with_columns(redacted(labels["critique"], key).alias("critique"))


def snapshot_labels(context: Context, *, labels: Artifact) -> dict[str, Artifact]:
    """Step: the labels of this moment. Their content is the input, so unchanged labels are a cached step."""
    return {"labels": context.store.write(context.store.read(labels).unique(maintain_order=True))}


def _read(path: Path) -> pl.DataFrame:
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        ".csv": lambda file: pl.read_csv(file, infer_schema=False),
        ".jsonl": pl.read_ndjson,
        ".parquet": pl.read_parquet,
    }
    if path.suffix not in readers:
        raise WrongInput(f"'{path.suffix}' is no format of labels", file=str(path), fix="Use .csv, .jsonl or .parquet.")
    try:
        return readers[path.suffix](path)
    except (OSError, pl.exceptions.PolarsError) as error:
        found = str(error).splitlines()[0]
        raise WrongInput(f"the labels cannot be read: {found}", file=str(path), fix="Mend the file.") from None


def _value(path: Path, line: int, row: Mapping[str, str], scales: Mapping[str, tuple[str, ...]]) -> str:
    """The value as it is stored. Raises WrongInput where a needed cell is empty or the value is off the scale."""
    empty = [name for name in NEEDED if not row[name]]
    if empty:
        raise WrongInput(f"'{empty[0]}' is empty", file=str(path), line=line, fix="Fill it in, or take the row out.")
    scale = scales.get(row["criterion"], ("pass", "fail"))
    value = BINARY.get(row["value"].lower(), row["value"]) if scale == ("pass", "fail") else row["value"]
    if value not in scale:
        found = f"criterion '{row['criterion']}' has value '{row['value']}'; its scale is {', '.join(scale)}"
        fix = f"Fix the row or criteria/{row['criterion']}.md."
        raise WrongInput(found, file=str(path), line=line, fix=fix)
    return value
