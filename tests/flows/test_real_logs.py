"""Logs that nobody here wrote go through the same turn, by a mapping select; tests skip where they are not at hand."""

import json
import shutil
from pathlib import Path

import pytest

from flows.finish import finish
from flows.turned import turn
from flows.wheel import Wheel
from tasks.adapters.workspace import find_workspace

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
SELECTS = ROOT / "tests" / "collect" / "selects"
SETTINGS = """
name = "real-logs"
[ingest]
traces = ["traces/*.jsonl"]
select = "map.sql"
[sample]
size = 40
strata = []
[judge]
model = "embedded/judge"
"""


@pytest.mark.parametrize(
    ("file", "select", "conversations"),
    [
        ("tau-bench/retail_conversations.jsonl", "tau_bench.sql", 69),
        ("uss-mwoz/mwoz.jsonl", "uss_mwoz.sql", 1000),
    ],
)
def test_a_turn_on_real_logs(tmp_path: Path, file: str, select: str, conversations: int) -> None:
    if not (DATA / file).is_file():
        pytest.skip(f"the data set {file} is not on this machine")
    (tmp_path / "traces").mkdir()
    shutil.copy(DATA / file, tmp_path / "traces" / "logs.jsonl")
    shutil.copy(SELECTS / select, tmp_path / "map.sql")
    shutil.copytree(ROOT / "flows" / "workspace" / "criteria", tmp_path / "criteria")
    (tmp_path / "flywheel.toml").write_text(SETTINGS, encoding="utf-8")
    with Wheel(find_workspace(tmp_path, tmp_path)) as wheel:
        finished = finish(wheel, turn(wheel, as_of=None, candidate=None))
        refused = sum(run["quarantine"].rows for run in wheel.steps["ingest"])
        kept = sum(run["traces"].rows for run in wheel.steps["ingest"])
        sample = wheel.context.store.read(wheel.steps["sample"][0]["sample"])
    values = finished.values()
    assert kept + refused == conversations
    assert refused <= conversations * 0.02
    assert values["accounting"]["n"] == 40 * 5
    assert values["estimates"]["production_pass_rate"]["value"] is not None
    assert values["estimates"]["benchmark_pass_rate"]["why"]
    assert sample["cluster"].to_list() == sample["trace_id"].to_list()
    notes = " ".join(values["notes"])
    assert "no tenants" in notes
    assert "no times" in notes
    report = finished.report.read_text(encoding="utf-8")
    assert "by conversation" in report
    assert "untrusted" in report
    assert all(json.loads(row)[-1]["role"] in ("user", "tool", "assistant", "system") for row in sample["messages"])
