"""Workflows are chosen by the documents' rule, and two that ask for the same are the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import WrongInput
from tasks.improve.workflows import choose_workflows, same_workflow, workflow_in
from tests.conftest import Bench

UNTIL = "2026-03-06"


def chosen(bench: Bench, rows: list[dict[str, Any]], size: int = 10, seed: int = 7) -> list[dict[str, Any]]:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (bench.context.root / "workflows.jsonl").write_text(text, encoding="utf-8")
    made = choose_workflows(
        bench.context, file="workflows.jsonl", file_hash="h", redaction=None, until=UNTIL, size=size, seed=seed
    )
    return bench.read(made["workflows"])


def row(name: str, tenant: str, last: str, descriptor: str = "orders") -> dict[str, Any]:
    workflow = {"trigger": "order_created"}
    return {
        "workflow_id": name,
        "tenant": tenant,
        "descriptor": descriptor,
        "workflow": workflow,
        "last_run_at": last,
        "runs_7d": 1,
    }


def test_only_workflows_that_ran_in_the_last_seven_days_of_tenants_with_two(bench: Bench) -> None:
    rows = [
        row("a1", "a", "2026-03-05"),
        row("a2", "a", "2026-02-27"),
        row("a3", "a", "2026-02-26"),
        row("b1", "b", "2026-03-05"),
        row("b2", "b", "2026-01-05"),
        row("c1", "c", "2026-03-06"),
        row("c2", "c", "2026-03-05"),
    ]
    assert {each["workflow_id"] for each in chosen(bench, rows)} == {"a1", "a2"}


def test_every_descriptor_gives_one_even_beyond_the_size(bench: Bench) -> None:
    rows = [row(f"w{n}", f"shop-{n % 3}", "2026-03-04", descriptor=f"kind-{n % 5}") for n in range(60)]
    assert {each["descriptor"] for each in chosen(bench, rows, size=2)} == {f"kind-{n}" for n in range(5)}
    assert len(chosen(bench, rows, size=20)) == 20


def test_the_choice_does_not_depend_on_the_order_of_rows_but_on_the_seed(bench: Bench) -> None:
    rows = [row(f"w{n}", f"shop-{n % 3}", "2026-03-04") for n in range(60)]
    assert chosen(bench, rows, size=8) == chosen(bench, rows[::-1], size=8)
    assert chosen(bench, rows, size=8) != chosen(bench, rows, size=8, seed=8)


def test_a_file_of_another_shape_is_explained(bench: Bench, tmp_path: Path) -> None:
    (bench.context.root / "workflows.jsonl").write_text("not json\n", encoding="utf-8")
    with pytest.raises(WrongInput, match="workflows cannot be read"):
        choose_workflows(
            bench.context, file="workflows.jsonl", file_hash="h", redaction=None, until=UNTIL, size=1, seed=1
        )


WORKFLOW = {
    "trigger": "order_created",
    "conditions": [
        {"field": "order.total", "operator": "greater_than", "value": 200},
        {"field": "customer.tags", "operator": "contains", "value": "VIP"},
    ],
    "actions": [{"action": "tag", "parameters": {"tags": ["a", "b"], "note": None}}],
}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"conditions": WORKFLOW["conditions"][::-1]}, True),
        ({"actions": [{"action": "tag", "parameters": {"tags": ["B", "a "]}}]}, True),
        ({"trigger": "order_paid"}, False),
        ({"conditions": WORKFLOW["conditions"][:1]}, False),
        ({"actions": []}, False),
    ],
)
def test_two_workflows_that_ask_for_the_same_are_the_same(change: dict[str, Any], same: bool) -> None:
    assert same_workflow(WORKFLOW, WORKFLOW | change) is same


def test_a_number_is_the_same_in_words_of_json() -> None:
    assert same_workflow({"value": 200}, {"value": "200.0"})
    assert not same_workflow({"value": True}, {"value": 1})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('Sure:\n```json\n{"trigger": "a"}\n```', {"trigger": "a"}),
        ('first {"trigger": "a"} then {"trigger": "b"}', {"trigger": "b"}),
        ("I cannot {do that}", None),
        ("", None),
    ],
)
def test_the_last_object_of_a_reply_is_its_workflow(text: str, found: Any) -> None:
    assert workflow_in(text) == found
