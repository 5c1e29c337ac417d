"""Which rows may teach, which may choose, which may only measure? All rows of a cluster share one split."""

from typing import Literal

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
