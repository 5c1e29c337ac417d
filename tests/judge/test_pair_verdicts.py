"""A file of pairs is judged in both orders, in its own order, with its tenants; its criteria must be subjective."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.adapters.models.call import Call, Reply
from tasks.domain.criterion import Criterion
from tasks.domain.errors import WrongInput
from tasks.domain.judge import Judge
from tasks.judge.asking import judge_prompt
from tasks.judge.files import file_calls, file_verdicts, read_judged_file, summary_of, verdict_columns
from tasks.judge.pair_verdicts import PairFile, PairSummary
from tasks.judge.pairs import comparing
from tests.conftest import Bench
from tests.flows.test_cli import flywheel, refused
from tests.judge.test_preferring import by_kindness, says

TONE = Criterion(name="tone", subjective=True, rubric="Be kind.")
OTHER = Criterion(name="safety", rubric="Do no harm.")
RUBRIC = "---\nname: tone\nsubjective: {subjective}\n---\nIs the tone kind? A refusal fails.\n"


def judge(criterion: Criterion = TONE) -> Judge:
    return Judge(model="test/judge", prompt=judge_prompt(criterion.scale).hash, criterion=criterion)


def written(folder: Path, rows: list[dict[str, Any]], name: str = "pairs.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def pair(item: str, current: str | None, candidate: str | None, **more: Any) -> dict[str, Any]:
    return {"item_id": item, "input": "Hello?", "output_current": current, "output_candidate": candidate} | more


def preferred(
    bench: Bench, path: Path, reply: Callable[[Call], Reply], repeat: int = 1, **columns: str
) -> tuple[list[dict[str, Any]], PairSummary]:
    bench.door.reply = reply
    file, judges = read_judged_file(path, columns, {"tone": judge()})
    summary = summary_of(file, repeat)
    assert isinstance(summary, PairSummary)
    rows = list(file_verdicts(file, judges["tone"], bench.context.gateway(), repeat))
    for row in rows:
        summary.add(row)
    return rows, summary


def test_the_columns_decide_what_is_asked(tmp_path: Path) -> None:
    pairs, asked = read_judged_file(written(tmp_path, [pair("a", "x", "y")]), {}, {"tone": judge()})
    assert isinstance(pairs, PairFile)
    assert asked["tone"] == comparing(judge())
    single = written(tmp_path, [{"item_id": "a", "input": "Hello?", "output": "x"}], "items.jsonl")
    items, alone = read_judged_file(single, {}, {"tone": judge()})
    assert not isinstance(items, PairFile)
    assert alone["tone"] == judge(), "a subjective criterion judges a single answer as any other does"
    assert [len(list(file_calls(file, judge()))) for file in (pairs, items)] == [2, 1]
    assert set(verdict_columns(pairs)) - set(verdict_columns(items)) == {
        "forward",
        "backward",
        "consistent",
        "critique_backward",
        "call_key_backward",
    }


def test_one_side_of_a_file_of_pairs_can_be_judged_by_itself(tmp_path: Path) -> None:
    path = written(tmp_path, [pair("a", "x", "y")])
    items, _ = read_judged_file(path, {"output": "output_current"}, {"safety": judge(OTHER)})
    assert [item.output for item in items if not isinstance(item, tuple)] == ["x"]


def test_pairs_need_a_subjective_criterion(tmp_path: Path) -> None:
    path = written(tmp_path, [pair("a", "x", "y")])
    with pytest.raises(WrongInput, match="'safety' asks of one answer") as refusal:
        read_judged_file(path, {}, {"tone": judge(), "safety": judge(OTHER)})
    assert "--columns output=output_current" in str(refusal.value)


def test_every_pair_has_its_row_in_the_order_of_the_file(bench: Bench, tmp_path: Path) -> None:
    rows = [
        pair("z", "KIND", "rude", cluster="shop-1"),
        pair("m 1", "rude indeed", "KIND", cluster="shop-1"),
        pair("a", "same", "same", cluster="shop-2"),
        pair("b", None, "KIND", cluster="shop-2"),
    ]
    found, summary = preferred(bench, written(tmp_path, rows), by_kindness)
    assert [(row["item_id"], row["value"], row["cluster"]) for row in found] == [
        ("z", "current", "shop-1"),
        ("m 1", "candidate", "shop-1"),
        ("a", "tie", "shop-2"),
        ("b", None, "shop-2"),
    ]
    assert len(bench.door.sent) == 4
    assert summary.accounting.model_dump() == {"n": 4, "judged": 3, "abstained": 0, "failed": 0, "skipped": 1}
    assert dict(summary.values) == {"current": 1, "candidate": 1, "tie": 1}
    assert (summary.position.flips, summary.position.flip_rate.n) == (0, 2)
    assert dict(summary.reasons) == {"there is no output of current": 1}


def test_a_judge_that_always_says_first_is_found_out(bench: Bench, tmp_path: Path) -> None:
    rows = [pair(f"item-{number}", "KIND", "rude") for number in range(12)]
    _, summary = preferred(bench, written(tmp_path, rows), lambda call: says("first"))
    assert dict(summary.values) == {"tie": 12}
    position = summary.position
    assert (position.flips, position.flip_rate.value, position.first_slot.value) == (12, 1.0, 1.0)
    assert position.p_first_slot == pytest.approx(2 * 0.5**12)


def test_repetitions_are_calls_of_their_own(bench: Bench, tmp_path: Path) -> None:
    def fickle(call: Call) -> Reply:
        return by_kindness(call) if call.replicate == 0 else says("tie")

    rows = [pair("a", "KIND", "rude"), pair("b", "gruff", "rude")]
    found, summary = preferred(bench, written(tmp_path, rows), fickle, repeat=2)
    assert [(row["item_id"], row["run"], row["value"]) for row in found] == [
        ("a", 0, "current"),
        ("a", 1, "tie"),
        ("b", 0, "tie"),
        ("b", 1, "tie"),
    ]
    assert len(bench.door.sent) == 8
    assert summary.flip_rate.value == 0.5


def test_columns_may_have_other_names(bench: Bench, tmp_path: Path) -> None:
    path = written(tmp_path, [{"item_id": "a", "input": "Hello?", "old": "rude", "new": "KIND"}])
    found, _ = preferred(bench, path, by_kindness, output_current="old", output_candidate="new")
    assert [row["value"] for row in found] == ["candidate"]


@pytest.mark.timeout(120)
def test_the_verb_judges_a_file_of_pairs(tmp_path: Path) -> None:
    refusals = ("No. Figure it out yourself.", "Sorry, I cannot do that.")
    path, criterion = written(tmp_path, [pair("a", *refusals), pair("b", "x", "x")]), tmp_path / "tone.md"
    words = ("judge", path, "--criterion", criterion, "--model", "embedded/judge", "--cache", "cache", "--json")
    criterion.write_text(RUBRIC.format(subjective="true"), encoding="utf-8")
    said = flywheel(*words, cwd=tmp_path).values
    assert said["model_calls"] == 2
    assert said["accounting"] == {"n": 2, "judged": 2, "abstained": 0, "failed": 0, "skipped": 0}
    assert said["criteria"]["tone"]["position"]["flip_rate"]["n"] == 1
    rows = [json.loads(line) for line in (tmp_path / "pairs.verdicts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["consistent"] for row in rows] == [True, None]
    assert {row["value"] for row in rows} <= {"current", "candidate", "tie"}
    criterion.write_text(RUBRIC.format(subjective="false"), encoding="utf-8")
    assert "asks of one answer" in refused(flywheel(*words, cwd=tmp_path))["message"]


def test_a_missing_side_is_skipped_and_no_message_takes_its_place(bench: Bench, tmp_path: Path) -> None:
    old = {"messages": [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "OLD"}]}
    without = {name: value for name, value in (pair("b", "x", None) | old).items() if name != "output_candidate"}
    rows, _ = preferred(bench, written(tmp_path, [pair("a", "x", "y"), without]), lambda call: says("tie"))
    assert [row["status"] for row in rows] == ["judged", "skipped"]
    assert all("OLD" not in str(call.messages[1]["content"]).partition("<first")[2] for call in bench.door.sent)


def test_a_pair_counts_once_for_the_position_however_often_it_is_repeated(bench: Bench, tmp_path: Path) -> None:
    path = written(tmp_path, [pair(str(number), f"x {number}", "y") for number in range(6)])
    _, once = preferred(bench, path, lambda call: says("first"))
    _, thrice = preferred(bench, path, lambda call: says("first"), repeat=3)
    assert once.position == thrice.position
    assert (once.position.flips, once.position.flip_rate.n) == (6, 6)


def test_who_abstains_is_no_reason_for_a_row_without_a_verdict(bench: Bench, tmp_path: Path) -> None:
    path = written(tmp_path, [pair("a", "x", "y"), pair("b", None, "y")])
    _, summary = preferred(bench, path, lambda call: says("cannot_judge"))
    assert list(summary.reasons.values()) == [1]
    assert summary.accounting.abstained == 1
