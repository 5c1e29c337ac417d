"""Which rows may teach, which may choose, which may only measure? All rows of a cluster share one split."""

from typing import Literal

import polars as pl

from tasks.adapters.queries import query
from tasks.adapters.store.artifacts import ArtifactStore
from tasks.domain.hashing import uniform

Split = Literal["train", "dev", "test"]

TRAIN = 0.6
DEV = 0.2


def split_of(cluster: str) -> Split:
    """The split of a tenant (or of a conversation, where there are no tenants): 60% train, 20% dev, 20% test.

    It depends on the cluster's name and on nothing else, so no later trace, file or seed ever moves a row.
    """
    place = uniform("split", cluster)
    if place < TRAIN:
        return "train"
    return "dev" if place < TRAIN + DEV else "test"


def prove_disjoint(store: ArtifactStore, rows: pl.DataFrame) -> None:
    """Raises RuntimeError where rows (`cluster`, `split`) put a cluster in more than one split: no input does that."""
    overlap = store.sql(query("checks/splits_overlap"), {"rows": rows.select("cluster", "split")})
    if overlap.height:
        cluster, splits, _ = overlap.row(0)
        raise RuntimeError(f"{overlap.height} clusters are in several splits: '{cluster}' is in {splits}")
