"""A candidate whose outputs a team already has: pairs of outputs from a file, judged blind, and a decision."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from flows.telling import decision_values
from flows.wheel import Wheel
from tasks.adapters.tables import rows_of
from tasks.compare.deciding import compare_systems, read_decisions, read_preferences
from tasks.compare.requests import REQUEST
from tasks.domain.errors import WrongInput

COLUMNS = ("item_id", "input", "output_current", "output_candidate")


def mirror_pairs(wheel: Wheel, path: Path) -> dict[str, Any]:
    """The decision on a file of pairs: item_id, input, output_current, output_candidate and, where known, cluster."""
    settings = wheel.workspace.settings
    pairs = read_pairs(path)
    pairs = pairs.with_columns(
        wheel.redacted(pairs[name]) for name in ("messages", "output_current", "output_candidate")
    )
    write = wheel.context.store.write
    judges = wheel.judges(wheel.labelled(wheel.ingest()) if wheel.has_labels else None)
    outputs = {
        side: write(pairs.select("item_id", "messages", output=f"output_{side}")) for side in ("current", "candidate")
    }
    verdicts = {side: tuple(wheel.judge(f"pairs.{side}", table, judges).values()) for side, table in outputs.items()}
    decided = compare_systems(
        wheel.context,
        requests=write(pairs.select(REQUEST.names()).cast(REQUEST)),
        margin=settings.mirror.margin,
        preferences=tuple(wheel.prefer("pairs", outputs["current"], outputs["candidate"], judges).values()),
        **verdicts,
    )["decision"]
    table = wheel.context.store.read(decided)
    return decision_values(
        path.name,
        settings.judge.gate,
        read_decisions(table),
        wheel.summary(),
        preferences=read_preferences(table),
        trusted=wheel.has_labels,
    )


def read_pairs(path: Path) -> pl.DataFrame:
    """The pairs of a CSV, JSON lines or Parquet file as requests with both outputs. Raises WrongInput."""
    kept = (*COLUMNS, "cluster", "stratum")
    rows = [{name: _text(row.get(name)) for name in kept if name in row} for _, row in rows_of(path)]
    known_columns = {name for row in rows for name in row}
    missing = [name for name in COLUMNS if rows and name not in known_columns]
    if missing:
        fix = f"It needs the columns {', '.join(COLUMNS)}."
        raise WrongInput(f"there is no column '{missing[0]}'", file=str(path), fix=fix)
    texts = pl.DataFrame(rows, schema=dict.fromkeys(kept, pl.String))
    empty = [name for name in ("item_id", "input") if texts[name].null_count()]
    if texts.is_empty() or texts["item_id"].is_duplicated().any() or empty:
        found = (
            "there are no rows" if texts.is_empty() else f"'{empty[0]}' is empty" if empty else "two rows share an id"
        )
        raise WrongInput(found, file=str(path), fix="Give it one row a pair, with an item_id and an input.")
    chats = [json.dumps([{"role": "user", "content": text}], ensure_ascii=False) for text in texts["input"]]
    return texts.with_columns(
        pl.Series("messages", chats),
        pl.lit("production").alias("source"),
        pl.col("cluster").fill_null(pl.col("item_id")),
        pl.col("stratum").fill_null("all"),
        pl.lit("pairs").alias("split"),
        pl.lit(1.0).alias("weight"),
        pl.lit(None, dtype=pl.Int64).alias("stratum_population"),
    )


def _text(value: Any) -> str | None:
    """A cell as the judge is shown it: a text as it is, anything else as JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
