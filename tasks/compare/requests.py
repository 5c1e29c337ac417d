"""What are the systems asked? Requests of production, of the benchmark, and synthetic ones, in one shape."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.queries import query
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import content_hash

REQUEST = pl.Schema(
    {
        "item_id": pl.String,
        "source": pl.String,
        "cluster": pl.String,
        "stratum": pl.String,
        "split": pl.String,
        "weight": pl.Float64,
        "stratum_population": pl.Int64,
        "messages": pl.String,
    }
)
"""One request. `weight` is how many production requests it stands for; `messages` is a chat as JSON."""


def production_requests(context: Context, *, sample: Artifact) -> dict[str, Artifact]:
    """Step: the sampled requests, without the answers."""
    requests = context.store.sql(query("compare/production_requests"), {"sample": sample})
    return {"requests": context.store.write(requests.cast(REQUEST))}


def benchmark_requests(context: Context, *, text: str, file: str) -> dict[str, Artifact]:
    """Step: the team's own benchmark, from the text of its file."""
    rows = [_benchmark_row(line, number, file) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not rows:
        raise WrongInput("the benchmark is empty", file=file, fix="Give it rows with item_id and messages.")
    requests = pl.DataFrame(rows, schema=REQUEST).sort("item_id")
    if twice := requests.filter(pl.col("item_id").is_duplicated()).height:
        first = requests.filter(pl.col("item_id").is_duplicated())["item_id"][0]
        raise WrongInput(f"{twice} rows share an item_id, '{first}' for one", file=file, fix="Make each its own.")
    return {"requests": context.store.write(requests)}


def _benchmark_row(line: str, number: int, file: str) -> dict[str, object]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise WrongInput(f"this is not JSON: {error}", file=file, line=number, fix="Write one object a line.") from None
    messages = row.get("messages") if isinstance(row, dict) else None
    if not isinstance(messages, list) or not _asks(messages):
        fix = "Write a list of chat messages that ends with what the user (or a tool) said: the answer is the system's."
        raise WrongInput("'messages' holds no request", file=file, line=number, fix=fix)
    identity = str(row.get("item_id") or content_hash(messages))
    return {
        "item_id": identity,
        "source": "benchmark",
        "cluster": str(row.get("cluster") or identity),
        "stratum": str(row.get("stratum") or "benchmark"),
        "split": "benchmark",
        "weight": 1.0,
        "stratum_population": None,
        "messages": json.dumps(messages, ensure_ascii=False),
    }


def _asks(messages: list[Any]) -> bool:
    """Whether a chat ends where a system would answer."""
    roles = [message.get("role") if isinstance(message, dict) else None for message in messages]
    return "user" in roles and roles[-1] in ("user", "tool")


def read_benchmark(root: Path, name: str) -> str:
    """The text of the benchmark's file. Raises WrongInput where it cannot be read."""
    try:
        return (root / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fix = "Write the file, or take [benchmark] file out."
        raise WrongInput(f"the benchmark cannot be read: {error}", file=str(root / name), fix=fix) from None
