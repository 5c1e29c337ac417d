"""On a subjective criterion the gate counts preferences: consistent ones, of answers that pass by themselves."""

import json

import polars as pl
import pytest

from flows.mirror import MirrorRequest, mirrored
from flows.mirror_pairs import mirror_pairs
from flows.plans import unseen_calls
from flows.telling import decision_text
from flows.wheel import Wheel
from tasks.adapters.workspace import Workspace, find_workspace
from tasks.compare.deciding import Preferred, compare_systems, read_decisions, read_preferences
from tasks.compare.requests import REQUEST
from tasks.domain.artifact import Artifact
from tasks.judge.preferring import PREFERENCE
from tasks.stats.paired import Decision
from tests.conftest import Bench, Edit

SIDES = ("current", "candidate")


def requests(count: int) -> pl.DataFrame:
    rows = [
        {
            "item_id": f"item-{number:03d}",
            "source": "production",
            "cluster": f"shop-{number % 25}",
            "stratum": "orders",
            "split": "train",
            "weight": 7.0,
            "stratum_population": 7 * count,
            "messages": json.dumps([{"role": "user", "content": f"wish {number}"}]),
        }
        for number in range(count)
    ]
    return pl.DataFrame(rows, schema=REQUEST)


def verdicts(bench: Bench, items: pl.Series, values: list[str | None]) -> tuple[Artifact, ...]:
    return (
        bench.table(pl.DataFrame({"item_id": items, "criterion": "tone", "value": pl.Series(values, dtype=pl.String)})),
    )


def preferences(bench: Bench, items: pl.Series, named: list[tuple[str | None, str | None]]) -> tuple[Artifact, ...]:
    rows = [
        {
            "item_id": item,
            "criterion": "tone",
            "value": None if None in (forward, backward) else forward if forward == backward else "tie",
            "forward": forward,
            "backward": backward,
        }
        for item, (forward, backward) in zip(items, named, strict=True)
    ]
    return (bench.table(pl.DataFrame(rows, schema={name: PREFERENCE[name] for name in rows[0]})),)


Named = tuple[str | None, str | None]


def decided(
    bench: Bench, current: list[str | None], candidate: list[str | None], named: list[Named] | None
) -> tuple[Decision, Preferred | None]:
    asked = requests(len(current))
    made = compare_systems(
        bench.context,
        requests=bench.table(asked),
        current=verdicts(bench, asked["item_id"], current),
        candidate=verdicts(bench, asked["item_id"], candidate),
        margin=0.02,
        preferences=() if named is None else preferences(bench, asked["item_id"], named),
    )
    table = bench.context.store.read(made["decision"])
    return read_decisions(table)["tone"][0], read_preferences(table).get("tone")


def both(side: str) -> Named:
    return side, side


@pytest.mark.parametrize(
    ("current", "candidate", "named", "counted"),
    [
        ("pass", "pass", both("candidate"), "wins"),
        ("fail", "pass", both("candidate"), "wins"),
        ("pass", "pass", both("current"), "losses"),
        ("pass", "fail", both("current"), "losses"),
        ("fail", "fail", both("candidate"), "ties"),
        ("fail", "fail", both("current"), "ties"),
        ("pass", "fail", both("candidate"), "ties"),
        ("fail", "pass", both("current"), "ties"),
        ("fail", "pass", both("tie"), "ties"),
        ("pass", "fail", ("current", "candidate"), "ties"),
        ("pass", "pass", (None, "candidate"), "unscored"),
        ("pass", None, both("candidate"), "unscored"),
        (None, "pass", both("candidate"), "wins"),
        (None, "pass", both("tie"), "ties"),
    ],
)
def test_what_a_pair_counts_for(
    bench: Bench, current: str | None, candidate: str | None, named: Named, counted: str
) -> None:
    decision, _ = decided(bench, [current] * 30, [candidate] * 30, [named] * 30)
    counts = {name: getattr(decision, name) for name in ("wins", "losses", "ties", "unscored")}
    assert counts == {"wins": 0, "losses": 0, "ties": 0, "unscored": 0} | {counted: 30}


def test_preferred_and_passing_is_enough_to_take_over(bench: Bench) -> None:
    decision, found = decided(bench, ["pass"] * 100, ["pass"] * 100, [both("candidate"), both("tie")] * 50)
    assert decision.decision == "PASS"
    assert decision.delta.value == pytest.approx(0.5)
    assert found is not None
    assert (found.wins, found.ties, found.failing_winners) == (50, 50, 0)
    assert "in both orders and that answer passes by itself" in decision.why


def test_the_better_of_two_bad_answers_takes_nothing_over(bench: Bench) -> None:
    decision, found = decided(bench, ["fail"] * 100, ["fail"] * 100, [both("candidate")] * 100)
    assert (decision.wins, decision.ties, decision.delta.value) == (0, 100, 0.0)
    assert found is not None
    assert (found.wins, found.failing_winners) == (100, 100)
    assert "100 preferred answers fail by themselves" in decision.why


def test_a_judge_that_always_names_the_first_decides_nothing(bench: Bench) -> None:
    verdict: list[str | None] = ["pass", "fail", "pass", "pass"] * 25
    decision, found = decided(bench, verdict, verdict[::-1], [("current", "candidate")] * 100)
    assert (decision.wins, decision.losses, decision.ties) == (0, 0, 100)
    assert decision.p_value == 1.0
    assert found is not None
    assert (found.position.flips, found.position.flip_rate.value, found.position.first_slot.value) == (100, 1.0, 1.0)
    assert found.position.p_first_slot is not None
    assert found.position.p_first_slot < 1e-20
    assert "The order decided 100.0% of 100 pairs" in decision.why


