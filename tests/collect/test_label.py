"""Labels are read from people's files, a wrong row is named by its line, and every label ever given is kept."""

import json
import threading
from pathlib import Path

import polars as pl
import pytest

from tasks.adapters.store.labels import LABEL, LabelStore
from tasks.collect.label import read_labels, snapshot_labels, without_personal_data
from tasks.domain.errors import WrongInput
from tests.conftest import Bench

HEADER = "item_id,annotator,criterion,value,critique,labelled_at\n"


def labels_file(folder: Path, rows: str, name: str = "labels.csv") -> Path:
    path = folder / name
    path.write_text(HEADER + rows, encoding="utf-8")
    return path


def label(value: str, at: str = "2026-03-01T10:00:00Z", annotator: str = "a", item: str = "t1") -> pl.DataFrame:
    row = {"item_id": item, "annotator": annotator, "criterion": "overall", "value": value, "labelled_at": at}
    return pl.DataFrame([row | {"critique": "why", "rubric_hash": ""}], schema=LABEL)


@pytest.mark.parametrize(
    ("written", "meant"), [("PASS", "pass"), ("1", "pass"), ("true", "pass"), ("0", "fail"), ("False", "fail")]
)
def test_pass_and_fail_may_be_written_as_people_do(tmp_path: Path, written: str, meant: str) -> None:
    assert read_labels(labels_file(tmp_path, f"t1,a,overall,{written},,\n"))["value"].to_list() == [meant]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            "t1,a,overall,pass,,\nt2,a,overall,6,,\n",
            r"labels\.csv:3: criterion 'overall' has value '6'; its scale is pass, fail",
        ),
        ("t1,,overall,pass,,\n", r"labels\.csv:2: 'annotator' is empty"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(WrongInput, match=said):
        read_labels(labels_file(tmp_path, rows))


def test_a_missing_column_and_an_unreadable_file_are_explained(tmp_path: Path) -> None:
    (tmp_path / "short.csv").write_text("item_id,value\nt1,pass\n", encoding="utf-8")
    with pytest.raises(WrongInput, match="no column 'annotator'"):
        read_labels(tmp_path / "short.csv")
    with pytest.raises(WrongInput, match="cannot be read"):
        read_labels(tmp_path / "gone.csv")
    with pytest.raises(WrongInput, match="no format of labels"):
        read_labels(tmp_path / "labels.xlsx")


def test_a_scale_of_ones_own_is_kept_as_it_is(tmp_path: Path) -> None:
    path = labels_file(tmp_path, "t1,a,tone,1,,\n")
    assert read_labels(path, {"tone": ("1", "2", "3")})["value"].to_list() == ["1"]


def test_the_latest_label_counts_and_the_older_one_is_kept(tmp_path: Path) -> None:
    store = LabelStore(tmp_path / "labels.sqlite")
    assert store.import_rows(label("fail")) == 1
    assert store.import_rows(label("fail")) == 0, "the very same label twice is one"
    assert store.import_rows(label("pass", at="2026-03-02T10:00:00Z")) == 1
    assert store.import_rows(label("fail", at="2026-02-01T10:00:00Z")) == 1, "an older one, imported late"
    assert store.snapshot()["value"].to_list() == ["pass"]
    store.close()


def test_the_snapshot_does_not_depend_on_the_order_of_import(tmp_path: Path) -> None:
    parts = [label("pass", annotator=name, item=item) for name in "ab" for item in ("t1", "t2")]
    tables = []
    for name, order in (("one", parts), ("two", parts[::-1])):
        store = LabelStore(tmp_path / f"{name}.sqlite")
        for part in order:
            store.import_rows(part)
        tables.append(store.snapshot())
        store.close()
    assert tables[0].equals(tables[1])


def test_many_annotators_write_at_once(tmp_path: Path) -> None:
    store = LabelStore(tmp_path / "labels.sqlite")
    writers = [
        threading.Thread(
            target=lambda name=name: [store.import_rows(label("pass", annotator=name, item=f"t{n}")) for n in range(10)]
        )
        for name in "abcdef"
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert store.snapshot().height == 60
    store.close()


def test_a_critique_holds_the_same_pseudonym_as_its_trace(tmp_path: Path) -> None:
    labels = label("fail").with_columns(critique=pl.lit("It mails ann@shop.test, who never asked."))
    (critique,) = without_personal_data(labels, b"k" * 32)["critique"]
    assert "ann@shop.test" not in critique
    assert "@redacted.example" in critique


def test_the_same_labels_are_the_same_table(bench: Bench) -> None:
    table = bench.table(label("pass"))
    assert snapshot_labels(bench.context, labels=table) == snapshot_labels(bench.context, labels=table)


def test_a_row_is_named_by_the_line_on_which_it_ends(tmp_path: Path) -> None:
    quoted = 't1,a,overall,pass,"two\nlines",\nt2,a,overall,maybe,,\n'
    with pytest.raises(WrongInput, match=r"labels\.csv:4: criterion 'overall' has value 'maybe'"):
        read_labels(labels_file(tmp_path, quoted))


def test_json_lines_and_parquet_give_the_labels_that_csv_gives(tmp_path: Path) -> None:
    rows = [
        {"item_id": 7, "annotator": "a", "criterion": "overall", "value": True, "critique": None},
        {"item_id": 8, "annotator": "a", "criterion": "overall", "value": False, "critique": "It mails nobody."},
    ]
    expected = read_labels(labels_file(tmp_path, "7,a,overall,pass,,\n8,a,overall,0,It mails nobody.,\n"))
    (tmp_path / "labels.jsonl").write_text("\n\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    pl.DataFrame(rows).write_parquet(tmp_path / "labels.parquet")
    assert read_labels(tmp_path / "labels.jsonl").equals(expected)
    assert read_labels(tmp_path / "labels.parquet").equals(expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"item_id": 1}\n', r"labels\.jsonl:1: there is no column 'annotator'"),
        ('\n{"item_id": \n', r"labels\.jsonl:2: this is not JSON"),
        ("[1]\n", r"labels\.jsonl:1: this is not a JSON object"),
    ],
)
def test_a_wrong_line_of_json_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "labels.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(WrongInput, match=said):
        read_labels(tmp_path / "labels.jsonl")


def test_times_are_kept_in_one_form(tmp_path: Path) -> None:
    rows = "t1,a,overall,pass,,2026-03-01T12:00:00+02:00\nt2,a,overall,pass,,2026-03-01 10:00\n"
    assert set(read_labels(labels_file(tmp_path, rows))["labelled_at"]) == {"2026-03-01T10:00:00+00:00"}
    with pytest.raises(WrongInput, match=r"labels\.csv:2: 'labelled_at' is 'yesterday', no time"):
        read_labels(labels_file(tmp_path, "t1,a,overall,pass,,yesterday\n"))
