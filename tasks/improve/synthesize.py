"""How does a real workflow become a request? A writer words it, a reader takes it back, and what matches is kept."""

import json
from typing import Any

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.replies import Answer, Unscored
from tasks.adapters.prompts import prompt
from tasks.collect.near_duplicates import close_to, near_duplicate_groups
from tasks.collect.splits import split_of
from tasks.compare.requests import REQUEST
from tasks.domain.artifact import Artifact, StepResult
from tasks.domain.verdict import Status
from tasks.improve.workflows import same_workflow, workflow_in

WRITTEN = pl.Schema(
    [
        (name, pl.String)
        for name in (
            "item_id",
            "cluster",
            "descriptor",
            "workflow",
            "request",
            "write_call_key",
            "status",
            "unscored_reason",
        )
    ]
)
KEPT = pl.Schema(
    [
        *REQUEST.items(),
        *((name, pl.String) for name in ("descriptor", "target", "write_call_key", "read_call_key")),
    ]
)
DROPPED = pl.Schema({"reason": pl.String, "count": pl.Int64})


def write_requests(
    context: Context, *, workflows: Artifact, model: str, api_base: str | None, documentation: str | None
) -> StepResult:
    """Step: the request that a user would have made, for each workflow."""
    chosen = context.store.read(workflows)
    by_id = {row["workflow_id"]: row for row in chosen.iter_rows(named=True)}
    address = context.address(api_base)
    asked = (_write_call(row, model, address, documentation) for row in by_id.values())
    rows, answers = [], []
    for done, answer in enumerate(context.gateway().ask(asked, _request_text), 1):
        row = by_id[str(answer.call.row)]
        rows.append(
            {
                "item_id": f"synthetic-{row['workflow_id']}",
                "cluster": row["tenant"],
                "descriptor": row["descriptor"],
                "workflow": row["workflow"],
                "request": answer.value,
                "write_call_key": answer.call.key,
                "status": answer.status.value,
                "unscored_reason": answer.reason,
            }
        )
        answers.append(answer)
        context.progress(done, chosen.height)
    return _result(context, {"written": pl.DataFrame(rows, schema=WRITTEN).sort("item_id")}, answers)


def keep_requests(
    context: Context,
    *,
    written: Artifact,
    benchmark: Artifact | None,
    model: str,
    api_base: str | None,
    documentation: str | None,
    near_duplicates: float,
) -> StepResult:
    """Step: the written requests whose round trip matches, once each, and none that is close to a benchmark row.

    The other tables count what was dropped, by reason: kept and dropped add up to what was chosen.
    """
    candidates = context.store.read(written)
    worded = candidates.filter(pl.col("request").is_not_null())
    address = context.address(api_base)
    asked = (_read_call(row, model, address, documentation) for row in worded.iter_rows(named=True))
    answers = list(context.gateway().ask(asked, _workflow))
    read = {str(answer.call.row): answer for answer in answers}
    matching = [
        row
        for row in worded.iter_rows(named=True)
        if read[row["item_id"]].value is not None
        and same_workflow(read[row["item_id"]].value, json.loads(row["workflow"]))
    ]
    unread = sum(1 for answer in answers if answer.status in (Status.failed, Status.skipped))
    distinct = _distinct(matching, near_duplicates)
    known = _benchmark_texts(context, benchmark)
    close = set(close_to([row["request"] for row in distinct], known, near_duplicates))
    kept = [row for place, row in enumerate(distinct) if place not in close]
    dropped = {
        "no request was written": candidates.height - worded.height,
        "the reader did not answer": unread,
        "the round trip does not match": worded.height - len(matching) - unread,
        "near-duplicate of another synthetic request": len(matching) - len(distinct),
        "close to a benchmark row": len(close),
    }
    tables = {
        "synthetic": pl.DataFrame([_kept(row, read[row["item_id"]]) for row in kept], schema=KEPT).sort("item_id"),
        "dropped": pl.DataFrame(list(dropped.items()), schema=DROPPED, orient="row"),
    }
    return _result(context, tables, answers)


def _write_call(row: dict[str, Any], model: str, address: str | None, documentation: str | None) -> Call:
    messages = prompt("improve/write_request").render(documentation=documentation, workflow=row["workflow"])
    return Call(model, messages, {"temperature": 0.0, "max_tokens": 400}, address, row=row["workflow_id"])


def _read_call(row: dict[str, Any], model: str, address: str | None, documentation: str | None) -> Call:
    messages = prompt("improve/read_request").render(documentation=documentation, request=row["request"])
    return Call(model, messages, {"temperature": 0.0, "max_tokens": 1200}, address, row=row["item_id"])


def _request_text(_: Call, reply: Reply) -> str | Unscored:
    return reply.text.strip() or Unscored("the writer wrote nothing")


def _workflow(_: Call, reply: Reply) -> Any:
    found = workflow_in(reply.text)
    return found if found is not None else Unscored("the reader gave no workflow", Status.abstained)


def _distinct(rows: list[dict[str, Any]], threshold: float) -> list[dict[str, Any]]:
    """The first of each near-duplicate group, in the order of the ids."""
    groups = near_duplicate_groups([row["request"] for row in rows], threshold)
    seen: set[int] = set()
    distinct = []
    for row, group in zip(rows, groups, strict=True):
        if group not in seen:
            seen.add(group)
            distinct.append(row)
    return distinct


def _benchmark_texts(context: Context, benchmark: Artifact | None) -> list[str]:
    if benchmark is None:
        return []
    chats = [json.loads(messages) for messages in context.store.read(benchmark)["messages"]]
    return [str(message["content"]) for chat in chats for message in chat[-1:]]


def _kept(row: dict[str, Any], read: Answer[Any]) -> dict[str, Any]:
    return {
        "item_id": row["item_id"],
        "source": "synthetic",
        "cluster": row["cluster"],
        "stratum": "synthetic",
        "split": split_of(row["cluster"]),
        "weight": 1.0,
        "stratum_population": None,
        "messages": json.dumps([{"role": "user", "content": row["request"]}], ensure_ascii=False),
        "descriptor": row["descriptor"],
        "target": f"```json\n{row['workflow']}\n```",
        "write_call_key": row["write_call_key"],
        "read_call_key": read.call.key,
    }


def _result(context: Context, tables: dict[str, pl.DataFrame], answers: list[Answer[Any]]) -> StepResult:
    return StepResult(
        tables={name: context.store.write(table) for name, table in tables.items()},
        settled=not any(answer.status in (Status.failed, Status.skipped) for answer in answers),
        model_calls=sum(answer.reply.requests for answer in answers if not answer.reply.cached),
        cost_usd=sum(answer.reply.spent_usd for answer in answers),
    )
