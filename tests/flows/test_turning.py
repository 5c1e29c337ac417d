"""The verbs that run flows, without any server of the user's: a cycle, a mirror, and what a person looks at after."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from flows.running import EXIT_CODES
from tasks.adapters.workspace import Workspace
from tests.flows.test_cli import CRITERIA, SAMPLED, flywheel, refused

pytestmark = pytest.mark.timeout(300)


SPY = """
import os, socket

real = socket.getaddrinfo


def spied(host, *rest, **named):
    name = host.decode() if isinstance(host, bytes) else host
    if name not in (None, "", "127.0.0.1", "localhost", "::1", "0.0.0.0", socket.gethostname()):
        with open(os.environ["SPY_LOG"], "a", encoding="utf-8") as log:
            log.write(f"{name}\\n")
    return real(host, *rest, **named)


socket.getaddrinfo = spied
"""
"""Python runs a `sitecustomize` at its start: this one notes every look-up of a host that is not this machine."""


def test_a_night_and_the_morning_after(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SPY, encoding="utf-8")
    spied = {"PYTHONPATH": str(tmp_path), "SPY_LOG": str(tmp_path / "hosts.txt")}
    night = flywheel("nightly", "--json", "--workspace", workspace.root, environment=spied)
    assert night.code == 0, night.err
    assert not (tmp_path / "hosts.txt").exists(), "something phones home"
    lookup = "import socket, contextlib\nwith contextlib.suppress(OSError): socket.getaddrinfo('nowhere.invalid', 80)"
    subprocess.run([sys.executable, "-c", lookup], env=os.environ | spied, check=True)
    assert (tmp_path / "hosts.txt").read_text(encoding="utf-8") == "nowhere.invalid\n", "the spy sees look-ups"
    values = night.values
    for name in ("production_pass_rate", "benchmark_pass_rate", "benchmark_production_gap"):
        estimate = values["estimates"][name]
        assert estimate["low"] <= estimate["value"] <= estimate["high"]
        assert estimate["n"] > 0
        assert estimate["method"]
    counted = values["accounting"]
    assert counted["n"] == counted["judged"] + counted["abstained"] + counted["failed"] + counted["skipped"]
    assert counted["n"] == CRITERIA * (3 * SAMPLED + 60)
    assert values["training_rows"] > 0
    assert {step["state"] for step in values["steps"].values()} == {"ran"}
    report = Path(values["report"]).read_text(encoding="utf-8")
    assert "imulated" in report
    assert "http" not in report.replace("http-equiv", "")

    again = flywheel("nightly", "--json", "--workspace", workspace.root).values
    assert again["model_calls"] == 0
    assert {step["state"] for step in again["steps"].values()} == {"cached"}
    assert (again["cycle_id"], again["mlflow_run_id"]) == (values["cycle_id"], values["mlflow_run_id"])
    assert again["estimates"] == values["estimates"]

    failures = flywheel("failures", "--json", "--workspace", workspace.root).values
    assert failures["failures"] > 0
    listed = flywheel("failures", "--workspace", workspace.root).out
    trace_id = listed.split("flywheel show ")[1].split()[0]
    seen = flywheel("show", trace_id, "--json", "--workspace", workspace.root).values
    assert any(verdict["value"] == "fail" for verdict in seen["production"]["verdicts"])
    assert seen["candidate"]["answer"]["output"]
    key = seen["production"]["verdicts"][0]["call_key"]
    words = flywheel("show", key, "--json", "--workspace", workspace.root).values
    assert "# Criterion" in words["messages"][0]["content"]
    assert trace_id in flywheel("show", trace_id, "--workspace", workspace.root).out
    assert (
        "no trace 'nobody'" in refused(flywheel("show", "nobody", "--json", "--workspace", workspace.root))["message"]
    )
    assert flywheel("report", "--json", "--workspace", workspace.root).values["report"] == values["report"]
    assert flywheel("status", "--json", "--workspace", workspace.root).values["last_cycle"] == values["cycle_id"]
    _catalogue_can_be_made_anew(workspace)

    mirror = flywheel("mirror", "--candidate", "candidate", "--json", "--workspace", workspace.root)
    assert mirror.values["decision"] == values["comparison"]["decision"]
    assert mirror.code == EXIT_CODES[mirror.values["decision"]][None]
    assert mirror.values["model_calls"] == 0, "the night has asked all of it"


def _catalogue_can_be_made_anew(workspace: Workspace) -> None:
    workspace.catalogue.unlink()
    doctor = flywheel("doctor", "--rebuild", "--json", "--workspace", workspace.root)
    assert doctor.code == 0, doctor.out
    with duckdb.connect(str(workspace.catalogue), read_only=True) as connection:
        assert connection.execute("select count(*) from sample").fetchone() == (SAMPLED,)
        assert connection.execute("select count(*) from cycle").fetchone() == (1,)


def test_outputs_that_a_team_has_already_are_mirrored_from_a_file(workspace: Workspace, tmp_path: Path) -> None:
    good = 'Here it is.\n\n```json\n{"trigger": "order_created", "conditions": [], "actions": []}\n```'
    rows = [
        {
            "item_id": f"p{number}",
            "input": "When an order comes in, cancel it.",
            "output_current": "Sorry, I can't help with that.",
            "output_candidate": good if number % 2 else "Sorry, I can't do that either.",
            "cluster": f"shop-{number % 8}",
        }
        for number in range(24)
    ]
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    said = flywheel("mirror", "--pairs", path, "--json", "--workspace", workspace.root)
    values = said.values
    assert values["wins"] + values["losses"] + values["ties"] + values["unscored"] == 24
    assert said.code == EXIT_CODES[values["decision"]][None]
    (tmp_path / "short.jsonl").write_text('{"item_id": "a", "input": "b"}\n', encoding="utf-8")
    wrong = flywheel("mirror", "--pairs", tmp_path / "short.jsonl", "--json", "--workspace", workspace.root)
    assert "output_current" in refused(wrong)["message"]
