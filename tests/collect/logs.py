"""Logs made up for the tests of this room."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def trace(trace_id: str = "a", request: str = "tag big orders", answer: str = "done", **changes: Any) -> dict[str, Any]:
    """A good row; name what differs, None takes a field out."""
    row = {
        "trace_id": trace_id,
        "timestamp": "2026-03-01T10:00:00Z",
        "tenant": "shop",
        "messages": [{"role": "user", "content": request}, {"role": "assistant", "content": answer}],
    }
    return {name: value for name, value in (row | changes).items() if value is not None}


def write_lines(path: Path, rows: Iterable[Mapping[str, Any] | str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
    return path
