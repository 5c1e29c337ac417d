"""Facts about the agent that learns: what rows teach it, and what it takes from its prompt."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.demo.agent import Agent, train
from tasks.demo.catalogue import load_catalogue
from tasks.demo.documentation import documentation
from tasks.demo.generator.drawing import Draw
from tasks.demo.generator.merchants import draw_merchants
from tasks.demo.generator.request import Request, draw_request
from tasks.demo.generator.training import chat_row, engineering_requests
from tasks.demo.workflow import Workflow, fenced, parse_answer
from tasks.domain.errors import WrongInput

TOLD = documentation(load_catalogue())
ENGINEERS = tuple(engineering_requests(700, seed=11))
TRAINING, BENCHMARK = ENGINEERS[:500], ENGINEERS[500:]


def merchants_requests(count: int, *, tenants: slice) -> list[Request]:
    """What merchants ask; the benchmark's tenants and the training's are apart."""
    rng = Random(f"{tenants}")
    merchants = draw_merchants(120, 5)[tenants]
    owned = {merchant.tenant: [Draw(rng, merchant.domain).workflow() for _ in range(4)] for merchant in merchants}
    asked = [draw_request(each, owned[each.tenant], rng) for each in rng.choices(merchants, k=count)]
    return [request for request in asked if request.wanted and request.kind not in {"hidden", "vague"}]


EDITS = merchants_requests(500, tenants=slice(0, 30))
HELD_OUT = merchants_requests(250, tenants=slice(0, 30))
CORRECTED = merchants_requests(700, tenants=slice(30, 120))


def system(text: str = TOLD) -> dict[str, str]:
    return {"role": "system", "content": f"You build workflows.\n\n# Product documentation\n\n{text}"}


def ask(agent: Agent, text: str, told: str = TOLD) -> tuple[Workflow, ...]:
    return parse_answer(agent.answer([system(told), {"role": "user", "content": text}]))


def right(agent: Agent, requests: Sequence[Request]) -> float:
    return sum(each.met_by(agent.answer([system(), *each.messages])) for each in requests) / len(requests)


@pytest.fixture(scope="module")
def artifact() -> bytes:
    return train([chat_row(request) for request in TRAINING], TOLD)


@pytest.fixture(scope="module")
def first(artifact: bytes) -> Agent:
    return Agent.load(artifact)


@pytest.fixture(scope="module")
def corrected() -> Agent:
    return Agent.load(train([chat_row(request) for request in (*TRAINING, *CORRECTED)], TOLD))


def test_rows_in_any_order_give_the_same_bytes(artifact: bytes) -> None:
    rows = [chat_row(request) for request in TRAINING]
    Random(1).shuffle(rows)
    assert train(rows, TOLD) == artifact


def test_engineers_rows_make_it_ready_for_engineers_and_not_for_merchants(first: Agent) -> None:
    assert right(first, BENCHMARK) > 0.7
    assert right(first, BENCHMARK) > right(first, HELD_OUT) + 0.15


def test_corrected_rows_of_other_tenants_make_it_better_for_merchants(first: Agent, corrected: Agent) -> None:
    assert right(corrected, HELD_OUT) > right(first, HELD_OUT) + 0.08
    assert right(corrected, BENCHMARK) > right(first, BENCHMARK)


def test_it_learns_rather_than_remembers(first: Agent) -> None:
    (workflow,) = ask(
        first, "When an order is placed and the total price of the order is at least 4321, archive the order."
    )
    assert workflow.to_json() == {
        "trigger": "order_created",
        "conditions": [{"field": "order.total_price", "operator": "at_least", "value": 4321}],
        "actions": [{"action": "archive_order", "parameters": {}}],
    }


def test_it_uses_only_what_its_prompt_lists(first: Agent) -> None:
    wish = "When an order is placed, archive the order."
    without = "\n".join(line for line in TOLD.splitlines() if "`archive_order`" not in line)
    assert [call.action for call in ask(first, wish)[0].actions] == ["archive_order"]
    assert all(call.action != "archive_order" for workflow in ask(first, wish, without) for call in workflow.actions)


def test_an_element_that_only_the_prompt_knows_is_used(first: Agent) -> None:
    told = TOLD + '- `launch_balloon` (colour: text): Launch a balloon. Merchants say: "let a balloon fly".\n'
    (workflow,) = ask(first, 'When an order is placed, let a balloon fly with colour "red".', told)
    assert [(call.action, call.parameters) for call in workflow.actions] == [("launch_balloon", (("colour", "red"),))]


def test_without_documentation_in_the_prompt_it_uses_that_of_its_training(first: Agent) -> None:
    messages = [{"role": "user", "content": "When an order is placed, archive the order."}]
    assert [call.action for call in parse_answer(first.answer(messages))[0].actions] == ["archive_order"]


def test_an_edit_keeps_what_it_does_not_mention(corrected: Agent) -> None:
    current = ask(
        corrected,
        'When an order is paid and the total price of the order is greater than 200, tag the customer with "vip".',
    )[0]
    before = f"Current workflow:\n{fenced(current.to_json())}\n\n"
    (more,) = ask(corrected, before + "Also archive the order.")
    assert more.trigger == "order_paid"
    assert more.conditions == current.conditions
    assert {call.action for call in more.actions} == {"add_customer_tags", "archive_order"}
    (less,) = ask(corrected, before + "Drop the condition on the total price of the order.")
    assert less.conditions == ()
    assert less.actions == current.actions


def test_edits_are_learnt_from_edits(first: Agent, corrected: Agent) -> None:
    edits = [request for request in EDITS if request.kind == "edit"]
    assert right(corrected, edits) > right(first, edits) + 0.1


def test_it_learns_to_refuse_what_was_refused() -> None:
    refused = [
        {
            "messages": [
                {"role": "user", "content": text},
                {"role": "assistant", "content": "Sorry, that is not possible."},
            ]
        }
        for number in range(12)
        for text in (f"Please water plant number {number} in the office when it rains.",)
    ]
    agent = Agent.load(train([*map(chat_row, TRAINING[:150]), *refused], TOLD))
    assert ask(agent, "Please water plant number 77 in the office when it rains.") == ()
    assert ask(agent, "When an order is placed, archive the order.") != ()


def test_its_answer_is_a_sentence_and_a_fenced_workflow(first: Agent) -> None:
    answer = first.answer([system(), {"role": "user", "content": "When an order is placed, archive the order."}])
    sentence, fence = answer.split("\n\n", 1)
    assert sentence.endswith(".")
    assert fence.startswith("```json\n")
    assert json.loads(fence.removeprefix("```json\n").removesuffix("\n```"))["trigger"] == "order_created"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_has_an_answer(first: Agent, text: str) -> None:
    messages = [system(), {"role": "user", "content": text}]
    assert first.answer(messages) == first.answer(messages)


@pytest.mark.parametrize(
    "current",
    [
        {"trigger": "gone", "conditions": [{"field": "gone.too", "operator": "equals", "value": 1}], "actions": []},
        {"trigger": "order_paid", "actions": [{"action": "gone", "parameters": {"tags": ["a"]}}]},
        {"no": "workflow"},
    ],
)
def test_an_edit_of_an_unknown_workflow_has_an_answer(first: Agent, current: dict[str, Any]) -> None:
    text = f"Current workflow:\n{fenced(current)}\n\nAlso archive the order."
    assert "archive_order" in first.answer([system(), {"role": "user", "content": text}])


def test_the_documentation_of_another_product_is_read_as_it_is(first: Agent) -> None:
    told = (
        "## Triggers\n- `rain_starts`: It starts to rain.\n- `sun_rises`: The sun rises.\n"
        "## Fields\n- `garden.size` (number; operators: at_least, at_most): The size of the garden.\n"
        "## Actions\n- `close_roof` (no parameters): Close the roof.\n- `open_gate` (no parameters): Open the gate.\n"
    )
    (workflow,) = ask(
        first, "When the sun rises and the size of the garden is at least 30, please open the gate.", told
    )
    assert workflow.trigger == "sun_rises"
    assert [call.action for call in workflow.actions] == ["open_gate"]


def test_rows_about_what_the_documentation_lacks_do_no_harm() -> None:
    strange = {
        "trigger": "gone",
        "conditions": [{"field": "gone.too", "operator": "equals", "value": 1}],
        "actions": [],
    }
    edit = [
        {"role": "user", "content": f"Current workflow:\n{fenced(strange)}\n\nWithout the condition, please."},
        {"role": "assistant", "content": fenced(strange | {"conditions": []})},
    ]
    agent = Agent.load(train([*map(chat_row, TRAINING[:100]), {"messages": edit}], TOLD))
    assert ask(agent, "When an order is placed, archive the order.") != ()


def test_nothing_to_learn_from_is_told() -> None:
    with pytest.raises(WrongInput, match="0 rows"):
        train([], TOLD)
    with pytest.raises(WrongInput, match="0 triggers"):
        train([chat_row(TRAINING[0])], "no documentation")
    with pytest.raises(WrongInput, match="no answer"):
        train([{"messages": [{"role": "user", "content": "Archive it."}]}], TOLD)


def test_answering_needs_neither_scipy_nor_sklearn(artifact: bytes, tmp_path: Path) -> None:
    file = tmp_path / "first.agent"
    file.write_bytes(artifact)
    program = (
        "import sys, pathlib; from tasks.demo.agent import Agent;"
        "agent = Agent.load(pathlib.Path(sys.argv[1]).read_bytes());"
        "agent.answer([{'role': 'user', 'content': 'When an order is placed, archive the order.'}]);"
        "print(sorted({'scipy', 'sklearn', 'litellm', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
