"""The world's figures over seeds: slow, and the ground for what the README says of the simulated product."""

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tasks.adapters.prompts import read_prompt
from tasks.demo.agent import Agent
from tasks.demo.generator.defects import CRITERIA, CriterionName
from tasks.demo.generator.experts import EXPERTS, label, majority
from tasks.demo.generator.request import Request
from tasks.demo.generator.truth import read_truth
from tasks.demo.world import World, build_world
from tasks.domain.hashing import uniform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", params=[1, 2])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(tmp_path_factory.mktemp("world"), seed=request.param, scale=0.5)


@pytest.fixture(scope="module")
def known(world: World) -> dict[str, Request]:
    return read_truth(world.truth / "requests.jsonl")


@pytest.fixture(scope="module")
def production(world: World) -> list[dict[str, Any]]:
    files = sorted((world.workspace / "traces").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def agent(world: World, model: str) -> Agent:
    name = model.removeprefix("embedded/agent@")
    return Agent.load((world.workspace / "models" / f"{name}.agent").read_bytes())


def right(world: World, model: str, requests: Sequence[Request]) -> float:
    """The share of requests that the model answers as was wanted, with the workspace's own prompt."""
    told = (world.workspace / "documentation.md").read_text(encoding="utf-8")
    system = read_prompt(world.workspace / "prompts" / "current.md").render(documentation=told)
    trained = agent(world, model)
    return sum(request.met_by(trained.answer([*system, *request.messages])) for request in requests) / len(requests)


def kappa(left: Sequence[str], right: Sequence[str]) -> float:
    agreed = sum(one == other for one, other in zip(left, right, strict=True)) / len(left)
    shares = left.count("pass") / len(left), right.count("pass") / len(right)
    chance = shares[0] * shares[1] + (1 - shares[0]) * (1 - shares[1])
    return (agreed - chance) / (1 - chance)


def test_the_benchmark_says_ready_and_production_does_not(
    world: World, known: dict[str, Request], production: list[dict[str, Any]]
) -> None:
    benchmark = right(world, world.current_model, list(read_truth(world.truth / "benchmark.jsonl").values()))
    truth = sum(known[trace["trace_id"]].met_by(trace["output"]) for trace in production) / len(production)
    assert benchmark >= 0.93
    assert 0.55 < truth < 0.67
    activated = sum(trace["outcome"] == "activated" for trace in production) / len(production)
    assert abs(activated - truth) < 0.06


def test_the_candidate_is_clearly_better_for_tenants_that_it_never_saw(
    world: World, known: dict[str, Request], production: list[dict[str, Any]]
) -> None:
    unseen = [
        known[trace["trace_id"]]
        for trace in production
        if uniform("split", trace["tenant"]) >= 0.6 and trace["timestamp"] >= "2026-02-20"
    ]
    assert right(world, world.candidate_model, unseen) > right(world, world.current_model, unseen) + 0.06


def test_experts_agree_as_experts_do(known: dict[str, Request], production: list[dict[str, Any]]) -> None:
    rows = production[::3]
    given = [[label(expert, known[row["trace_id"]], row["output"]) for row in rows] for expert in EXPERTS]

    def agreement(name: CriterionName) -> float:
        place = CRITERIA.index(name)
        values = [[labels[place].value for labels in one] for one in given]
        return sum(kappa(*pair) for pair in combinations(values, 2)) / 3

    assert 0.62 < agreement("overall") < 0.75
    for name in CRITERIA:
        assert 0.5 < agreement(name) < 0.85, name
    truth = sum(known[row["trace_id"]].met_by(row["output"]) for row in rows) / len(rows)
    panel = [majority([one for expert in given for one in expert[place]], "overall") for place in range(len(rows))]
    assert abs(panel.count("pass") / len(rows) - truth) < 0.025


def test_every_criterion_is_alive(known: dict[str, Request], production: list[dict[str, Any]]) -> None:
    rows = production[::5]
    for place, name in enumerate(CRITERIA):
        failed = sum(label(EXPERTS[0], known[row["trace_id"]], row["output"])[place].value == "fail" for row in rows)
        assert 0.025 < failed / len(rows) < 0.6, name


def test_a_full_world_is_as_large_as_promised(tmp_path: Path) -> None:
    world = build_world(tmp_path, seed=7)
    assert world.traces >= 10_000
    lines = {
        name: (world.workspace / name).read_bytes().count(b"\n") for name in ("workflows.jsonl", "benchmark.jsonl")
    }
    assert lines["workflows.jsonl"] >= 2_000
    assert lines["benchmark.jsonl"] == 300
    assert (world.truth / "merchants.jsonl").read_bytes().count(b"\n") >= 400
    assert (world.workspace / "labels.csv").read_bytes().count(b"\n") == 1 + 600 * 3 * 5
    assert len(list((world.workspace / "traces").iterdir())) == 60
