"""A file of items is checked as a whole before any is judged; a wrong row is named with what to do."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.adapters.prompts import conversation_text
from tasks.domain.errors import WrongInput
from tasks.judge.items import Item, read_items

ASKED = {"role": "user", "content": "Where is it?"}
SAID = {"role": "assistant", "content": "On its way."}


def items(tmp_path: Path, *rows: dict[str, Any], **columns: str) -> list[Item]:
    path = tmp_path / "items.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return list(read_items(path, columns))


@pytest.mark.parametrize(
    "row",
    [
        {"item_id": 7, "input": "Where is it?", "output": "On its way."},
        {"item_id": "7", "messages": [ASKED, SAID]},
        {"item_id": "7", "messages": [ASKED], "output": "On its way."},
        {"item_id": "7", "messages": json.dumps([ASKED, SAID])},
        {"item_id": "7", "messages": None, "input": "Where is it?", "output": "On its way.", "metadata": {"a": 1}},
    ],
)
def test_each_way_of_writing_an_item_is_the_same_item(tmp_path: Path, row: dict[str, Any]) -> None:
    assert items(tmp_path, row) == [Item("7", (ASKED,), "On its way.")]


def test_a_missing_output_is_nothing_to_judge_and_an_empty_one_is(tmp_path: Path) -> None:
    asked = {"input": "Where?"}
    read = items(tmp_path, {"item_id": "a", "output": None} | asked, {"item_id": "b", "output": ""} | asked)
    assert [item.output for item in read] == [None, ""]


def test_an_answer_of_tool_calls_is_those_calls(tmp_path: Path) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
    [item] = items(tmp_path, {"item_id": "a", "messages": [ASKED, {"role": "assistant", "tool_calls": [call]}]})
    assert json.loads(item.output or "") == [call]


def test_an_output_that_is_no_text_is_judged_as_json(tmp_path: Path) -> None:
    [item] = items(tmp_path, {"item_id": "a", "input": {"q": 1}, "output": {"answer": "ü"}})
    assert (item.messages[0]["content"], item.output) == ('{"q": 1}', '{"answer": "ü"}')


def test_cluster_and_stratum_are_carried(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerows([("id", "q", "output", "cluster"), ("1", "why?", "so", "shop 1"), ("2", "how?", "thus", "")])
    read = read_items(path, {"item_id": "id", "input": "q"})
    assert (read.size, read.carries) == (2, ("cluster",))
    assert [item.carried for item in read] == [{"cluster": "shop 1"}, {}]


@pytest.mark.parametrize(
    ("cluster", "carried"),
    [(7, "7"), (date(2026, 1, 2), "2026-01-02"), (["ü", "a"], '["ü", "a"]'), ({"shop": 1}, '{"shop": 1}'), ("a", "a")],
)
def test_what_is_carried_is_a_text_in_any_table(tmp_path: Path, cluster: Any, carried: str) -> None:
    path = tmp_path / "items.parquet"
    pl.DataFrame([{"item_id": "a", "input": "?", "output": "!", "cluster": cluster}]).write_parquet(path)
    assert [item.carried for item in read_items(path)] == [{"cluster": carried}]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"id": "a", "input": "?", "output": "!"}, "no item_id; the columns are: id, input, output"),
        ({"item_id": " ", "input": "?", "output": "!"}, "no item_id"),
        ({"item_id": "a", "output": "!"}, "neither 'messages' nor 'input'"),
        ({"item_id": "a", "messages": "hello", "output": "!"}, "not a list of chat messages"),
        ({"item_id": "a", "messages": [{"content": "?"}], "output": "!"}, "not a list of chat messages"),
        ({"item_id": "a", "messages": [], "output": "!"}, "not a list of chat messages"),
        ({"item_id": "a", "messages": [ASKED | {"tool_calls": "zz"}], "output": "!"}, "tool_calls that cannot"),
        ({"item_id": "a", "messages": [ASKED | {"tool_calls": ["zz"]}], "output": "!"}, "tool_calls that cannot"),
        ({"item_id": "a", "messages": [ASKED | {"tool_calls": [{"function": None}]}], "output": "!"}, "tool_calls"),
        ({"item_id": "a", "messages": [ASKED | {"content": ["zz"]}], "output": "!"}, "parts or tool_calls"),
        ({"item_id": "a", "messages": [ASKED]}, "no answer to judge"),
        ({"item_id": "a", "input": "?"}, "no answer to judge"),
        ({"item_id": "good", "input": "?", "output": "!"}, "'good' stands in line 1 already"),
    ],
)
def test_a_wrong_row_is_named_before_anything_is_judged(tmp_path: Path, row: dict[str, Any], found: str) -> None:
    with pytest.raises(WrongInput, match=found) as caught:
        items(tmp_path, {"item_id": "good", "input": "?", "output": "!"}, row)
    assert caught.value.line == 2
    assert caught.value.fix


def test_what_is_read_can_be_shown_to_a_judge(tmp_path: Path) -> None:
    call = {"id": "1", "type": "custom", "custom": {"name": "run"}}
    parts = [{"type": "text", "text": "Where?"}, {"type": "image_url"}]
    odd = [{"role": "user", "content": parts}, {"role": "assistant", "tool_calls": [call]}, {"role": "tool"}]
    [item] = items(tmp_path, {"item_id": "a", "messages": [*odd, ASKED | {"tool_calls": None}], "output": "!"})
    assert conversation_text(item.messages).startswith("user: Where?\n[image_url]\n\nassistant: [calls ?()]")


def test_a_file_without_items_is_said(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="no items"):
        items(tmp_path)
