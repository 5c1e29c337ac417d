"""Few-shot examples come from the train split alone, as they come, and criteria come from readable files."""

import json
from pathlib import Path

import pytest

from tasks.collect.splits import split_of
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput
from tasks.judge.criteria import read_criteria, read_criterion
from tasks.judge.examples import choose_examples, dev_outputs, labelled_outputs, read_examples
from tests.conftest import Bench

TENANTS = [f"shop-{number}" for number in range(60)]


def made(bench: Bench) -> dict[str, Artifact]:
    asked = json.dumps([{"role": "user", "content": "help"}])
    traces = [
        {"trace_id": f"t-{tenant}", "cluster": tenant, "messages": asked, "output": f"to {tenant}", "row_hash": tenant}
        for tenant in TENANTS
    ]
    labels = [
        {
            "item_id": f"t-{tenant}",
            "annotator": annotator,
            "criterion": "overall",
            "value": "fail" if number % 3 == 0 or (number % 3 == 1 and annotator == "expert_a") else "pass",
            "critique": f"{annotator} on {tenant}",
        }
        for number, tenant in enumerate(TENANTS)
        for annotator in ("expert_a", "expert_b", "expert_c")
    ]
    return labelled_outputs(bench.context, traces=(bench.table(traces),), labels=bench.table(labels))


def test_examples_are_of_the_train_split_and_fail_as_often_as_it_does(bench: Bench) -> None:
    tables = made(bench)
    chosen = choose_examples(bench.context, **tables, criterion="overall", size=24)["examples"]
    examples = read_examples(bench.context.store.read(chosen))
    assert len(examples) == 24
    assert 4 <= [example.verdict for example in examples].count("fail") <= 12, "a third of them fails"
    fewer = choose_examples(bench.context, **tables, criterion="overall", size=10)["examples"]
    assert read_examples(bench.context.store.read(fewer)) == examples[:10]
    assert {split_of(example.answer.removeprefix("to ")) for example in examples} == {"train"}
    assert all(example.critique for example in examples)


def test_what_the_judge_is_measured_on_is_no_example(bench: Bench) -> None:
    tables = made(bench)
    unseen = bench.read(dev_outputs(bench.context, outputs=tables["outputs"])["outputs"])
    assert {split_of(row["cluster"]) for row in unseen} == {"dev"}


def test_the_majority_decides_and_its_side_gives_the_critique(bench: Bench) -> None:
    majority = {row["item_id"]: row for row in bench.read(made(bench)["majority"])}
    split = majority["t-shop-1"]
    assert (split["value"], split["passes"], split["fails"]) == ("pass", 2, 1)
    assert split["critique"] == "expert_b on shop-1"


def test_a_tie_has_no_majority(bench: Bench) -> None:
    traces = [{"trace_id": "t", "cluster": "c", "messages": "[]", "output": "x", "row_hash": "h"}]
    labels = [
        {"item_id": "t", "annotator": annotator, "criterion": "overall", "value": value, "critique": "why"}
        for annotator, value in (("a", "pass"), ("b", "fail"))
    ]
    tables = labelled_outputs(bench.context, traces=(bench.table(traces),), labels=bench.table(labels))
    assert bench.read(tables["majority"]) == []


CRITERION = "---\nname: tone\nscale: binary\n---\nBe kind.\n"


def test_a_criterion_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "tone.md").write_text(CRITERION, encoding="utf-8")
    criterion = read_criteria(tmp_path, ("tone",))["tone"]
    assert (criterion.rubric, criterion.scale.values) == ("Be kind.", ("pass", "fail"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CRITERION.replace("scale: binary", "scael: binary"), "unknown key 'scael'"),
        (CRITERION.replace("Be kind.", ""), "no rubric"),
        (CRITERION.replace("binary", "good or bad"), "is not a scale"),
        (CRITERION.replace("name: tone", "name: The tone!"), "'name'"),
        (CRITERION.replace("name: tone", "name: [tone"), "not YAML"),
    ],
)
def test_a_wrong_criterion_file_is_explained(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "tone.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongInput, match=said):
        read_criterion(path)


def test_a_missing_or_misnamed_criterion_is_explained(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="cannot be read"):
        read_criteria(tmp_path, ("tone",))
    (tmp_path / "manner.md").write_text(CRITERION, encoding="utf-8")
    with pytest.raises(WrongInput, match="named 'tone'"):
        read_criteria(tmp_path, ("manner",))
    (tmp_path / "tone.md").write_text(CRITERION.replace("binary", "1-5"), encoding="utf-8")
    with pytest.raises(WrongInput, match="scale is ordinal"):
        read_criteria(tmp_path, ("tone",))
