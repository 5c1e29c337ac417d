"""Facts of what the simulated merchants and engineers ask for."""

from collections import Counter

import jsonschema
import pytest

from tasks.demo.catalogue import load_catalogue, workflow_schema
from tasks.demo.generator.history import OwnedWorkflow, draw_workflows
from tasks.demo.generator.merchants import Merchant, draw_merchants
from tasks.demo.generator.phrasing import BEGIN, END
from tasks.demo.generator.production import Asked, draw_production
from tasks.demo.generator.request import BEYOND
from tasks.demo.generator.scenery import load_scenery
from tasks.demo.generator.training import benchmark_requests, chat_row, engineering_requests
from tasks.demo.workflow import parse_answer, render_answer, same

MERCHANTS = draw_merchants(60, 7)
OWNED = {merchant.tenant: draw_workflows(merchant, 7, mean=6) for merchant in MERCHANTS}
ASKED = draw_production(MERCHANTS, OWNED, 2500, 7)


def test_the_same_seed_draws_the_same_world() -> None:
    assert draw_production(draw_merchants(60, 7), OWNED, 50, 7) == draw_production(MERCHANTS, OWNED, 50, 7)
    assert draw_merchants(60, 7) != draw_merchants(60, 8)


def test_production_asks_in_every_kind_and_what_none_can_do_stays_within_two_percent() -> None:
    counts = Counter(asked.request.kind for asked in ASKED)
    assert set(counts) == {"simple", "edit", "email", "integration", "several", "slang", *BEYOND}
    assert sum(counts[kind] for kind in BEYOND) / len(ASKED) < 0.02


def test_the_benchmark_is_simple_but_for_the_same_share_that_none_can_do() -> None:
    counts = Counter(request.kind for request in benchmark_requests(300, 7))
    assert counts == {"simple": 296, "unmeetable": 2, "hidden": 1, "vague": 1}
    assert sum(BEYOND.values()) == pytest.approx(4 / 300)


def test_the_training_rows_hold_none_of_what_they_are_kept_apart_from_and_none_twice() -> None:
    measured = {request.text for request in engineering_requests(20, 7)}
    trained = [request.text for request in engineering_requests(2000, 7, apart_from=measured)]
    assert len(set(trained)) == 2000
    assert not measured & set(trained)


def test_everything_wanted_is_valid_under_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(workflow_schema(load_catalogue()))
    wanted = [workflow for asked in ASKED[:120] for workflow in asked.request.wanted]
    wanted += [workflows[0].workflow for workflows in OWNED.values()]
    for workflow in wanted:
        validator.validate(workflow.to_json())


def test_an_edit_shows_the_merchants_own_workflow_and_wants_another() -> None:
    edits = [asked for asked in ASKED if asked.request.kind == "edit"]
    assert edits
    for asked in edits:
        before = asked.request.current
        assert before in {owned.workflow for owned in OWNED[asked.merchant.tenant]}
        assert asked.request.messages[0]["content"].startswith("Current workflow:\n```json\n")
        assert before is not None
        assert not same(asked.request.wanted, [before])


def test_values_survive_typing_errors_and_marks_never_leave() -> None:
    for asked in ASKED:
        text = asked.request.text
        assert BEGIN not in text
        assert END not in text
        if asked.request.kind == "email":
            mails = [
                value
                for workflow in asked.request.wanted
                for call in workflow.actions
                for name, value in call.parameters
                if name in {"to", "cc", "reply_to", "subject", "body"}
            ]
            assert all(str(mail) in text for mail in mails)


def test_an_email_request_sets_more_than_a_subject() -> None:
    for asked in ASKED:
        if asked.request.kind == "email":
            names = {name for call in asked.request.wanted[0].actions for name, _ in call.parameters}
            assert names & {"body", "cc", "reply_to"}


def test_simple_wishes_never_touch_the_long_tail() -> None:
    outside = set(load_scenery().actions["integrations"])
    for request in engineering_requests(500, 7):
        for call in request.wanted[0].actions:
            assert call.action not in outside
            if call.action in {"send_email", "email_customer"}:
                assert not {name for name, _ in call.parameters} & {"body", "cc", "reply_to"}


def test_the_right_answer_meets_the_request_and_nothing_meets_the_unmeetable() -> None:
    for asked in ASKED:
        answer = render_answer(asked.request.wanted)
        assert asked.request.met_by(answer) == (asked.request.kind != "unmeetable")
        assert not asked.request.met_by("Sorry, I can't do that.")


def test_a_trace_holds_nothing_of_the_truth() -> None:
    trace = ASKED[0].to_trace("an answer", "activated")
    assert set(trace) == {"trace_id", "timestamp", "tenant", "system", "messages", "output", "outcome", "metadata"}
    assert set(trace["metadata"]) == {"feature", "scenario", "persona"}
    assert all(message["role"] == "user" for message in trace["messages"])


def test_times_are_in_order_and_inside_the_sixty_days() -> None:
    moments = [asked.timestamp for asked in ASKED]
    assert moments == sorted(moments)
    assert moments[0].date().isoformat() >= "2026-01-05"
    assert moments[-1].date().isoformat() <= "2026-03-05"


def test_some_workflows_rest_and_some_merchants_have_one_only() -> None:
    flat: list[OwnedWorkflow] = [owned for workflows in OWNED.values() for owned in workflows]
    resting = sum(owned.to_json()["runs_7d"] == 0 for owned in flat) / len(flat)
    assert 0.15 < resting < 0.6
    assert any(len(workflows) == 1 for workflows in OWNED.values())
    assert len({owned.workflow_id for owned in flat}) == len(flat)


def test_merchants_differ_in_what_they_ask_and_how() -> None:
    def share(merchant: Merchant) -> float:
        return dict(merchant.leanings)["edit"] / sum(share for _, share in merchant.leanings)

    shares = [share(merchant) for merchant in MERCHANTS]
    assert max(shares) > 3 * min(shares)
    assert len({merchant.manner.style for merchant in MERCHANTS}) == 4


def test_a_training_row_is_a_chat_that_ends_with_the_wanted_workflow() -> None:
    request = next(engineering_requests(1, 7))
    messages = chat_row(request)["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert same(request.wanted, parse_answer(messages[1]["content"]))


def test_a_request_does_not_depend_on_how_many_there_are() -> None:
    def texts(asked: tuple[Asked, ...]) -> list[str]:
        return [one.request.text for one in asked]

    assert texts(draw_production(MERCHANTS[:1], OWNED, 5, 7)) == texts(draw_production(MERCHANTS[:1], OWNED, 9, 7))[:5]
