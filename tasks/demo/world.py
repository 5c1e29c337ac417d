"""What does the embedded world consist of? A workspace as a real team would have it, and the truth beside it.

Everything here is simulated and says so: the product, its merchants, its experts and its models are programs of this
project. The same seed and scale give the same bytes.
"""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from tasks.adapters.prompts import Prompt, read_prompt
from tasks.demo.agent import Agent, train
from tasks.demo.catalogue import load_catalogue, workflow_schema
from tasks.demo.documentation import documentation
from tasks.demo.generator.history import DAYS, OwnedWorkflow, day, draw_workflows
from tasks.demo.generator.labelling import WINDOW_DAYS, choose_for_labels, label_all, write_labels
from tasks.demo.generator.merchants import Merchant, draw_merchants
from tasks.demo.generator.outcomes import outcome
from tasks.demo.generator.production import Asked, draw_production
from tasks.demo.generator.request import Request
from tasks.demo.generator.training import benchmark_requests, chat_row, engineering_requests
from tasks.demo.generator.truth import truth_row, write_json_lines
from tasks.demo.provider import save_agent
from tasks.domain.hashing import uniform

HERE = Path(__file__).parent
LONG_TAIL = frozenset({"edit", "email", "integration", "several", "slang"})
TRAIN_SHARE = 0.6
"""The train split of tenants, by the same hash as everywhere else."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything there is."""

    merchants: int
    workflows_each: float
    requests: int
    training: int
    benchmark: int
    labelled: int
    corrected: int

    @classmethod
    def of(cls, scale: float) -> "Size":
        """The sizes at a scale; what a small world needs to be one at all shrinks less."""
        return cls(
            merchants=max(40, round(420 * scale)),
            workflows_each=6.4,
            requests=max(300, round(10_500 * scale)),
            training=max(300, round(2_000 * min(1.0, 2 * scale))),
            benchmark=max(60, round(300 * scale)),
            labelled=max(40, round(600 * scale)),
            corrected=max(60, round(600 * scale)),
        )


@dataclass(frozen=True, slots=True)
class World:
    """What was built, and where."""

    workspace: Path
    truth: Path
    current_model: str
    candidate_model: str
    traces: int
    days: int = DAYS


Progress = Callable[[str], None]


def build_world(folder: Path, seed: int = 7, scale: float = 1.0, progress: Progress | None = None) -> World:
    """Writes `folder/workspace` and `folder/truth`, and says what it does by `progress`.

    Files of an earlier build in these two folders are removed first.
    """
    tell = progress or (lambda _: None)
    size = Size.of(scale)
    workspace, truth = _emptied(folder / "workspace"), _emptied(folder / "truth")
    told = _write_reference(workspace)

    tell(f"drawing {size.merchants} simulated merchants and their {size.requests} requests")
    merchants = draw_merchants(size.merchants, seed)
    owned = {merchant.tenant: draw_workflows(merchant, seed, mean=size.workflows_each) for merchant in merchants}
    production = draw_production(merchants, owned, size.requests, seed)
    benchmark = tuple(benchmark_requests(size.benchmark, seed))
    first = tuple(engineering_requests(size.training, seed, apart_from=[request.text for request in benchmark]))

    tell(f"training the current system on {size.training} rows")
    current = _trained(first, told, workspace, "first")
    tell(f"answering {size.requests} requests")
    answers = _answers(current.agent, production, read_prompt(workspace / "prompts" / "current.md"), told)
    _write_production(workspace, production, owned, answers, seed)
    _write_benchmark(workspace, truth, benchmark)

    tell(f"three simulated experts label {size.labelled} answers")
    labels = label_all(choose_for_labels(production, size.labelled), answers)
    write_labels(workspace / "labels.csv", labels)

    corrected = corrections(production, answers, size.corrected)
    tell(f"training a candidate with {len(corrected)} corrected rows more")
    candidate = _trained((*first, *corrected), told, workspace, "candidate")
    _write_truth(truth, production, merchants, answers)
    world = World(workspace, truth, current.model, candidate.model, len(production))
    _write_about(workspace, world, seed, scale)
    return world


