"""Near requests share a group, whatever their order; likely pairs are found, and each is checked exactly."""

import random
import time
from itertools import combinations

import pytest

from tasks.collect.near_duplicates import close_to, near_duplicate_groups


def triples(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[place : place + 3]) for place in range(max(1, len(words) - 2))}


def similarity(one: str, other: str) -> float:
    return len(triples(one) & triples(other)) / len(triples(one) | triples(other))


def partition(texts: list[str], groups: list[int]) -> set[frozenset[str]]:
    found: dict[int, set[str]] = {}
    for text, group in zip(texts, groups, strict=True):
        found.setdefault(group, set()).add(text)
    return {frozenset(members) for members in found.values()}


def by_hand(texts: list[str], threshold: float) -> set[frozenset[str]]:
    """Every pair compared, and every chain followed."""
    groups = {text: {text} for text in texts}
    for one, other in combinations(texts, 2):
        if similarity(one, other) >= threshold and groups[one] is not groups[other]:
            groups[one] |= groups[other]
            for member in groups[other]:
                groups[member] = groups[one]
    return {frozenset(members) for members in groups.values()}


def variants(rng: random.Random, originals: int, copies: int, changes: int) -> list[str]:
    texts = set()
    for _ in range(originals):
        words = [f"w{rng.randrange(500)}" for _ in range(30)]
        for _ in range(copies):
            copy = list(words)
            for _ in range(rng.randrange(changes + 1)):
                copy[rng.randrange(len(copy))] = f"w{rng.randrange(500)}"
            texts.add(" ".join(copy))
    return sorted(texts)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.9, 1.0])
def test_the_groups_are_those_of_comparing_all_pairs(threshold: float) -> None:
    texts = variants(random.Random(5), originals=40, copies=6, changes=3)
    groups = partition(texts, near_duplicate_groups(texts, threshold))
    assert groups == by_hand(texts, threshold)
    assert threshold == 1.0 or len(groups) < len(texts)


def test_the_groups_do_not_depend_on_the_order_of_the_texts() -> None:
    rng = random.Random(6)
    texts = variants(rng, originals=30, copies=8, changes=4)
    before = partition(texts, near_duplicate_groups(texts, 0.8))
    for _ in range(3):
        rng.shuffle(texts)
        assert partition(texts, near_duplicate_groups(texts, 0.8)) == before


def test_case_space_and_punctuation_make_no_difference() -> None:
    texts = ["Tag big orders, please!", "tag  BIG orders please", "tag big orders", "Hi", "hi!"]
    assert near_duplicate_groups(texts, 0.9) == [0, 0, 1, 2, 2]


def test_texts_without_words_are_told_apart_and_empty_ones_stand_alone() -> None:
    assert near_duplicate_groups(["", "?!", "", " ", "?!", "!?"], 0.9) == [0, 1, 2, 3, 1, 4]
    assert near_duplicate_groups([], 0.9) == []


def test_close_texts_are_named_by_their_places() -> None:
    known = ["tag orders over one hundred as big", "", "hide products that are sold out"]
    texts = ["", "Hide products that are sold out.", "hide products", "tag orders over one hundred as huge"]
    assert close_to(texts, known, 0.9) == [1]
    assert close_to(texts, known, 0.6) == [1, 3]
    assert close_to(texts, [], 0.6) == []
    assert close_to([], known, 0.6) == []


@pytest.mark.slow
def test_a_hundred_thousand_requests_take_no_square_of_time() -> None:
    rng = random.Random(7)
    alike = [
        f"when an order over {rng.randrange(999)} is paid tag the customer as w{rng.randrange(3000)} and send an email "
        f"to w{rng.randrange(3000)} please thanks a lot in advance"
        for _ in range(40_000)
    ]
    other = [" ".join(f"w{rng.randrange(3000)}" for _ in range(25)) for _ in range(60_000)]
    started = time.monotonic()
    groups = near_duplicate_groups(alike + other, 0.9)
    assert time.monotonic() - started < 100
    assert len(set(groups)) > 60_000
