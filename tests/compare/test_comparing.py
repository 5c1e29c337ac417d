"""The systems are asked the same, blind to the judge, and the decision reads both sides' verdicts by tenant."""

import json
from pathlib import Path

import polars as pl
import pytest

from tasks.adapters.models.call import Reply
from tasks.adapters.workspace import Workspace
from tasks.compare.answering import answer_requests
from tasks.compare.deciding import compare_systems, read_decisions
from tasks.compare.requests import REQUEST, benchmark_requests
from tasks.compare.systems import read_system
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput
from tasks.domain.settings import JudgeSettings, Settings, System
from tasks.domain.system import SystemUnderTest
from tests.conftest import Bench

RECORDED = {"role": "system", "content": "OLD"}


def requests(bench: Bench, count: int, stratum: str = "orders") -> Artifact:
    rows = [
        {
            "item_id": f"{stratum}-{number:03d}",
            "source": "production",
            "cluster": f"shop-{number % 25}",
            "stratum": stratum,
            "split": "train",
            "weight": 7.0,
            "stratum_population": 7 * count,
            "messages": json.dumps(
                [{"role": "system", "content": "OLD"}, {"role": "user", "content": f"wish {number}"}]
            ),
        }
        for number in range(count)
    ]
    return bench.table(pl.DataFrame(rows, schema=REQUEST))


def verdicts(bench: Bench, table: Artifact, values: list[str | None]) -> tuple[Artifact, ...]:
    rows = [
        {"item_id": row["item_id"], "criterion": "overall", "value": value}
        for row, value in zip(bench.read(table), values, strict=True)
    ]
    return (bench.table(pl.DataFrame(rows, schema={"item_id": pl.String, "criterion": pl.String, "value": pl.String})),)


def test_a_systems_own_prompt_replaces_the_recorded_one(bench: Bench) -> None:
    system = SystemUnderTest(model="test/model", instructions="NEW")
    made = answer_requests(bench.context, requests=requests(bench, 3), system=system)
    shown = [[message["content"] for message in call.messages] for call in bench.door.sent]
    assert sorted(shown) == [["NEW", "wish 0"], ["NEW", "wish 1"], ["NEW", "wish 2"]]
    assert [row["output"] for row in bench.read(made.tables["answers"])] == ["ok", "ok", "ok"]


def test_what_is_judged_names_no_system(bench: Bench) -> None:
    system = SystemUnderTest(model="test/secret-name", instructions="NEW")
    answers = bench.read(answer_requests(bench.context, requests=requests(bench, 1), system=system).tables["answers"])
    read_by_judge = {name: answers[0][name] for name in ("item_id", "messages", "output")}
    assert "secret-name" not in json.dumps(read_by_judge)
    assert "NEW" not in json.dumps(read_by_judge)


def test_an_empty_reply_is_no_answer(bench: Bench) -> None:
    bench.door.reply = lambda call: Reply(text="", finish_reason="stop", requests=1)
    made = answer_requests(bench.context, requests=requests(bench, 1), system=SystemUnderTest(model="test/m"))
    (row,) = bench.read(made.tables["answers"])
    assert row["output"] is None
    assert row["unscored_reason"]
    assert not made.settled


@pytest.mark.parametrize(
    ("current", "candidate", "decision"),
    [
        (["pass", "fail"] * 50, ["pass"] * 100, "PASS"),
        (["pass"] * 100, ["pass", "fail"] * 50, "FAIL"),
        (["pass", "fail"] * 50, ["fail", "pass"] * 50, "INCONCLUSIVE"),
        (["pass"] * 100, ["pass"] * 90 + [None] * 10, "INCONCLUSIVE"),
    ],
)
def test_the_decision_reads_both_sides(
    bench: Bench, current: list[str | None], candidate: list[str | None], decision: str
) -> None:
    asked = requests(bench, 100)
    made = compare_systems(
        bench.context,
        requests=asked,
        current=verdicts(bench, asked, current),
        candidate=verdicts(bench, asked, candidate),
        margin=0.02,
    )
    decided, current_rate, _ = read_decisions(bench.context.store.read(made["decision"]))["overall"]
    assert decided.decision == decision, decided.why
    assert decided.wins + decided.losses + decided.ties + decided.unscored == 100
    assert current_rate.value == pytest.approx(current.count("pass") / 100)


ROW = '{"item_id": "b1", "messages": [{"role": "user", "content": "tag vip orders"}]}'


def test_a_benchmark_is_read_from_its_file(bench: Bench) -> None:
    made = benchmark_requests(bench.context, text=f"{ROW}\n\n{ROW.replace('b1', 'b2')}\n", file="benchmark.jsonl")
    assert [row["item_id"] for row in bench.read(made["requests"])] == ["b1", "b2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (f"{ROW}\n{{not json}}\n", r"benchmark\.jsonl:2: this is not JSON"),
        (f"{ROW}\n{ROW}\n", "share an item_id"),
        ('{"item_id": "b1", "messages": []}', r"benchmark\.jsonl:1: 'messages' holds no request"),
        ('["a list"]', "holds no request"),
        (ROW.replace("}]}", '}, {"role": "assistant", "content": "done"}]}'), "holds no request"),
    ],
)
def test_a_wrong_benchmark_is_explained(bench: Bench, text: str, said: str) -> None:
    with pytest.raises(WrongInput, match=said):
        benchmark_requests(bench.context, text=text, file="benchmark.jsonl")


def workspace(folder: Path, **systems: System) -> Workspace:
    return Workspace(folder, Settings(judge=JudgeSettings(model="test/judge"), systems=systems))


def test_a_system_is_read_with_its_prompt_filled_in(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text("---\nvariables: [documentation]\n---\nHelp.\n{{ documentation }}", encoding="utf-8")
    (tmp_path / "docs.md").write_text("Boats only.", encoding="utf-8")
    system = System(model="test/m", prompt="p.md", documentation="docs.md")
    assert read_system(workspace(tmp_path, current=system), "current").instructions == "Help.\nBoats only."


@pytest.mark.parametrize(
    ("system", "said"),
    [
        (System(), "either 'model' or 'callable'"),
        (System(model="test/m", callable="my:answer"), "either 'model' or 'callable'"),
        (System(model="test/m", prompt="gone.md"), r"'systems\.current\.prompt' cannot be read: No such file"),
    ],
)
def test_a_wrong_system_is_explained(tmp_path: Path, system: System, said: str) -> None:
    with pytest.raises(WrongInput, match=said):
        read_system(workspace(tmp_path, current=system), "current")
    with pytest.raises(WrongInput, match="there is no system 'other'; there are: current"):
        read_system(workspace(tmp_path, current=system), "other")
