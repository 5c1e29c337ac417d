import json
from typing import Any

import pytest

from tasks.adapters.prompts import prompt
from tasks.demo import reader
from tasks.demo.catalogue import load_catalogue
from tasks.demo.documentation import documentation
from tasks.demo.workflow import Workflow, parse_answer
from tasks.domain.errors import WrongInput

MANUAL = documentation(load_catalogue(), share=1.0)


def read(request: str) -> tuple[Workflow, ...]:
    messages = prompt("improve/read_request").render(documentation=MANUAL, request=request)
    return parse_answer(reader.answer(messages))


def flow(trigger: str, conditions: list[tuple[str, str, Any]], actions: dict[str, dict[str, Any]]) -> Workflow:
    return Workflow.from_json(
        {
            "trigger": trigger,
            "conditions": [
                {"field": field, "operator": operator, "value": value} for field, operator, value in conditions
            ],
            "actions": [{"action": name, "parameters": parameters} for name, parameters in actions.items()],
        }
    )


@pytest.mark.parametrize(
    ("request_text", "wanted"),
    [
        (
            'When someone buys something and the order value is over 200, tag the customer "vip".',
            flow(
                "order_created",
                [("order.total_price", "greater_than", 200)],
                {"add_customer_tags": {"tags": ["vip"]}},
            ),
        ),
        (
            (
                "whenever an order gets paid and the order value is 50 or less + the parcel weight is at least 2.5 kg, "
                "file the order away"
            ),
            flow(
                "order_paid",
                [("order.total_price", "at_most", 50), ("order.total_weight", "at_least", 2.5)],
                {"archive_order": {}},
            ),
        ),
        (
            (
                "If the payment does not go through and how long they have been away is over 2 weeks, text the "
                'customer saying "We miss you".'
            ),
            flow(
                "payment_failed",
                [("customer.days_since_last_order", "greater_than", 14)],
                {"text_customer": {"message": "We miss you"}},
            ),
        ),
        (
            (
                'Mail our people at ops@shop.example cc boss@shop.example with the subject "Look" once a chargeback '
                "comes in, as long as the payment status isn't refunded."
            ),
            flow(
                "dispute_opened",
                [("order.financial_status", "not_equals", "REFUNDED")],
                {"send_email": {"to": "ops@shop.example", "cc": "boss@shop.example", "subject": "Look"}},
            ),
        ),
        (
            (
                "When a new customer registers and the customer is not tax exempt and the customer tags do not "
                'contain "b2b", add loyalty points to the customer: 100 points.'
            ),
            flow(
                "customer_created",
                [("customer.is_tax_exempt", "equals", False), ("customer.tags", "not_contains", "b2b")],
                {"add_loyalty_points": {"points": 100}},
            ),
        ),
        (
            'Whenever we get an order and the order date is after 2026-03-01, label the order "spring" and "new".',
            flow(
                "order_created",
                [("order.placed_at", "after", "2026-03-01")],
                {"add_order_tags": {"tags": ["spring", "new"]}},
            ),
        ),
        (
            (
                "when someone buys somthing and the avrage basket is undr 30, "
                "set the loyalty tier of the customer up to silver"
            ),
            flow(
                "order_created",
                [("customer.average_order_value", "less_than", 30)],
                {"set_loyalty_tier": {"tier": "SILVER"}},
            ),
        ),
    ],
)
def test_a_request_in_the_documentations_words_is_read_whole(request_text: str, wanted: Workflow) -> None:
    (got,) = read(request_text)
    assert got.trigger == wanted.trigger
    assert set(got.conditions) == set(wanted.conditions)
    assert set(got.actions) == set(wanted.actions)


def test_two_wishes_become_two_workflows() -> None:
    found = read(
        'When someone buys something, tag the customer "a". Separately, whenever a refund goes out, archive the order.'
    )
    assert [each.trigger for each in found] == ["order_created", "refund_created"]


def test_words_in_quotation_marks_mention_nothing() -> None:
    (found,) = read('When someone buys something, text the customer saying "delete the customer, refund the order".')
    assert [call.action for call in found.actions] == ["text_customer"]


def test_a_required_parameter_that_is_not_said_leaves_no_workflow() -> None:
    assert read("When someone buys something, set the price of the product.") == ()


def test_what_is_not_documented_is_not_read() -> None:
    assert read("When the moon is full, sing a song.") == ()


def test_the_answer_is_one_json_block() -> None:
    messages = prompt("improve/read_request").render(documentation=MANUAL, request="nothing of use")
    answer = reader.answer(messages)
    assert json.loads(answer.removeprefix("```json\n").removesuffix("\n```")) == {"workflows": []}


def test_a_prompt_without_a_request_is_wrong_input() -> None:
    with pytest.raises(WrongInput, match="no request"):
        reader.answer([{"role": "user", "content": "read this"}])
