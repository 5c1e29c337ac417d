"""What was really wanted? The hidden side of the world, for tests and simulations alone.

It lies in `truth/` beside the workspace. No step, prompt or model may read it, and every figure of the product stays
the same without it.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tasks.demo.generator.defects import defects_of
from tasks.demo.generator.request import Request
from tasks.demo.workflow import Workflow


def truth_row(name: str, request: Request, answer: str | None = None) -> dict[str, Any]:
    """A request with what was wanted and, where there is an answer, whether it is right and what is wrong with it."""
    row: dict[str, Any] = {
        "item_id": name,
        "text": request.text,
        "kind": request.kind,
        "wanted": [workflow.to_json() for workflow in request.wanted],
        "current": request.current.to_json() if request.current else None,
        "vagueness": request.vagueness,
    }
    if answer is not None:
        row["met"] = request.met_by(answer)
        row["defects"] = [defect.kind for defect in defects_of(request, answer)]
    return row


def read_truth(file: Path) -> dict[str, Request]:
    """The requests of a truth file by trace or row id: any answer to them can then be judged or labelled."""
    rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    return {row["item_id"]: _request(row) for row in rows}


def _request(row: Mapping[str, Any]) -> Request:
    return Request(
        text=row["text"],
        kind=row["kind"],
        wanted=tuple(Workflow.from_json(workflow) for workflow in row["wanted"]),
        current=Workflow.from_json(row["current"]) if row["current"] else None,
        vagueness=row["vagueness"],
    )


def write_json_lines(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Rows as JSON lines, the folder made where it is missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file.write_text(text, encoding="utf-8")
