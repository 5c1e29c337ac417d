"""A training set holds only the train split, never a benchmark row, and each row leads back to what made it."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.adapters.queries import query
from tasks.domain.artifact import Artifact
from tasks.improve import training_set
from tasks.improve.failures import collect_failures, worst_first
from tasks.improve.training_set import training_rows, write_training_set
from tests.conftest import Bench

SPLITS = {"a": "train", "b": "train", "c": "dev", "d": "test", "e": "train", "f": "train"}
VALUES = {"a": "fail", "b": "pass", "c": "fail", "d": "fail", "e": "fail", "f": "fail"}


def chat(text: str) -> str:
    return json.dumps([{"role": "system", "content": "OLD"}, {"role": "user", "content": text}])


def sample(bench: Bench) -> Artifact:
    return bench.table(
        [
            {
                "trace_id": name,
                "cluster": f"shop-{name}",
                "stratum": "orders",
                "split": split,
                "weight": 3.0,
                "messages": chat(f"wish {name}"),
                "output": f"old answer {name}",
            }
            for name, split in SPLITS.items()
        ]
    )


def verdicts(bench: Bench, values: dict[str, str], side: str) -> tuple[Artifact, ...]:
    rows = [
        {
            "item_id": name,
            "criterion": "overall",
            "value": value,
            "critique": f"why {name}",
            "judge": "b2-judge",
            "call_key": f"{side}-{name}",
        }
        for name, value in values.items()
    ]
    return (bench.table(rows),)


def rows(bench: Bench, *, passing_share: float = 0.0, benchmark: str | None = None) -> pl.DataFrame:
    answers = bench.table([{"item_id": name, "output": f"new answer {name}"} for name in SPLITS])
    synthetic = [
        {
            "item_id": f"synthetic-{split}",
            "cluster": "shop-s",
            "split": split,
            "messages": chat(f"synthetic {split}"),
            "target": "a workflow",
            "write_call_key": "w",
            "read_call_key": "r",
        }
        for split in ("train", "test")
    ]
    other_form = [{"content": f" {benchmark} ".upper(), "role": "user"}]
    known = [{"item_id": "b1", "messages": json.dumps(other_form, separators=(",", ":"))}] if benchmark else None
    made = training_rows(
        bench.context,
        sample=sample(bench),
        verdicts=verdicts(bench, VALUES, "production"),
        candidate_answers=answers,
        candidate_verdicts=verdicts(bench, dict.fromkeys(SPLITS, "pass") | {"f": "fail"}, "candidate"),
        synthetic=bench.table(synthetic),
        benchmark=bench.table(known) if known else None,
        gate="overall",
        passing_share=passing_share,
    )
    return bench.context.store.read(made["rows"])


def test_repaired_and_synthetic_rows_of_the_train_split_alone(bench: Bench) -> None:
    found = rows(bench)
    assert set(found["item_id"]) == {"a", "e", "synthetic-train"}
    repaired = found.filter(item_id="a").row(0, named=True)
    assert (repaired["target"], repaired["rejected"]) == ("new answer a", "old answer a")
    assert (repaired["call_key"], repaired["repair_call_key"], repaired["judge"]) == (
        "production-a",
        "candidate-a",
        "b2-judge",
    )


def test_what_neither_system_can_do_teaches_nothing(bench: Bench) -> None:
    assert "f" not in set(rows(bench)["item_id"])


def test_passing_rows_are_a_share_of_all_rows(bench: Bench) -> None:
    found = rows(bench, passing_share=0.25)
    assert found.filter(source="passing")["item_id"].to_list() == ["b"]
    assert found.filter(source="passing").height / found.height == pytest.approx(0.25)


def test_a_benchmark_request_is_never_learnt(bench: Bench) -> None:
    assert "a" not in set(rows(bench, benchmark="wish a")["item_id"])


def test_a_row_of_another_split_is_caught_whatever_the_query_does(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:

    def loosened(name: str) -> Any:
        found = query(name)
        if name != "improve/training_rows":
            return found
        return type(found)(found.name, found.text.replace("sample.split = 'train'", "sample.split <> 'dev'"))

    monkeypatch.setattr(training_set, "query", loosened)
    with pytest.raises(AssertionError, match="not of the train split"):
        rows(bench)


def test_the_files_are_what_trainers_read(bench: Bench, tmp_path: Path) -> None:
    files = write_training_set(tmp_path / "set", rows(bench, passing_share=0.25), instructions="NEW")
    read = {
        name: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for name, path in files.items()
    }
    assert all(set(row) == {"messages"} for row in read["chat"])
    assert [message["role"] for message in read["chat"][0]["messages"]] == ["system", "user", "assistant"]
    assert read["chat"][0]["messages"][0]["content"] == "NEW"
    assert len(read["preferences"]) == 2
    assert all(set(row) == {"prompt", "chosen", "rejected"} for row in read["preferences"])
    assert [row["line"] for row in read["provenance"]] == list(range(1, len(read["chat"]) + 1))
    assert {row["item_id"] for row in read["provenance"]} == {"a", "b", "e", "synthetic-train"}
    assert not list((tmp_path / "set").glob("*.tmp"))


def test_failures_carry_their_critique_and_speak_for_production(bench: Bench) -> None:
    made = collect_failures(bench.context, sample=sample(bench), verdicts=verdicts(bench, VALUES, "production"))
    failures = bench.context.store.read(made["failures"])
    assert set(failures["trace_id"]) == {"a", "c", "d", "e", "f"}
    assert failures.filter(trace_id="a")["critique"].to_list() == ["why a"]
    assert worst_first(failures, "overall").row(0, named=True) == {
        "criterion": "overall",
        "stratum": "orders",
        "count": 5,
        "of_production": 15.0,
    }
