"""Only what changed reruns: each test changes one thing and reads from `--json` what ran and what was called."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = "from flows.cli import main; main()"


class House:
    """A copy of the project and of a workspace on which the wheel has turned once."""

    def __init__(self, folder: Path) -> None:
        self.code = folder / "project"
        self.workspace = folder / "workspace"

    def turn(self) -> dict[str, Any]:
        """One turn by `flywheel train-set`, which needs no orchestrator, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "train-set", "--json", "--workspace", str(self.workspace)],
            cwd=self.code,
            env=os.environ | {"PYTHONPATH": str(self.code)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        values: dict[str, Any] = json.loads(done.stdout)
        return values

    def change(self, place: Path, before: str, after: str) -> None:
        text = place.read_text(encoding="utf-8")
        assert before in text
        place.write_text(text.replace(before, after, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def turned(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project and a workspace after their first turn."""
    folder = tmp_path_factory.mktemp("turned")
    for part in ("flows", "tasks", "sql"):
        shutil.copytree(ROOT / part, folder / "project" / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(world / "workspace", folder / "workspace")
    first = House(folder).turn()
    assert all(step["state"] == "ran" for step in first["steps"].values())
    assert first["training_rows"] > 0
    return folder


@pytest.fixture
def house(turned: Path, tmp_path: Path) -> Iterator[House]:
    shutil.copytree(turned, tmp_path / "copy")
    yield House(tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy")


def ran(values: dict[str, Any]) -> set[str]:
    return {name for name, step in values["steps"].items() if step["state"] == "ran"}


def calls(values: dict[str, Any]) -> int:
    return sum(int(step["model_calls"]) for step in values["steps"].values())


def test_nothing_changed_nothing_runs(house: House) -> None:
    again = house.turn()
    assert ran(again) == set()
    assert calls(again) == 0


def test_a_comma_in_a_rubric_runs_its_judge_and_what_follows(house: House) -> None:
    house.change(house.workspace / "criteria" / "grounding.md", ".", ", truly.")
    values = house.turn()
    judges = {name for name in ran(values) if name.startswith("judge.")}
    assert judges
    assert all(name.endswith(".grounding") for name in judges)
    assert ran(values) - judges <= {"rates", "trust", "decide", "decide.synthetic", "failures", "training_set"}
    assert calls(values) > 0


def test_a_function_of_the_judge_room_runs_the_judge_but_asks_no_model(house: House) -> None:
    asking = house.code / "tasks" / "judge" / "asking.py"
    house.change(asking, 'f"the judge abstained: {critique}"', 'f"the judge has abstained: {critique}"')
    values = house.turn()
    assert {"judge.production.overall", "judge.candidate.safety"} <= ran(values)
    assert not ran(values) & {"ingest", "validate", "sample", "answer.current", "answer.candidate"}
    assert calls(values) == 0


def test_a_query_of_sampling_runs_the_sample_and_what_follows(house: House) -> None:
    words = house.code / "sql" / "collect" / "sampled_traces.sql"
    house.change(words, "order by traces.trace_id", "order by traces.trace_id asc")
    values = house.turn()
    assert "sample" in ran(values)
    assert not ran(values) & {"ingest", "validate"}
    assert calls(values) == 0, "the same rows were sampled, so no model is asked again"


def test_a_comment_runs_nothing(house: House) -> None:
    for name in ("judge/asking.py", "judge/judging.py", "collect/sample.py", "compare/answering.py", "domain/judge.py"):
        path = house.code / "tasks" / name
        path.write_text("# a comment\n" + path.read_text(encoding="utf-8") + "\n# another\n", encoding="utf-8")
    assert ran(house.turn()) == set()


def test_the_candidates_prompt_runs_the_candidate_and_not_the_current_system(house: House) -> None:
    house.change(house.workspace / "prompts" / "candidate.md", "one short sentence", "one brief sentence")
    values = house.turn()
    assert "answer.candidate" in ran(values)
    assert not {name for name in ran(values) if ".current" in name or ".production" in name or ".benchmark" in name}
    assert not ran(values) & {"ingest", "sample", "rates", "failures"}


def test_a_deleted_artifact_is_made_again(house: House) -> None:
    record = next((house.workspace / "steps" / "judge.production.overall").glob("*.json"))
    verdicts = json.loads(record.read_text(encoding="utf-8"))["outputs"]["verdicts"]["hash"]
    (house.workspace / "artifacts" / f"{verdicts}.parquet").unlink()
    values = house.turn()
    assert ran(values) == {"judge.production.overall"}
    assert calls(values) == 0


def test_ten_new_traces_send_only_their_rows_to_a_model(house: House) -> None:
    last = max((house.workspace / "traces").glob("*.jsonl"))
    rows = [json.loads(line) for line in last.read_text(encoding="utf-8").splitlines()][:10]
    for place, row in enumerate(rows):
        row["trace_id"] = f"new-{place}"
        row["messages"][-1]["content"] += f" And this is wish number {place} of its kind, for shop {place * 37}."
    new = last.with_name(f"{last.stem}-late.jsonl")
    new.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    values = house.turn()
    assert {"ingest", "sample"} <= ran(values)
    criteria = 3
    # A new row that is sampled is judged as it is, answered twice and judged twice; it may push others in or out.
    most = 3 * len(rows) * (1 + 1 + criteria) + 3 * len(rows) * criteria
    assert 0 < calls(values) <= most