def corrections(production: Sequence[Asked], answers: Mapping[str, str], count: int) -> tuple[Request, ...]:
    """Wrong answers of the long tail, put right: of train tenants, and from before the window that is labelled."""
    before = day(DAYS - WINDOW_DAYS)
    wrong = [
        asked
        for asked in production
        if asked.request.kind in LONG_TAIL
        and asked.timestamp.date() < before
        and uniform("split", asked.merchant.tenant) < TRAIN_SHARE
        and not asked.request.met_by(answers[asked.trace_id])
    ]
    wrong.sort(key=lambda asked: uniform("corrected", asked.trace_id))
    return tuple(asked.request for asked in wrong[:count])


@dataclass(frozen=True, slots=True)
class _Trained:
    agent: Agent
    model: str


def _trained(requests: Sequence[Request], told: str, workspace: Path, name: str) -> _Trained:
    rows = [chat_row(request) for request in requests]
    write_json_lines(workspace / "training" / f"{name}.jsonl", rows)
    artifact = train(rows, told)
    return _Trained(Agent.load(artifact), save_agent(artifact, workspace / "models"))


def _answers(agent: Agent, production: Sequence[Asked], prompt: Prompt, told: str) -> dict[str, str]:
    """What the system said to each request, with the very prompt that the workspace names for it."""
    system = prompt.render(documentation=told)
    return {asked.trace_id: agent.answer([*system, *asked.request.messages]) for asked in production}


def _emptied(folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def _write_reference(workspace: Path) -> str:
    """Documentation, schema, rubrics and prompts. Returns the documentation."""
    told = documentation(load_catalogue())
    (workspace / "documentation.md").write_text(told, encoding="utf-8")
    schema = json.dumps(workflow_schema(load_catalogue()), indent=1) + "\n"
    (workspace / "workflow_schema.json").write_text(schema, encoding="utf-8")
    shutil.copytree(HERE / "criteria", workspace / "criteria")
    for system in ("current", "candidate"):
        target = workspace / "prompts" / f"{system}.md"
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(HERE / "systems" / "assistant.md", target)
    return told


def _write_production(
    workspace: Path,
    production: Sequence[Asked],
    owned: Mapping[str, Sequence[OwnedWorkflow]],
    answers: Mapping[str, str],
    seed: int,
) -> None:
    for date, asked_that_day in groupby(production, key=lambda asked: asked.timestamp.date()):
        rows = [
            asked.to_trace(answer, outcome(asked.request, answer, f"{seed}/{asked.trace_id}"))
            for asked in asked_that_day
            for answer in [answers[asked.trace_id]]
        ]
        write_json_lines(workspace / "traces" / f"{date.isoformat()}.jsonl", rows)
    flat = (workflow.to_json() for workflows in owned.values() for workflow in workflows)
    write_json_lines(workspace / "workflows.jsonl", flat)


def _write_benchmark(workspace: Path, truth: Path, benchmark: Sequence[Request]) -> None:
    names = [f"b{number:03d}" for number in range(1, len(benchmark) + 1)]
    rows = [{"item_id": name, "messages": row.messages} for name, row in zip(names, benchmark, strict=True)]
    write_json_lines(workspace / "benchmark.jsonl", rows)
    hidden = [truth_row(name, row) for name, row in zip(names, benchmark, strict=True)]
    write_json_lines(truth / "benchmark.jsonl", hidden)


def _write_truth(
    truth: Path, production: Sequence[Asked], merchants: Sequence[Merchant], answers: Mapping[str, str]
) -> None:
    rows = (truth_row(asked.trace_id, asked.request, answers[asked.trace_id]) for asked in production)
    write_json_lines(truth / "requests.jsonl", rows)
    write_json_lines(truth / "merchants.jsonl", (asdict(merchant) for merchant in merchants))


def _write_about(workspace: Path, world: World, seed: int, scale: float) -> None:
    """Says that all of it is simulated, and which models are which."""
    about = {
        "simulated": True,
        "about": "A simulated commerce product, its merchants, experts and models, written for this project.",
        "seed": seed,
        "scale": scale,
        "first_day": day(0).isoformat(),
        "last_day": day(DAYS - 1).isoformat(),
        "current_model": world.current_model,
        "candidate_model": world.candidate_model,
        "traces": world.traces,
    }
    (workspace / "world.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
