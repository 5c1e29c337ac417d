"""Real conversations of other teams, as they came, through a mapping select."""

import json
from pathlib import Path

from tasks.collect.sample import TIMELESS, sample_traces
from tasks.domain.artifact import Artifact
from tasks.domain.settings import Sample
from tests.collect.conftest import Door

SELECTS = Path(__file__).parent / "selects"


def ingested(door: Door, file: Path, select: str) -> dict[str, Artifact]:
    made = door.ingest_file(str(file), select=(SELECTS / select).read_text(encoding="utf-8"))
    assert made["quarantine"].rows == 0
    return made


def test_tau_bench_conversations_become_traces(door: Door, logs: Path) -> None:
    file = logs / "tau-bench" / "retail_conversations.jsonl"
    raw = file.read_text(encoding="utf-8")
    frame = door.frame(ingested(door, file, "tau_bench.sql")["traces"])
    assert frame.height == 69
    assert frame["tenant"].is_null().all()
    assert frame["timestamp"].is_null().all()
    for row, line in zip(frame.iter_rows(named=True), raw.splitlines(), strict=True):
        messages, after = json.loads(row["messages"]), json.loads(row["after"])
        assert len(messages) + 1 + len(after) == len(json.loads(line)["messages"])
        assert not any(each["role"] == "assistant" and each["content"] for each in after)
    stored = "".join(frame["messages"])
    assert "isabella.lopez3271@example.com" in raw
    assert "@example.com" not in stored
    assert "#W4923227" in stored, "an order number is no phone"
    assert '\\"price\\": 321.18' in stored, "nor is a price"


def test_mwoz_dialogues_become_traces_and_a_sample(door: Door, logs: Path) -> None:
    made = ingested(door, logs / "uss-mwoz" / "mwoz.jsonl", "uss_mwoz.sql")
    frame = door.frame(made["traces"])
    assert frame.height == 1000
    first = frame.row(0, named=True)
    assert [each["role"] for each in json.loads(first["messages"])[:2]] == ["user", "assistant"]
    assert first["output"] == "Thank you for using our system. Good bye"
    assert json.loads(first["after"]) == [{"role": "user", "content": "Goodbye."}]
    assert json.loads(first["metadata"])["overall_satisfaction"] == [3, 3, 2, 3]
    assert "01223 812660" not in "".join(frame["messages"])
    sample = sample_traces(door.bench.context, traces=(made["traces"],), settings=Sample(size=50), until=TIMELESS)
    rows = door.frame(sample["sample"])
    assert rows.height == 50
    assert rows["cluster"].to_list() == rows["trace_id"].to_list(), "without tenants, splits are by conversation"
