"""What have the people said? `labels.sqlite` keeps every label that was given; a cycle reads those in force."""

from pathlib import Path

import polars as pl

from tasks.adapters.database import Database
from tasks.adapters.queries import query

LABEL = pl.Schema(
    {
        "item_id": pl.String,
        "annotator": pl.String,
        "criterion": pl.String,
        "value": pl.String,
        "critique": pl.String,
        "rubric_hash": pl.String,
        "labelled_at": pl.String,
    }
)
"""One annotator's word on one item and criterion. What was not said (a critique, a time) is an empty text."""


class LabelStore:
    """The labels of a workspace. The page, imports and a nightly may use it at the same time."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, "labels", "the label store")

    def import_rows(self, labels: pl.DataFrame) -> int:
        """Keeps labels (columns as LABEL, all or none of them), and says how many were new."""
        with self._database.transaction():
            return sum(
                self._database.change(query("labels/give"), **row)
                for row in labels.select(LABEL.names()).fill_null("").iter_rows(named=True)
            )

    def snapshot(self) -> pl.DataFrame:
        """The labels in force, in one order: the same labels are the same table."""
        rows = self._database.rows(query("labels/in_force"))
        return pl.DataFrame([tuple(row) for row in rows], schema=LABEL, orient="row")

    def close(self) -> None:
        self._database.close()


def labels_in_force(path: Path) -> pl.DataFrame:
    """The labels in force of a workspace; none where nobody has labelled yet."""
    if not path.exists():
        return LABEL.to_frame()
    store = LabelStore(path)
    try:
        return store.snapshot()
    finally:
        store.close()
