"""Facts of a built world: its files, its determinism, what it keeps apart."""

import csv
import json
from collections import Counter
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tasks.demo.documentation import parse_documentation
from tasks.demo.generator.defects import CRITERIA
from tasks.demo.generator.experts import EXPERTS, label
from tasks.demo.generator.load import traces_for_load
from tasks.demo.generator.truth import read_truth
from tasks.demo.workflow import Workflow, parse_answer, same
from tasks.demo.world import World, build_world
from tasks.domain.hashing import uniform

SCALE = 0.03


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(tmp_path_factory.mktemp("world"), seed=7, scale=SCALE)


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def traces(world: World) -> list[dict[str, Any]]:
    return [row for file in sorted((world.workspace / "traces").glob("*.jsonl")) for row in rows(file)]


def labels(world: World) -> list[dict[str, str]]:
    with (world.workspace / "labels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def content(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()
    }


def test_the_same_seed_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    again = build_world(tmp_path, seed=7, scale=SCALE)
    assert content(again.workspace) == content(world.workspace)
    assert content(again.truth) == content(world.truth)


def test_the_workspace_holds_what_a_team_has_and_says_that_it_is_simulated(world: World) -> None:
    names = {path.name for path in world.workspace.iterdir()}
    assert names == {
        "benchmark.jsonl",
        "criteria",
        "documentation.md",
        "labels.csv",
        "models",
        "prompts",
        "traces",
        "training",
        "workflow_schema.json",
        "workflows.jsonl",
        "world.json",
    }
    assert json.loads((world.workspace / "world.json").read_text(encoding="utf-8"))["simulated"] is True


def test_nothing_of_the_truth_is_in_the_workspace(world: World) -> None:
    assert {file.name for file in world.truth.iterdir()} == {"requests.jsonl", "benchmark.jsonl", "merchants.jsonl"}
    for name, text in content(world.workspace).items():
        if name.endswith(".jsonl"):
            for word in (b'"wanted"', b'"kind"', b'"vagueness"', b'"met"', b'"defects"'):
                assert word not in text, name


def test_every_trace_has_its_truth_and_the_truth_can_label_any_answer(world: World) -> None:
    known = read_truth(world.truth / "requests.jsonl")
    recorded = {row["item_id"]: row for row in rows(world.truth / "requests.jsonl")}
    production = traces(world)
    assert {trace["trace_id"] for trace in production} == set(known)
    given = {(row["item_id"], row["annotator"], row["criterion"]): row["value"] for row in labels(world)}
    for trace in production:
        request = known[trace["trace_id"]]
        assert trace["messages"] == request.messages
        assert recorded[trace["trace_id"]]["met"] == request.met_by(trace["output"])
        for expert in EXPERTS:
            if (trace["trace_id"], expert.name, "overall") in given:
                for one in label(expert, request, trace["output"]):
                    assert given[trace["trace_id"], expert.name, one.criterion] == one.value


def test_all_three_experts_label_the_same_traces_of_the_last_fourteen_days(world: World) -> None:
    days = {trace["trace_id"]: date.fromisoformat(trace["timestamp"][:10]) for trace in traces(world)}
    given = labels(world)
    assert Counter(row["criterion"] for row in given) == dict.fromkeys(CRITERIA, len(given) // 5)
    raters: dict[str, set[str]] = {}
    for row in given:
        raters.setdefault(row["item_id"], set()).add(row["annotator"])
        assert row["value"] in {"pass", "fail"}
        assert row["critique"]
        assert row["labelled_at"][:10] > days[row["item_id"]].isoformat()
    assert all(names == {"expert_a", "expert_b", "expert_c"} for names in raters.values())
    assert min(days[item] for item in raters) > date(2026, 3, 5) - timedelta(days=14)


def test_the_candidate_learns_from_train_tenants_before_the_labelled_window(world: World) -> None:
    first, more = (rows(world.workspace / "training" / f"{name}.jsonl") for name in ("first", "candidate"))
    assert more[: len(first)] == first
    corrected = {row["messages"][0]["content"] for row in more[len(first) :]}
    assert corrected
    sources = [trace for trace in traces(world) if trace["messages"][0]["content"] in corrected]
    assert len(sources) >= len(corrected)
    for text in corrected:
        assert any(
            uniform("split", trace["tenant"]) < 0.6 and trace["timestamp"] < "2026-02-20"
            for trace in sources
            if trace["messages"][0]["content"] == text
        )


def test_corrected_rows_end_with_what_was_wanted(world: World) -> None:
    known = {request.messages[0]["content"]: request for request in read_truth(world.truth / "requests.jsonl").values()}
    first = len(rows(world.workspace / "training" / "first.jsonl"))
    for row in rows(world.workspace / "training" / "candidate.jsonl")[first:]:
        user, assistant = row["messages"]
        assert same(known[user["content"]].wanted, parse_answer(assistant["content"]))


def test_current_and_candidate_differ_in_the_model_alone(world: World) -> None:
    prompts = world.workspace / "prompts"
    assert (prompts / "current.md").read_bytes() == (prompts / "candidate.md").read_bytes()
    assert world.current_model != world.candidate_model
    for model in (world.current_model, world.candidate_model):
        assert (world.workspace / "models" / f"{model.removeprefix('embedded/agent@')}.agent").is_file()


def test_workflows_are_valid_under_the_schema_and_the_documentation_reads_back(world: World) -> None:
    schema = json.loads((world.workspace / "workflow_schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for row in rows(world.workspace / "workflows.jsonl")[:60]:
        validator.validate(row["workflow"])
        assert row["runs_7d"] == sum(run >= "2026-02-27" for run in row["runs"])
        assert row["last_run_at"] == (row["runs"][-1] if row["runs"] else None)
    told = parse_documentation((world.workspace / "documentation.md").read_text(encoding="utf-8"))
    assert len(told.triggers) >= 15
    assert len(told.fields) >= 60
    assert len(told.actions) >= 25


def test_the_benchmark_has_requests_without_answers(world: World) -> None:
    benchmark = rows(world.workspace / "benchmark.jsonl")
    assert len(benchmark) == 60
    assert all(set(row) == {"item_id", "messages"} and len(row["messages"]) == 1 for row in benchmark)
    wanted = [Workflow.from_json(one) for row in rows(world.truth / "benchmark.jsonl") for one in row["wanted"]]
    assert len(wanted) >= 59


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[str] = []

    class Enough(Exception):
        pass

    def tell(text: str) -> None:
        told.append(text)
        if len(told) == 2:
            raise Enough

    with pytest.raises(Enough):
        build_world(tmp_path, seed=1, scale=0.01, progress=tell)
    assert "simulated" in told[0]


def test_traces_for_load_are_many_small_and_distinct() -> None:
    made = list(islice(traces_for_load(1_000_000, 7), 2000))
    assert len({trace["trace_id"] for trace in made}) == 2000
    assert 200 < sum(len(json.dumps(trace)) for trace in made) / 2000 < 400
    assert made == list(islice(traces_for_load(1_000_000, 7), 2000))
    assert len(list(traces_for_load(50, 7))) == 50
