"""Which of several labels counts, when some say their time and some do not."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tasks.adapters.store.labels import LABEL, LabelStore


def label(value: str, at: str = "", critique: str = "", annotator: str = "ann") -> pl.DataFrame:
    row = ("t1", annotator, "overall", value, critique, "", at)
    return pl.DataFrame([row], schema=LABEL, orient="row")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    store = LabelStore(tmp_path / "labels.sqlite")
    yield store
    store.close()


def test_a_store_without_labels_has_an_empty_snapshot(store: LabelStore) -> None:
    assert store.snapshot().equals(LABEL.to_frame())


def test_labels_without_times_count_in_the_order_in_which_they_came(store: LabelStore) -> None:
    new = [store.import_rows(label(value)) for value in ("pass", "pass", "fail", "pass", "pass")]
    assert new == [1, 0, 1, 1, 0], "what is in force already is not kept again; a change of mind is"
    assert store.snapshot()["value"].to_list() == ["pass"]


def test_a_label_without_a_time_comes_after_what_was_there(store: LabelStore) -> None:
    store.import_rows(label("pass", at="2026-03-05T10:00:00+00:00"))
    store.import_rows(label("fail"))
    assert store.snapshot()["value"].to_list() == ["fail"], "a correction by file"
    store.import_rows(label("pass", at="2026-03-04T10:00:00+00:00"))
    assert store.snapshot()["value"].to_list() == ["fail"], "an older label, imported late"
    store.import_rows(label("pass", at="2026-03-06T10:00:00+00:00"))
    assert store.snapshot()["value"].to_list() == ["pass"], "a newer one"


def test_another_critique_is_another_label(store: LabelStore) -> None:
    assert store.import_rows(label("fail", critique="wrong tag")) == 1
    assert store.import_rows(label("fail", critique="wrong tag, and no e-mail")) == 1
    assert store.snapshot()["critique"].to_list() == ["wrong tag, and no e-mail"]


def test_importing_a_file_again_changes_nothing(store: LabelStore) -> None:
    rows = pl.concat([label("pass", at="2026-03-05"), label("fail", annotator="bob"), label("pass", annotator="cy")])
    assert store.import_rows(rows) == 3
    before = store.snapshot()
    assert store.import_rows(rows) == 0
    assert store.snapshot().equals(before)


def test_an_import_is_all_or_nothing(store: LabelStore) -> None:
    broken = pl.concat([label("pass"), label("fail", annotator="bob").with_columns(item_id=pl.lit(None, pl.String))])
    with pytest.raises(pl.exceptions.PolarsError):
        store.import_rows(broken.drop("value"))
    assert store.snapshot().is_empty()
