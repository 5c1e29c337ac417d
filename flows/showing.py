"""What is there to see of one trace? Input, both outputs, verdicts with critiques, labels, and where the words are."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tasks.adapters.prompts import conversation_text
from tasks.adapters.queries import query
from tasks.adapters.store.artifacts import ArtifactStore
from tasks.domain.artifact import Artifact

SIDES = ("production", "current", "candidate")
KNOWN = ("trace_id", "item_id", "timestamp", "tenant", "outcome", "metadata", "descriptor")


class Showing:
    """The tables of one cycle, looked up by trace. A sampled trace is found in the sample, another in all traces."""

    def __init__(self, store: ArtifactStore, tables: Mapping[str, tuple[Artifact, ...]]) -> None:
        self.store = store
        self.tables = tables
        self._frames: dict[str, pl.DataFrame] = {}

    def values(self, item_id: str) -> dict[str, Any] | None:
        """Everything about a trace or a synthetic request, as plain values; None where there is no such thing."""
        trace = self._trace(item_id)
        if trace is None:
            return None
        sides = {side: self._side(side, item_id) for side in SIDES}
        beside = {name: self._rows(name, "item_id", item_id) for name in ("labels", "preferences")}
        return {"trace": trace, **beside, **sides}

    def _trace(self, item_id: str) -> dict[str, Any] | None:
        found = self._rows("sample", "trace_id", item_id) or self._rows("synthetic_requests", "item_id", item_id)
        if not found:
            words = query("collect/trace_shown")
            found = self.store.sql(words, {"traces": self.tables["traces"]}, trace_id=item_id).to_dicts()
        return _readable(found[0]) if found else None

    def _side(self, side: str, item_id: str) -> dict[str, Any]:
        answers = self._rows(f"{side}_answers", "item_id", item_id)
        return {
            "answer": answers[0] if answers else None,
            "verdicts": self._rows(f"{side}_verdicts", "item_id", item_id),
        }

    def _rows(self, table: str, column: str, value: str) -> list[dict[str, Any]]:
        if table not in self.tables:
            return []
        if table not in self._frames:
            self._frames[table] = pl.concat([self.store.read(part) for part in self.tables[table]])
        return self._frames[table].filter(pl.col(column) == value).to_dicts()


def shown(values: Mapping[str, Any]) -> str:
    """What `flywheel show` prints."""
    return "\n".join(_lines(values))


def _readable(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its JSON columns as values, and without what is empty."""
    parsed = {name: json.loads(row[name]) for name in ("messages", "metadata") if row.get(name)}
    return {name: value for name, value in row.items() if value is not None} | parsed


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    trace = values["trace"]
    yield from (f"{name}: {trace[name]}" for name in KNOWN if name in trace)
    yield f"\n=== What was asked\n{conversation_text(trace['messages'])}"
    if "output" in trace:
        yield f"\n=== What production answered\n{trace['output']}"
        yield from _verdict_lines(values["production"]["verdicts"])
    for side in ("current", "candidate"):
        if answer := values[side]["answer"]:
            said = answer["output"] if answer["output"] is not None else f"(no answer: {answer['unscored_reason']})"
            same = answer["output"] is not None and answer["output"] == trace.get("output")
            yield f"\n=== What {side} answers" + (", as production did" if same else f"\n{said}")
            yield from _verdict_lines(values[side]["verdicts"])
            yield f"  its words: flywheel show {answer['call_key']}"
    for preferred in values["preferences"]:
        yield from _preference_lines(preferred)
    if values["labels"]:
        yield "\n=== What the people say"
        for label in values["labels"]:
            yield f"  {label['criterion']}: {label['value']} ({label['annotator']}) {label['critique'] or ''}".rstrip()


def _preference_lines(preferred: Mapping[str, Any]) -> Iterator[str]:
    """Which answer a judge prefers, what it said in each order, and where its words are."""
    said = preferred["value"] or f"unscored: {preferred['unscored_reason']}"
    yield f"\n=== Which of the two is preferred on {preferred['criterion']}: {said}"
    for order, critique, key in (
        ("forward", "critique", "call_key"),
        ("backward", "critique_backward", "call_key_backward"),
    ):
        if preferred[key]:
            yield f"  {order}: {preferred[order] or 'unscored'}. {preferred[critique] or ''}".rstrip()
            yield f"    its words: flywheel show {preferred[key]}"


def _verdict_lines(verdicts: list[dict[str, Any]]) -> Iterator[str]:
    for verdict in sorted(verdicts, key=lambda each: str(each["criterion"])):
        said = verdict["critique"] if verdict["value"] else verdict["unscored_reason"]
        yield f"  {verdict['criterion']}: {verdict['value'] or 'unscored'}. {said}"
        yield f"    judge {verdict['judge']}, its words: flywheel show {verdict['call_key']}"
