"""What can a system learn from this cycle? Chat rows and preference rows, each traceable to what made it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.queries import query
from tasks.adapters.store.artifacts import Table
from tasks.compare.answering import chat_for
from tasks.domain.artifact import Artifact

NO_ANSWERS = pl.DataFrame(schema={"item_id": pl.String, "output": pl.String})
NO_VERDICTS = pl.DataFrame(
    schema={"item_id": pl.String, "criterion": pl.String, "value": pl.String, "call_key": pl.String}
)
NO_SYNTHETIC = pl.DataFrame(
    schema=dict.fromkeys(
        ("item_id", "cluster", "split", "messages", "target", "write_call_key", "read_call_key"), pl.String
    )
)
NO_BENCHMARK = pl.DataFrame(schema={"item_id": pl.String, "messages": pl.String})


def training_rows(
    context: Context,
    *,
    sample: Artifact,
    verdicts: tuple[Artifact, ...],
    candidate_answers: Artifact | None,
    candidate_verdicts: tuple[Artifact, ...],
    synthetic: Artifact | None,
    benchmark: Artifact | None,
    gate: str,
    passing_share: float,
) -> dict[str, Artifact]:
    """Step: the rows of the training set, proved to be of the train split and of no benchmark."""
    tables: dict[str, Table] = {
        "sample": _with_request(context, sample),
        "production_verdicts": verdicts,
        "candidate_answers": candidate_answers or NO_ANSWERS,
        "candidate_verdicts": candidate_verdicts or NO_VERDICTS,
        "synthetic": _with_request(context, synthetic or NO_SYNTHETIC),
        "benchmark": _with_request(context, benchmark or NO_BENCHMARK),
    }
    rows = context.store.sql(query("improve/training_rows"), tables, gate=gate, passing_share=passing_share)
    check = query("checks/training_rows_are_train_rows")
    offences = context.store.sql(check, tables | {"training_rows": _with_request(context, rows)})
    if offences.height:
        raise AssertionError(f"{offences.height} training rows are not of the train split: {offences.rows()[:3]}")
    return {"rows": context.store.write(rows)}


def _with_request(context: Context, table: Artifact | pl.DataFrame) -> pl.DataFrame:
    """The rows with `asked`: what the user said, whatever the case, the spaces and the form of the JSON."""
    rows = context.store.read(table) if isinstance(table, Artifact) else table
    said = [
        " ".join(str(message.get("content")) for message in json.loads(messages) if message["role"] == "user")
        for messages in rows["messages"]
    ]
    return rows.with_columns(pl.Series("asked", [" ".join(each.casefold().split()) for each in said], dtype=pl.String))


def chat_rows(rows: pl.DataFrame, instructions: str | None) -> Iterator[dict[str, Any]]:
    """OpenAI chat fine-tuning rows: `{"messages": [...]}` that end with the target, and nothing else."""
    for row in rows.iter_rows(named=True):
        yield {
            "messages": [
                *chat_for(instructions, json.loads(row["messages"])),
                {"role": "assistant", "content": row["target"]},
            ]
        }


def preference_rows(rows: pl.DataFrame, instructions: str | None) -> Iterator[dict[str, Any]]:
    """TRL preference rows in conversational form: `prompt`, `chosen`, `rejected`, each a list of messages."""
    for row in rows.filter(pl.col("rejected").is_not_null()).iter_rows(named=True):
        yield {
            "prompt": chat_for(instructions, json.loads(row["messages"])),
            "chosen": [{"role": "assistant", "content": row["target"]}],
            "rejected": [{"role": "assistant", "content": row["rejected"]}],
        }


def provenance_rows(rows: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """What made each chat row, in the order of the chat rows: the trace, the verdict's call, the judge, the repair."""
    named = ("item_id", "source", "judge", "call_key", "repair_call_key", "critique")
    for line, row in enumerate(rows.select(named).iter_rows(named=True), 1):
        yield {"line": line, **row}


def write_training_set(folder: Path, rows: pl.DataFrame, instructions: str | None) -> dict[str, Path]:
    """Writes the three files of a training set, each whole or not at all, and returns their places."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "chat": (folder / "chat.jsonl", chat_rows(rows, instructions)),
        "preferences": (folder / "preferences.jsonl", preference_rows(rows, instructions)),
        "provenance": (folder / "provenance.jsonl", provenance_rows(rows)),
    }
    for path, written in files.values():
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        with unfinished.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in written)
        unfinished.replace(path)
    return {name: path for name, (path, _) in files.items()}
