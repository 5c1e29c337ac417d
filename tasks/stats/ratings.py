"""Who said what of which item? Labels in long form, as codes, and the majority that they make."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from tasks.stats.clusters import Floats, Ints, codes

Level: TypeAlias = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True)
class Ratings:
    """Ratings (rows,) sorted by item: codes of item and annotator, and the value as a number.

    On a nominal level the numbers are codes of `categories`; else they are the values themselves. `cluster` (items,)
    is the cluster code of each item.
    """

    item: Ints
    annotator: Ints
    value: Floats
    cluster: Ints
    annotators: tuple[str, ...]
    categories: tuple[str, ...]
    level: Level

    @property
    def items(self) -> int:
        return self.cluster.size

    @property
    def clusters(self) -> int:
        return int(self.cluster.max()) + 1 if self.cluster.size else 0

    @property
    def per_item(self) -> Ints:
        """How many ratings each item has (items,)."""
        return np.bincount(self.item, minlength=self.items).astype(np.int64)

    def coded(self) -> tuple[Ints, Floats]:
        """The values as codes (rows,) and what each code stands for, in order."""
        names, found = np.unique(self.value, return_inverse=True)
        return found.astype(np.int64), names

    def counts(self) -> tuple[Floats, Floats]:
        """How often each value was given to each item (items, values), and the values."""
        found, names = self.coded()
        cells = np.bincount(self.item * len(names) + found, minlength=self.items * len(names))
        return cells.reshape(self.items, len(names)).astype(np.float64), names


def ratings(
    item: ArrayLike,
    annotator: ArrayLike,
    value: ArrayLike,
    *,
    level: Level = "nominal",
    cluster: ArrayLike | None = None,
) -> Ratings:
    """Ratings from arrays (rows,), one row a label; rows without a value are left out by the caller.

    Without clusters every item is its own. Raises ValueError when an annotator labelled an item twice, an item lies in
    two clusters, or a value that should be a number is none.
    """
    items, item_names = codes(item, np.asarray(item).size)
    people, names = codes(annotator, items.size)
    if np.unique(items * max(len(names), 1) + people).size < items.size:
        raise ValueError("an annotator labelled the same item twice")
    if level == "nominal":
        coded, categories = codes(np.asarray(value).astype(str), items.size)
        numbers = coded.astype(np.float64)
    else:
        numbers, categories = np.asarray(value, dtype=np.float64), np.array([])
        if not np.isfinite(numbers).all():
            raise ValueError("a value is not a finite number")
    groups = _item_clusters(items, len(item_names), cluster)
    order = np.lexsort((people, items))
    return Ratings(
        item=items[order],
        annotator=people[order],
        value=numbers[order],
        cluster=groups,
        annotators=tuple(str(name) for name in names),
        categories=tuple(str(name) for name in categories),
        level=level,
    )


def rating_pairs(labels: Ratings) -> tuple[Ints, Ints]:
    """Every two ratings of one item, as row numbers (pairs,) with the first annotator's code the smaller."""
    firsts, seconds = [], []
    for gap in range(1, int(labels.per_item.max(initial=0))):
        first = np.flatnonzero(labels.item[gap:] == labels.item[:-gap])
        firsts.append(first)
        seconds.append(first + gap)
    empty = np.zeros(0, dtype=np.int64)
    return np.concatenate([empty, *firsts]), np.concatenate([empty, *seconds])


def majority(labels: Ratings) -> Floats:
    """The majority of each item (items,): the most frequent value, NaN for a tie; the median on ordinal scales."""
    if labels.level != "nominal":
        return _median(*_sorted_by_item(labels))
    counts, names = labels.counts()
    return _mode(counts, names)


def majority_of_others(labels: Ratings) -> Floats:
    """For each rating (rows,) the majority of the item's other ratings; NaN for a tie and where there is no other."""
    if labels.level == "nominal":
        counts, names = labels.counts()
        found, _ = labels.coded()
        others = counts[labels.item]
        others[np.arange(found.size), found] -= 1
        return _mode(others, names)
    table, size = _sorted_by_item(labels)
    place = np.empty(labels.item.size, dtype=np.int64)
    order = np.lexsort((labels.value, labels.item))
    place[order] = np.arange(order.size) - (np.cumsum(size) - size)[labels.item[order]]
    rest, left = table[labels.item], size[labels.item] - 1
    low, high = np.maximum(left - 1, 0) // 2, left // 2
    rows = np.arange(left.size)
    width = table.shape[1] - 1
    middle = [rest[rows, np.minimum(end + (end >= place), width)] for end in (low, high)]
    return np.where(left > 0, (middle[0] + middle[1]) / 2, np.nan)


def _mode(counts: Floats, names: Floats) -> Floats:
    most = counts.max(axis=1, initial=0.0)
    unique = (counts == most[:, None]).sum(axis=1) == 1
    return np.where((most > 0) & unique, names[counts.argmax(axis=1)], np.nan)


def _sorted_by_item(labels: Ratings) -> tuple[Floats, Ints]:
    """Each item's values in order, padded with NaN (items, most), and how many there are (items,)."""
    size = labels.per_item
    order = np.lexsort((labels.value, labels.item))
    item = labels.item[order]
    table = np.full((labels.items, int(size.max(initial=1))), np.nan)
    table[item, np.arange(order.size) - (np.cumsum(size) - size)[item]] = labels.value[order]
    return table, size


def _median(table: Floats, size: Ints) -> Floats:
    rows = np.arange(size.size)
    return np.asarray((table[rows, (size - 1) // 2] + table[rows, size // 2]) / 2, dtype=np.float64)


def _item_clusters(items: Ints, count: int, cluster: ArrayLike | None) -> Ints:
    if cluster is None:
        return np.arange(count, dtype=np.int64)
    groups, _ = codes(cluster, items.size)
    held = np.zeros(count, dtype=np.int64)
    held[items] = groups
    if (held[items] != groups).any():
        raise ValueError("an item lies in two clusters")
    return np.unique(held, return_inverse=True)[1].astype(np.int64)
