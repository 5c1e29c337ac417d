"""Every wrong use has a message that says what to do and the right exit code; `--json` is one document on stdout."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.adapters.workspace import Workspace
from tests.conftest import Edit

SAMPLED, CRITERIA = 40, 3
"""Of the small world: see `tests/conftest.py`."""
FLYWHEEL = Path(sys.executable).with_name("flywheel")


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def flywheel(*words: object, cwd: Path | None = None, environment: dict[str, str] | None = None) -> Said:
    done = subprocess.run(
        [FLYWHEEL, *map(str, words)],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")} | (environment or {}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Said(done.returncode, done.stdout, done.stderr)


def refused(said: Said, *, code: int = 2) -> dict[str, Any]:
    """The error of a `--json` run, which stdout holds and nothing else."""
    assert said.code == code, said
    error: dict[str, Any] = said.values["error"]
    assert set(said.values) == {"schema_version", "verb", "error"}
    assert error["message"] in said.err
    return error


def test_every_verb_has_help_with_an_example() -> None:
    listed = flywheel("--help").out
    for verb in ("init", "demo", "ingest", "sample", "mirror", "failures", "train-set", "nightly", "report", "show"):
        assert verb in listed
        shown = flywheel(verb, "--help")
        assert shown.code == 0
        assert "Example:" in shown.out
        assert f"flywheel {verb}" in shown.out
        assert "--json" in shown.out


def test_an_unknown_verb_and_an_unknown_option_are_wrong_use() -> None:
    assert "No such command" in refused(flywheel("nigthly", "--json"))["message"]
    assert "No such option" in refused(flywheel("nightly", "--as-off", "x", "--json"))["message"]


def test_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    error = refused(flywheel("status", "--json", cwd=tmp_path))
    assert "flywheel.toml" in error["message"]
    assert "flywheel init" in error["fix"]


def test_init_makes_a_workspace_that_doctor_understands(tmp_path: Path) -> None:
    assert flywheel("init", tmp_path / "mine").code == 0
    assert {path.stem for path in (tmp_path / "mine" / "criteria").glob("*.md")} == {
        "safety",
        "goal_fulfilment",
        "grounding",
        "sentiment",
        "overall",
    }
    looked = flywheel("doctor", "--workspace", tmp_path / "mine", "--json")
    assert looked.code == 2
    findings = {each["what"]: each for each in looked.values["findings"]}
    assert findings["criteria"]["right"]
    assert not findings["traces"]["right"]
    assert "OPENAI_API_KEY" in findings["key of openai/gpt-5-mini"]["found"]
    assert "already" in refused(flywheel("init", tmp_path / "mine", "--json"))["message"]


def test_a_verb_works_from_any_folder_below_the_workspace(workspace: Workspace) -> None:
    assert flywheel("status", "--json", cwd=workspace.root / "criteria").values["workspace"] == str(workspace.root)


def test_an_unknown_key_names_the_nearest(workspace: Workspace, edit: Edit) -> None:
    edit("flywheel.toml", "window_days = 14", "window_day = 14")
    error = refused(flywheel("sample", "--json", "--workspace", workspace.root))
    assert "window_day" in error["message"]
    assert "window_days" in error["fix"]


def test_missing_logs_are_named(workspace: Workspace) -> None:
    shutil.rmtree(workspace.root / "traces")
    error = refused(flywheel("ingest", "--json", "--workspace", workspace.root))
    assert "traces/*.jsonl" in error["message"]


def test_malformed_lines_are_refused_with_their_line_and_the_rest_is_kept(workspace: Workspace) -> None:
    path = min((workspace.root / "traces").glob("*.jsonl"))
    kept = len(path.read_text(encoding="utf-8").splitlines())
    with path.open("a", encoding="utf-8") as file:
        file.write('{"trace_id": "cut off\n')
    said = flywheel("ingest", "--json", "--workspace", workspace.root)
    assert said.code == 0, said.err
    (row,) = said.values["refused_rows"]
    assert (Path(row["source"]).name, row["line"]) == (path.name, kept + 1)


def test_an_empty_window_says_what_the_logs_cover(workspace: Workspace) -> None:
    error = refused(flywheel("sample", "--as-of", "2031-01-01", "--json", "--workspace", workspace.root))
    assert "2026-0" in f"{error['message']} {error['fix']}"
    assert (
        "not a day"
        in refused(flywheel("sample", "--as-of", "soon", "--json", "--workspace", workspace.root))["message"]
    )


def test_a_missing_rubric_is_named(workspace: Workspace) -> None:
    (workspace.root / "criteria" / "safety.md").unlink()
    assert refused(flywheel("failures", "--json", "--workspace", workspace.root))["file"].endswith("safety.md")


def test_an_unknown_candidate_lists_those_that_there_are(workspace: Workspace) -> None:
    assert "--candidate or --pairs" in refused(flywheel("mirror", "--json", "--workspace", workspace.root))["message"]
    said = flywheel("mirror", "--candidate", "nobody", "--dry-run", "--json", "--workspace", workspace.root)
    assert "candidate" in refused(said)["message"]


def test_a_model_without_a_price_is_refused(workspace: Workspace, edit: Edit) -> None:
    edit("flywheel.toml", 'model = "embedded/judge"', 'model = "hosted_vllm/mine"\napi_base = "http://127.0.0.1:9/v1"')
    error = refused(flywheel("failures", "--json", "--workspace", workspace.root))
    assert "hosted_vllm/mine" in error["message"]
    assert "--allow-unknown-cost" in error["fix"]


def test_a_dead_endpoint_ends_with_what_was_done_kept(workspace: Workspace, edit: Edit) -> None:
    edit(
        "flywheel.toml",
        'model = "embedded/judge"',
        'model = "hosted_vllm/mine"\napi_base = "http://127.0.0.1:9/v1"',
    )
    edit(
        "flywheel.toml",
        "usd_per_day = 5.0",
        'usd_per_day = 5.0\nretries = 0\nprice_per_million = { "hosted_vllm/*" = 0 }',
    )
    error = refused(flywheel("failures", "--json", "--workspace", workspace.root), code=4)
    assert "127.0.0.1:9" in f"{error['message']} {error['fix']}"
    again = flywheel("sample", "--json", "--workspace", workspace.root)
    assert {step["state"] for step in again.values["steps"].values()} == {"cached"}


def test_a_spent_budget_ends_with_exit_code_4_and_goes_on_later(workspace: Workspace, edit: Edit) -> None:
    edit("flywheel.toml", "usd_per_day = 5.0", "usd_per_day = 5.0\ncalls_per_run = 30")
    refused(flywheel("failures", "--json", "--workspace", workspace.root), code=4)
    edit("flywheel.toml", "calls_per_run = 30", "calls_per_run = 100000")
    second = flywheel("failures", "--json", "--workspace", workspace.root)
    assert second.code == 0, second.err
    asked = sum(step["model_calls"] for step in second.values["steps"].values())
    assert asked == SAMPLED * CRITERIA - 30, "what the first run paid for is not paid for again"


def test_no_labels_yet_is_the_usual_first_day(workspace: Workspace) -> None:
    (workspace.root / "labels.sqlite").unlink()
    done = flywheel("train-set", "--json", "--workspace", workspace.root)
    assert done.code == 0, done.err
    status = flywheel("status", "--json", "--workspace", workspace.root).values
    assert status["trusted"] is False
    assert status["labelled_items"] == 0


def test_a_dry_run_asks_nothing_and_says_what_it_would(workspace: Workspace) -> None:
    planned = flywheel("nightly", "--dry-run", "--json", "--workspace", workspace.root)
    assert planned.code == 0, planned.err
    assert planned.values["calls"] > 500
    assert planned.values["cost_usd"] == 0
    assert not (workspace.root / "prefect").exists()
    done = flywheel("train-set", "--json", "--workspace", workspace.root)
    asked = sum(step["model_calls"] for step in done.values["steps"].values())
    assert asked <= planned.values["calls"] <= 1.6 * asked
