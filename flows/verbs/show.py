"""`flywheel show TRACE_ID`: one trace whole: what was asked, what was answered, what judge and people said of it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import click

from flows.output import Answer, in_workspace, verb
from tasks.adapters.models.cache import CallCache
from tasks.adapters.prompts import conversation_text
from tasks.adapters.queries import Query, query
from tasks.adapters.store.cycles import CycleRecord, CycleStore
from tasks.adapters.workspace import Workspace
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import TAG


@click.command("show")
@click.argument("trace_id")
@verb
@in_workspace
def command(workspace: Workspace, trace_id: str) -> Answer:
    """Show one trace: input, both systems' outputs, verdicts with critiques, labels, and the prompts by their hash.

    Given the hash of a call, it shows that call: every word that the model saw, and its reply.

    \b
    Example:
      flywheel show req-01234
      flywheel show b2-0123456789abcdef0123456789abcdef
    """  # noqa: D301
    if trace_id.startswith(f"{TAG}-"):
        return _call(workspace, trace_id)
    records = CycleStore(workspace.root / "cycles").all()
    if not records:
        raise WrongInput("there is no cycle yet", file=str(workspace.root), fix="`flywheel nightly` makes one.")
    shown = _Shown(workspace, records[-1])
    found = shown.rows("traces", query("compare/trace_shown"), trace_id=trace_id)
    synthetic = shown.rows("synthetic_requests", query("compare/synthetic_shown"), item_id=trace_id)
    if not found and not synthetic:
        fix = f"`flywheel failures` lists some; the last cycle is {records[-1].cycle_id}."
        raise WrongInput(f"there is no trace '{trace_id}'", fix=fix)
    values = {"trace": _readable((found or synthetic)[0]), "labels": shown.labels(trace_id)}
    values |= {side: shown.side(side, trace_id) for side in ("production", "current", "candidate")}
    return Answer("\n".join(_lines(values)), values)


def _call(workspace: Workspace, key: str) -> Answer:
    """The words of one model call, as the row cache keeps them."""
    cache = CallCache(workspace.calls)
    try:
        found = cache.recall(key)
    finally:
        cache.close()
    if found is None:
        fix = "It was made on another machine, or has been pruned."
        raise WrongInput(f"the row cache has no call '{key}'", file=str(workspace.calls), fix=fix)
    call, reply = found
    messages = [dict(message) for message in call.messages]
    values = {
        "call": key,
        "model": call.model,
        "params": dict(call.params),
        "messages": messages,
        "reply": reply.text,
    }
    text = f"{conversation_text(messages)}\n\n=== {call.model} replied\n{reply.text}"
    return Answer(text, values)


class _Shown:
    """Looks one item up in the tables of a cycle."""

    def __init__(self, workspace: Workspace, record: CycleRecord) -> None:
        self.store = workspace.artifacts
        self.tables = record.tables

    def rows(self, table: str, words: Query, name: str | None = None, **parameters: Any) -> list[dict[str, Any]]:
        if table not in self.tables:
            return []
        return self.store.sql(words, {name or table: self.tables[table]}, **parameters).to_dicts()

    def side(self, side: str, item_id: str) -> dict[str, Any]:
        answers = self.rows(f"{side}_answers", query("compare/answer_shown"), "answers", item_id=item_id)
        verdicts = self.rows(f"{side}_verdicts", query("compare/verdicts_shown"), "verdicts", item_id=item_id)
        return {"answer": answers[0] if answers else None, "verdicts": verdicts}

    def labels(self, item_id: str) -> list[dict[str, Any]]:
        return self.rows("labels", query("compare/labels_shown"), item_id=item_id)


def _readable(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its JSON columns as values."""
    parsed = {name: json.loads(row[name]) for name in ("messages", "metadata") if row.get(name)}
    return {name: value for name, value in row.items() if value is not None} | parsed


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    trace = values["trace"]
    known = ("trace_id", "item_id", "timestamp", "tenant", "outcome", "metadata", "descriptor")
    yield from (f"{name}: {trace[name]}" for name in known if name in trace)
    yield f"\n=== What was asked\n{conversation_text(trace['messages'])}"
    if "output" in trace:
        yield f"\n=== What production answered\n{trace['output']}"
        yield from _verdict_lines(values["production"]["verdicts"])
    for side in ("current", "candidate"):
        if answer := values[side]["answer"]:
            said = answer["output"] if answer["output"] is not None else f"(no answer: {answer['unscored_reason']})"
            same = " (as production did)" if answer["output"] == trace.get("output") else ""
            yield f"\n=== What {side} answers{same}" + ("" if same else f"\n{said}")
            yield from _verdict_lines(values[side]["verdicts"])
            yield f"  the words of this answer: call {answer['call_key']}"
    if values["labels"]:
        yield "\n=== What the people say"
        for label in values["labels"]:
            yield f"  {label['criterion']}: {label['value']} ({label['annotator']}) {label['critique'] or ''}".rstrip()


def _verdict_lines(verdicts: list[dict[str, Any]]) -> Iterator[str]:
    for verdict in verdicts:
        said = verdict["critique"] if verdict["value"] else verdict["unscored_reason"]
        yield f"  {verdict['criterion']}: {verdict['value'] or 'unscored'}. {said}"
        yield f"    judge {verdict['judge']}, call {verdict['call_key']}"
