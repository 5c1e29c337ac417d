"""A cluster has one split, for ever."""

from collections import Counter

import polars as pl
import pytest

from tasks.collect.splits import prove_disjoint, split_of
from tests.conftest import Bench


def test_splits_are_where_they_were_yesterday() -> None:
    assert [split_of(f"shop-{n}") for n in range(6)] == ["train", "train", "train", "train", "train", "dev"]


def test_sixty_twenty_twenty() -> None:
    counts = Counter(split_of(f"shop-{n}") for n in range(5000))
    assert 2900 < counts["train"] < 3100
    assert 900 < counts["dev"] < 1100


def test_a_cluster_in_two_splits_is_found(bench: Bench) -> None:
    rows = pl.DataFrame({"cluster": ["a", "a", "b"], "split": ["train", "train", "test"]})
    prove_disjoint(bench.context.store, rows)
    with pytest.raises(RuntimeError, match="'b' is in dev, test"):
        prove_disjoint(bench.context.store, pl.concat([rows, pl.DataFrame({"cluster": ["b"], "split": ["dev"]})]))
