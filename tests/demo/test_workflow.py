"""Facts of workflows: reading an answer, comparing two."""

import pytest

from tasks.demo.workflow import Condition, Workflow, call, differences, parse_answer, render_answer, same

VIP = Workflow(
    "order_created",
    (Condition("order.total_price", "greater_than", 200), Condition("order.tags", "contains", "gift")),
    (call("add_customer_tags", {"tags": ["vip", "big"]}), call("archive_order", {})),
)
PLAIN = Workflow("order_paid", (), (call("archive_order", {}),))


def test_an_answer_reads_back_as_it_was_written() -> None:
    assert parse_answer(render_answer([VIP])) == (VIP,)
    assert parse_answer(render_answer([VIP, PLAIN])) == (VIP, PLAIN)


def test_a_bare_object_in_prose_is_read() -> None:
    assert parse_answer('Sure: {"trigger": "order_paid", "actions": [{"action": "archive_order"}]} Done.') == (PLAIN,)


@pytest.mark.parametrize("text", ["", "Sorry, I can't do that.", "```json\n{broken\n```", "```json\n[1, 2]\n```", "{}"])
def test_an_answer_without_a_workflow_proposes_none(text: str) -> None:
    assert parse_answer(text) == ()


def test_order_case_and_float_integers_do_not_count() -> None:
    other = Workflow(
        "order_created",
        (Condition("order.tags", "contains", "Gift "), Condition("order.total_price", "greater_than", 200.0)),
        (call("archive_order", {}), call("add_customer_tags", {"tags": ["big", "VIP"]})),
    )
    assert same([VIP, PLAIN], [PLAIN, other])
    assert differences([VIP], [other]) == ()


def test_true_is_not_one() -> None:
    assert not same(
        [Workflow("order_paid", (Condition("order.is_gift", "equals", True),))],
        [Workflow("order_paid", (Condition("order.is_gift", "equals", 1),))],
    )


def test_differences_name_kind_and_place() -> None:
    other = Workflow(
        "order_paid",
        (Condition("order.total_price", "at_least", 20), Condition("order.is_gift", "equals", True)),
        (call("add_customer_tags", {"tags": ["vip"]}), call("cancel_order", {"reason": "FRAUD"})),
    )
    assert [(one.kind, one.place) for one in differences([VIP], [other])] == [
        ("wrong_trigger", "order_paid"),
        ("wrong_operator", "order.total_price"),
        ("wrong_value", "order.total_price"),
        ("missing_condition", "order.tags"),
        ("extra_condition", "order.is_gift"),
        ("wrong_parameter", "add_customer_tags.tags"),
        ("missing_action", "archive_order"),
        ("extra_action", "cancel_order"),
    ]


def test_a_refusal_misses_every_workflow_and_an_invention_is_extra() -> None:
    assert [one.kind for one in differences([VIP, PLAIN], [])] == ["missing_workflow", "missing_workflow"]
    assert [one.kind for one in differences([], [PLAIN])] == ["extra_workflow"]


def test_no_difference_means_the_same() -> None:
    for got in ([VIP], [PLAIN], [VIP, PLAIN], []):
        assert (differences([VIP], got) == ()) == same([VIP], got)
