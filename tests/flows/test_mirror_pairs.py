"""Pairs are read as they are written: no text, id or tenant is guessed into something else."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.mirror_pairs import read_pairs
from tasks.domain.errors import WrongInput


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def pair(number: int, **more: Any) -> dict[str, Any]:
    return {"item_id": f"i{number}", "input": "?", "output_current": "a", "output_candidate": "b"} | more


def test_a_csv_keeps_texts_that_look_like_numbers(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("item_id,input,output_current,output_candidate\n001,q,1.50,3\n002,q,hello,\n", encoding="utf-8")
    read = read_pairs(path)
    assert read["item_id"].to_list() == ["001", "002"]
    assert read["output_current"].to_list() == ["1.50", "hello"]
    assert read["output_candidate"].to_list() == ["3", None]


def test_a_tenant_that_is_named_late_is_kept(tmp_path: Path) -> None:
    rows = [pair(n) for n in range(200)] + [pair(200, cluster="shop 7", stratum="late")]
    read = read_pairs(written(tmp_path / "pairs.jsonl", rows))
    assert read["cluster"].to_list()[-2:] == ["i199", "shop 7"]
    assert read["stratum"].to_list()[-2:] == ["all", "late"]


def test_values_of_any_kind_are_read(tmp_path: Path) -> None:
    rows = [
        pair(0, item_id=7, output_candidate=None, tags=["a"], messages=[{"role": "user", "content": "?"}]),
        pair(1, output_current={"answer": "ü"}, output_candidate=["x", 1]),
    ]
    read = read_pairs(written(tmp_path / "pairs.jsonl", rows))
    assert read["item_id"].to_list() == ["7", "i1"]
    assert read["output_current"].to_list() == ["a", '{"answer": "ü"}']
    assert read["output_candidate"].to_list() == [None, '["x", 1]']


def test_parquet_is_read_as_well(tmp_path: Path) -> None:
    pl.DataFrame([pair(1)]).write_parquet(tmp_path / "pairs.parquet")
    assert read_pairs(tmp_path / "pairs.parquet")["output_candidate"].to_list() == ["b"]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], "no rows"),
        ([pair(1), pair(1)], "share an id"),
        ([pair(1, input=None)], "'input' is empty"),
        ([{"item_id": "a", "input": "?", "output_current": "x"}], "no column 'output_candidate'"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, rows: list[dict[str, Any]], found: str) -> None:
    with pytest.raises(WrongInput, match=found) as caught:
        read_pairs(written(tmp_path / "pairs.jsonl", rows))
    assert caught.value.fix
