"""`[judge] together`: the wheel asks for all criteria in one call an answer, and every count still finds its rows."""

from pathlib import Path

import pytest

from flows.plans import unseen_calls
from flows.wheel import Wheel
from tasks.adapters.workspace import Workspace, find_workspace
from tasks.domain.cycle import StepSummary
from tests.conftest import Edit

CRITERIA = 3
"""Of the small world: see `tests/conftest.py`."""


def judged(root: Path) -> tuple[dict[str, StepSummary], dict[str, str]]:
    """One turn as far as the judges' trust: the steps that judged or chose examples, and the judges' hashes."""
    with Wheel(find_workspace(root, root)) as wheel:
        labelled = wheel.labelled(wheel.ingest())
        judges = wheel.judges(labelled)
        assert wheel.trust(labelled, judges) is not None
        steps = {name: step for name, step in wheel.summary().items() if name.startswith(("judge.", "examples."))}
        return steps, {name: judge.hash for name, judge in judges.items()}


@pytest.mark.timeout(300)
def test_one_step_and_one_call_an_answer_judge_all_criteria(workspace: Workspace, edit: Edit) -> None:
    alone, hashes = judged(workspace.root)
    edit("flywheel.toml", "[judge]\n", "[judge]\ntogether = true\n")
    together, others = judged(workspace.root)
    assert set(together) == {"examples.shared", "judge.labelled"}
    assert not set(hashes.values()) & set(others.values())
    told, single = together["judge.labelled"], alone["judge.labelled.overall"]
    assert told.accounting is not None
    assert single.accounting is not None
    assert told.accounting.n == CRITERIA * single.accounting.n > 0
    assert told.model_calls == single.model_calls > 0

    again, same = judged(workspace.root)
    assert (same, again["judge.labelled"].state, again["judge.labelled"].model_calls) == (others, "cached", 0)
    edit("criteria/grounding.md", ".", ", truly.")
    changed, anew = judged(workspace.root)
    assert changed["judge.labelled"].model_calls == told.model_calls
    assert changed["examples.shared"].state == "cached"
    assert not set(anew.values()) & set(others.values())


@pytest.mark.timeout(300)
def test_a_single_criterion_is_asked_alone_whatever_the_settings_say(workspace: Workspace, edit: Edit) -> None:
    edit("flywheel.toml", '["safety", "grounding", "overall"]', '["overall"]')
    with Wheel(find_workspace(workspace.root, workspace.root)) as wheel:
        alone = wheel.judges(None)
    edit("flywheel.toml", "[judge]\n", "[judge]\ntogether = true\n")
    with Wheel(find_workspace(workspace.root, workspace.root)) as wheel:
        assert wheel.judges(None) == alone


@pytest.mark.timeout(300)
def test_a_dry_run_plans_one_call_an_answer(workspace: Workspace, edit: Edit) -> None:
    edit("flywheel.toml", "[judge]\n", "[judge]\ntogether = true\n")
    with Wheel(find_workspace(workspace.root, workspace.root), dry=True) as wheel:
        sampled = wheel.sample(wheel.ingest())
        wheel.answered("current", "current", sampled.requests, judges := wheel.judges(None))
        wheel.judge("production", sampled.outputs, judges)
        planned, unseen = wheel.planned, unseen_calls(wheel)
    assert unseen == sampled.requests.rows, "one call for each answer that is not yet written"
    assert planned.rows == sampled.requests.rows + sampled.outputs.rows
