"""Facts of defects, of the three simulated experts, and of outcomes."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from random import Random

import pytest

from tasks.demo.generator.defects import CRITERIA, CriterionName, defects_of
from tasks.demo.generator.experts import EXPERTS, label, majority
from tasks.demo.generator.history import draw_workflows
from tasks.demo.generator.merchants import draw_merchants
from tasks.demo.generator.outcomes import outcome
from tasks.demo.generator.production import draw_production
from tasks.demo.generator.request import Request
from tasks.demo.workflow import ActionCall, Condition, Workflow, call, render_answer

WANTED = Workflow(
    "order_created",
    (Condition("order.total_price", "greater_than", 200), Condition("customer.account_status", "equals", "ENABLED")),
    (call("send_email", {"to": "ops@shop.example", "subject": "Big order", "cc": "owner@shop.example"}),),
)
TEXT = (
    "When a new order comes in over 200 and the customer account is active, mail ops@shop.example with the subject"
    ' "Big order" and cc owner@shop.example.'
)
REQUEST = Request(TEXT, "email", (WANTED,))
CANCEL = Request(
    "Cancel the order when the fraud check finishes and the fraud risk is high.",
    "simple",
    (
        Workflow(
            "risk_assessed",
            (Condition("order.risk_level", "equals", "HIGH"),),
            (call("cancel_order", {"reason": "FRAUD"}),),
        ),
    ),
)


def answer(*workflows: Workflow) -> str:
    return render_answer(workflows)


def kinds(request: Request, text: str) -> set[str]:
    return {defect.kind for defect in defects_of(request, text)}


def with_condition(old: int, condition: Condition) -> Workflow:
    conditions = list(WANTED.conditions)
    conditions[old] = condition
    return replace(WANTED, conditions=tuple(conditions))


def with_call(action: ActionCall) -> Workflow:
    return replace(WANTED, actions=(action,))


def test_a_right_answer_has_no_defect() -> None:
    assert defects_of(REQUEST, answer(WANTED)) == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Sorry, I can't build that.", "refusal"),
        ("", "unreadable"),
        ('```json\n{"trigger": \n```', "unreadable"),
        (answer(replace(WANTED, trigger="order_paid")), "wrong_trigger"),
        (answer(replace(WANTED, conditions=WANTED.conditions[:1])), "missing_condition"),
        (answer(with_condition(0, Condition("order.total_price", "at_least", 200))), "border_operator"),
        (answer(with_condition(0, Condition("order.total_price", "less_than", 200))), "reversed_operator"),
        (answer(with_condition(0, Condition("order.total_price", "greater_than", 999))), "made_up_value"),
        (answer(with_condition(1, Condition("customer.account_status", "equals", "ACTIVE"))), "unlisted_value"),
        (answer(with_condition(1, Condition("customer.tags", "contains", "enabled"))), "tag_stuffing"),
        (answer(with_condition(1, Condition("customer.status", "equals", "ENABLED"))), "unknown_id"),
        (answer(with_condition(0, Condition("order.total_price", "contains", 200))), "unfit_operator"),
        (answer(with_call(call("send_email", {"to": "ops@shop.example", "subject": "Big order"}))), "missing_setting"),
        (answer(with_call(call("archive_order", {}))), "missing_action"),
        (answer(replace(WANTED, actions=(*WANTED.actions, call("delete_customer", {})))), "unasked_danger"),
        (answer(with_call(call("email_customer", {"subject": "Big order"}))), "unasked_mailing"),
        (answer(WANTED, Workflow("order_paid", (), (call("archive_order", {}),))), "extra_workflow"),
        ("That is your own fault. " + answer(WANTED), "rude"),
    ],
)
def test_each_fault_is_a_defect_of_its_kind(text: str, kind: str) -> None:
    assert kind in kinds(REQUEST, text)


def test_a_dangerous_action_without_its_condition_is_unsafe_and_with_it_is_not() -> None:
    assert kinds(CANCEL, answer(*CANCEL.wanted)) == set()
    loose = replace(CANCEL.wanted[0], conditions=())
    assert "unguarded_danger" in kinds(CANCEL, answer(loose))


def test_an_edit_that_loses_parts_or_changes_nothing_is_seen() -> None:
    wanted = replace(WANTED, conditions=(*WANTED.conditions, Condition("order.is_gift", "equals", True)))
    request = Request("Only if it is a gift.", "edit", (wanted,), current=WANTED)
    assert "unchanged" in kinds(request, answer(WANTED))
    assert "lost" in kinds(request, answer(replace(wanted, conditions=wanted.conditions[1:])))
    assert kinds(request, answer(wanted)) == set()


def test_what_the_product_cannot_do_fails_whatever_is_answered() -> None:
    request = Request("Call the customer on the phone.", "unmeetable", ())
    assert kinds(request, "Sorry, I can't do that.") == {"refusal"}
    assert "unmet" in kinds(request, answer(WANTED))


def fails(request: Request, text: str) -> dict[CriterionName, int]:
    given = [label(expert, request, text) for expert in EXPERTS]
    return {name: sum(labels[place].value == "fail" for labels in given) for place, name in enumerate(CRITERIA)}


def test_a_plain_defect_fails_on_its_own_criteria_alone() -> None:
    refused = fails(REQUEST, "Sorry, I can't build that.")
    assert refused["goal_fulfilment"] == refused["overall"] == refused["sentiment"] == 3
    assert refused["safety"] == refused["grounding"] == 0
    assert fails(CANCEL, answer(replace(CANCEL.wanted[0], trigger="order_created")))["safety"] >= 2


def test_labels_are_reproducible_and_carry_a_critique() -> None:
    for expert in EXPERTS:
        given = label(expert, REQUEST, answer(with_call(call("archive_order", {}))))
        assert given == label(expert, REQUEST, answer(with_call(call("archive_order", {}))))
        assert [one.criterion for one in given] == list(CRITERIA)
        assert all(one.critique and "{" not in one.critique for one in given)


def corrupted(request: Request, rng: Random) -> str:
    """What a mediocre system might say: right in six of ten cases, else with something lost, altered or added."""
    if rng.random() < 0.6 or not request.wanted:
        return answer(*request.wanted) if request.wanted else "Sorry, I can't do that."
    first = request.wanted[0]
    match rng.randrange(6):
        case 0 if first.conditions:
            return answer(replace(first, conditions=first.conditions[1:]), *request.wanted[1:])
        case 1 if len(first.actions) > 1:
            return answer(replace(first, actions=first.actions[:1]), *request.wanted[1:])
        case 2 if first.conditions and first.conditions[0].operator in {"greater_than", "at_least"}:
            turned = {"greater_than": "at_least", "at_least": "greater_than"}[first.conditions[0].operator]
            changed = replace(first.conditions[0], operator=turned)
            return answer(replace(first, conditions=(changed, *first.conditions[1:])), *request.wanted[1:])
        case 3:
            return answer(replace(first, actions=(*first.actions, call("delete_customer", {}))), *request.wanted[1:])
        case 4:
            return "Sorry, I can't do that."
    return answer(replace(first, trigger="order_edited"), *request.wanted[1:])


def kappa(left: Sequence[str], right: Sequence[str]) -> float:
    agreed = sum(one == other for one, other in zip(left, right, strict=True)) / len(left)
    shares = left.count("pass") / len(left), right.count("pass") / len(right)
    chance = shares[0] * shares[1] + (1 - shares[0]) * (1 - shares[1])
    return (agreed - chance) / (1 - chance)


@pytest.fixture(scope="module")
def answered() -> list[tuple[Request, str]]:
    merchants = draw_merchants(60, 3)
    owned = {merchant.tenant: draw_workflows(merchant, 3, mean=6) for merchant in merchants}
    rng = Random("answers")
    return [(asked.request, corrupted(asked.request, rng)) for asked in draw_production(merchants, owned, 900, 3)]


def test_experts_agree_well_and_not_perfectly_on_every_criterion(answered: list[tuple[Request, str]]) -> None:
    given = [[label(expert, request, text) for request, text in answered] for expert in EXPERTS]
    for place, name in enumerate(CRITERIA):
        values = [[labels[place].value for labels in one] for one in given]
        mean = sum(kappa(*pair) for pair in combinations(values, 2)) / 3
        assert 0.45 < mean < 0.95, name


def test_the_majority_is_near_the_truth_and_each_expert_a_little_less(answered: list[tuple[Request, str]]) -> None:
    overall = CRITERIA.index("overall")
    truth = ["pass" if request.met_by(text) else "fail" for request, text in answered]
    given = [[label(expert, request, text) for expert in EXPERTS] for request, text in answered]
    agreed = [majority([one for labels in each for one in labels], "overall") for each in given]
    assert kappa(agreed, truth) > 0.8
    assert abs(agreed.count("pass") - truth.count("pass")) / len(truth) < 0.05
    for expert in range(3):
        alone = [each[expert][overall].value for each in given]
        assert 0.6 < kappa(alone, truth) < kappa(agreed, truth)


def test_experts_overlook_more_in_a_murky_message() -> None:
    def overlooked(vagueness: float) -> int:
        requests = [replace(REQUEST, text=f"{TEXT} {number}", vagueness=vagueness) for number in range(150)]
        wrong = answer(with_call(call("send_email", {"to": "ops@shop.example", "subject": "Big order"})))
        return sum(label(expert, request, wrong)[1].value == "pass" for request in requests for expert in EXPERTS)

    assert overlooked(0.9) > 1.2 * overlooked(0.05)


def test_right_answers_are_activated_far_more_often_than_wrong_ones(answered: list[tuple[Request, str]]) -> None:
    rates = {}
    for right in (True, False):
        group = [(request, text) for request, text in answered if request.met_by(text) is right]
        activated = [outcome(request, text, str(place)) for place, (request, text) in enumerate(group)]
        rates[right] = activated.count("activated") / len(group)
    assert rates[True] > 0.75
    assert rates[False] < 0.45
    assert outcome(REQUEST, "Sorry, I can't do that.", "any") == "not_activated"
