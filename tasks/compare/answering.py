"""What does a system answer to each request? One call a request; a request without an answer says why."""

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.models.call import Call, Reply
from tasks.adapters.models.replies import Answer, Unscored
from tasks.domain.artifact import Artifact, StepResult
from tasks.domain.system import SystemUnderTest
from tasks.domain.verdict import Status

ANSWER = pl.Schema(
    {
        "item_id": pl.String,
        "messages": pl.String,
        "output": pl.String,
        "system": pl.String,
        "status": pl.String,
        "unscored_reason": pl.String,
        "cost_usd": pl.Float64,
        "latency_ms": pl.Float64,
        "call_key": pl.String,
    }
)
"""One answer, ready to be judged: who gave it is not among what a judge reads."""


def answer_requests(context: Context, *, requests: Artifact, system: SystemUnderTest) -> StepResult:
    """Step: the system's answer to each request."""
    rows = context.store.read(requests).select("item_id", "messages")
    messages = dict(rows.iter_rows())
    answers, calls, cost = [], 0, 0.0
    for done, answer in enumerate(context.gateway().ask(answer_calls(rows, system, context), _text), 1):
        item_id = str(answer.call.row)
        answers.append(_row(item_id, messages[item_id], system, answer))
        calls += 0 if answer.reply.cached else answer.reply.requests
        cost += answer.reply.spent_usd
        context.progress(done, rows.height)
    table = pl.DataFrame(answers, schema=ANSWER).sort("item_id")
    settled = not set(table["status"]) & {Status.failed.value, Status.skipped.value}
    return StepResult(tables={"answers": context.store.write(table)}, settled=settled, model_calls=calls, cost_usd=cost)


def answer_calls(rows: pl.DataFrame, system: SystemUnderTest, context: Context) -> Iterator[Call]:
    """One call a request."""
    params = {"temperature": system.temperature, "max_tokens": system.max_tokens}
    for row in rows.iter_rows(named=True):
        messages = chat_for(system.instructions, json.loads(row["messages"]))
        yield Call(system.model_name, messages, params, context.address(system.api_base), row=row["item_id"])


def chat_for(instructions: str | None, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a system sees of a request, when it answers and when it learns.

    Its own instructions stand in the place of those that the trace recorded; a system without any keeps the recorded.
    """
    if instructions is None:
        return messages
    asked = [message for message in messages if message["role"] not in ("system", "developer")]
    return [{"role": "system", "content": instructions}, *asked]


def _text(_: Call, reply: Reply) -> str | Unscored:
    """The answer's text, its tool calls spelt out where it has no words."""
    return reply.text or json.dumps(list(reply.tool_calls)) if reply.text or reply.tool_calls else Unscored("no text")


def _row(item_id: str, messages: str, system: SystemUnderTest, answer: Answer[str]) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "messages": messages,
        "output": answer.value,
        "system": system.hash,
        "status": answer.status.value,
        "unscored_reason": answer.reason,
        "cost_usd": answer.reply.cost_usd,
        "latency_ms": answer.reply.latency_ms,
        "call_key": answer.call.key,
    }