def test_unscored_preferences_count_against_the_candidate_where_they_could_decide(bench: Bench) -> None:
    named: list[Named] = [both("candidate")] * 10 + [both("tie")] * 80 + [(None, "candidate")] * 10
    decision, found = decided(bench, ["pass"] * 100, ["pass"] * 100, named)
    assert (decision.decision, decision.unscored) == ("INCONCLUSIVE", 10)
    assert found is not None
    assert found.unscored == 10
    assert found.position.flip_rate.n == 90


def test_a_pair_without_a_preference_is_not_lost(bench: Bench) -> None:
    asked = requests(30)
    some = asked["item_id"].head(20)
    made = compare_systems(
        bench.context,
        requests=bench.table(asked),
        current=verdicts(bench, asked["item_id"], ["pass"] * 30),
        candidate=verdicts(bench, asked["item_id"], ["pass"] * 30),
        margin=0.02,
        preferences=preferences(bench, some, [both("candidate")] * 20),
    )
    decision = read_decisions(bench.context.store.read(made["decision"]))["tone"][0]
    assert (decision.wins, decision.unscored) == (20, 10)


def test_without_preferences_a_criterion_is_decided_by_its_verdicts(bench: Bench) -> None:
    decision, found = decided(bench, ["pass", "fail"] * 50, ["pass"] * 100, None)
    assert (decision.wins, decision.ties, found) == (50, 50, None)
    assert "prefers" not in decision.why


def subjective(workspace: Workspace, edit: Edit) -> Workspace:
    """The small world with `overall`, its gate, marked subjective, and no synthetic requests."""
    edit("criteria/overall.md", "subjective: false", "subjective: true")
    return find_workspace(workspace.root, workspace.root)


@pytest.mark.timeout(300)
def test_a_mirror_asks_in_both_orders_and_tells_of_it(workspace: Workspace, edit: Edit) -> None:
    opened = subjective(workspace, edit)
    request = MirrorRequest(candidate="candidate", workspace=str(opened.root), synthetic=False)
    with Wheel(opened) as wheel:
        first = mirrored(wheel, request)
        table = wheel.context.store.read(wheel.steps["prefer.production.overall"][0]["preferences"])
    asked = table.filter(pl.col("call_key").is_not_null()).height
    preferring = first["steps"]["prefer.production.overall"]
    assert preferring["model_calls"] == 2 * asked > 0
    assert preferring["accounting"]["n"] == table.height
    assert [name for name in first["steps"] if name.startswith("prefer.")] == ["prefer.production.overall"]

    found = first["preference"]
    assert found == first["criteria"]["overall"]["preference"]
    assert "preference" not in first["criteria"]["safety"]
    assert found["wins"] + found["losses"] + found["ties"] + found["unscored"] == table.height
    without_effect = found["failing_winners"] + found["unscored_winners"]
    assert found["wins"] + found["losses"] == first["wins"] + first["losses"] + without_effect
    assert "95% interval" in first["why"]
    assert first["wins"] + first["losses"] + first["ties"] + first["unscored"] == table.height
    assert first["wins"] <= found["wins"]
    counted = first["accounting"]
    assert counted["n"] == sum(counted[name] for name in ("judged", "abstained", "failed", "skipped"))
    assert counted["n"] == (2 * len(first["criteria"]) + 1) * table.height
    assert "preferred: candidate" in decision_text(first)

    with Wheel(find_workspace(opened.root, opened.root)) as wheel:
        again = mirrored(wheel, request)
    assert again["model_calls"] == 0
    assert {step["state"] for step in again["steps"].values()} == {"cached"}
    assert again["preference"] == found


@pytest.mark.timeout(300)
def test_a_file_of_pairs_is_judged_in_both_orders_as_well(workspace: Workspace, edit: Edit) -> None:
    opened = subjective(workspace, edit)
    rows = [
        {
            "item_id": f"pair-{number}",
            "input": "When an order is placed, tag the customer vip.",
            "output_current": "I cannot help you with that.",
            "output_candidate": answer,
        }
        for number, answer in enumerate(["No.", "I cannot help you with that.", "Sorry, I cannot."])
    ]
    path = opened.root / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with Wheel(opened) as wheel:
        values = mirror_pairs(wheel, path)
    assert values["steps"]["prefer.pairs.overall"]["model_calls"] == 4, "the same text twice is not asked"
    assert values["preference"]["same"] == 1
    assert (values["wins"], values["losses"], values["ties"]) == (0, 0, 3), "none of them passes by itself"


@pytest.mark.timeout(300)
def test_a_dry_run_plans_both_orders(workspace: Workspace, edit: Edit) -> None:
    request = MirrorRequest(candidate="candidate", workspace=str(workspace.root), synthetic=False)
    with Wheel(workspace, dry=True, allow_unknown_cost=True) as wheel:
        mirrored(wheel, request)
        plain, unseen_plain = wheel.planned, unseen_calls(wheel)
    opened = subjective(workspace, edit)
    with Wheel(opened, dry=True, allow_unknown_cost=True) as wheel:
        mirrored(wheel, request)
        planned, unseen = wheel.planned, unseen_calls(wheel)
    sampled = wheel.steps["sample"][0]["sample"].rows
    assert (planned.calls, unseen) == (plain.calls, unseen_plain + 2 * sampled)
