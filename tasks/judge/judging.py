"""What does a judge say of each output? One call an output and criterion; every row ends as one of four statuses."""

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.models.replies import Answer
from tasks.domain.artifact import Artifact, StepResult
from tasks.domain.judge import Judge
from tasks.domain.verdict import Status, Verdict
from tasks.judge.asking import Question, judge_calls, reading, verdict_of

VERDICT = pl.Schema(
    {
        "item_id": pl.String,
        "judge": pl.String,
        "criterion": pl.String,
        "rubric_hash": pl.String,
        "value": pl.String,
        "critique": pl.String,
        "status": pl.String,
        "unscored_reason": pl.String,
        "cost_usd": pl.Float64,
        "latency_ms": pl.Float64,
        "call_key": pl.String,
    }
)
"""One verdict. `value` is null exactly where `unscored_reason` says why; `call_key` leads to the very words."""


def judge_outputs(context: Context, *, outputs: Artifact, judge: Judge) -> StepResult:
    """Step: a verdict on each output. An output that is missing is skipped: there is nothing to judge."""
    rows = context.store.read(outputs).select("item_id", "messages", "output")
    answered = rows.filter(pl.col("output").is_not_null())
    missing = rows.filter(pl.col("output").is_null())["item_id"]
    verdicts = [verdict_row(judge, item, Verdict.unscored("there is no output", Status.skipped)) for item in missing]
    calls, cost = 0, 0.0
    for done, answer in enumerate(_answers(context, answered, judge), 1):
        verdicts.append(verdict_row(judge, str(answer.call.row), verdict_of(answer), answer))
        calls += 0 if answer.reply.cached else answer.reply.requests
        cost += answer.reply.spent_usd
        context.progress(done, answered.height)
    table = pl.DataFrame(verdicts, schema=VERDICT).sort("item_id")
    unsettled = table.filter(pl.col("status").is_in(["failed", "skipped"]), pl.col("call_key").is_not_null())
    return StepResult(
        tables={"verdicts": context.store.write(table)}, settled=unsettled.is_empty(), model_calls=calls, cost_usd=cost
    )


def _answers(context: Context, rows: pl.DataFrame, judge: Judge) -> Iterator[Answer[dict[str, Any]]]:
    if rows.height:
        calls = judge_calls(questions_of(rows), judge, context.address(judge.api_base))
        yield from context.gateway().ask(calls, reading(judge.criterion.scale))


def questions_of(rows: pl.DataFrame) -> Iterator[Question]:
    for row in rows.iter_rows(named=True):
        yield Question(row["item_id"], json.loads(row["messages"]), row["output"])


def verdict_row(
    judge: Judge, item_id: str, verdict: Verdict, answer: Answer[dict[str, Any]] | None = None
) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "judge": judge.hash,
        "criterion": judge.criterion.name,
        "rubric_hash": judge.criterion.rubric_hash,
        "value": verdict.value,
        "critique": verdict.critique,
        "status": verdict.status.value,
        "unscored_reason": verdict.unscored_reason,
        "cost_usd": answer.reply.cost_usd if answer else None,
        "latency_ms": answer.reply.latency_ms if answer else None,
        "call_key": answer.call.key if answer else None,
    }
