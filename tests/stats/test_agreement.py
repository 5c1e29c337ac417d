"""Agreement of annotators, against published tables, the established libraries, and by simulated coverage."""

from typing import NamedTuple

import numpy as np
import pytest

from tasks.domain.estimate import Estimate
from tasks.stats.agreement import kappa, pairwise_kappa, pairwise_percent, percent_agreement
from tasks.stats.ceiling import human_ceiling, kappa_with_majority
from tasks.stats.clusters import Ints
from tasks.stats.coefficient import Resampling
from tasks.stats.ratings import Level, Ratings, majority, ratings
from tasks.stats.reliability import fleiss_kappa, gwet_ac1, item_agreement, krippendorff_alpha

QUICK = Resampling(resamples=500)

KRIPPENDORFF = [
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
]
"""Four observers, twelve units: Krippendorff (2011), Computing Krippendorff's alpha-reliability, example C and D."""

FLEISS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]

PATHOLOGISTS = [[22, 2, 2, 0], [5, 7, 14, 0], [0, 2, 36, 0], [0, 1, 17, 10]]
"""Two pathologists on 118 slides: Landis and Koch (1977), Biometrics 33, 363; Agresti (2002), table 10.8."""


def from_lines(lines: list[str], level: Level) -> Ratings:
    rows = [
        (unit, observer, value)
        for observer, line in enumerate(lines)
        for unit, value in enumerate(line.split())
        if value != "."
    ]
    unit, observer, value = zip(*rows, strict=True)
    return ratings(unit, observer, np.array(value, dtype=float), level=level)


def two_from_table(table: list[list[int]]) -> tuple[Ints, Ints]:
    cells = [(row, column) for row, line in enumerate(table) for column, n in enumerate(line) for _ in range(n)]
    first, second = np.array(cells, dtype=np.int64).T
    return first, second


def drawn(rng: np.random.Generator, items: int, annotators: int, values: int, *, missing: float = 0.2) -> Ratings:
    """Ratings that mostly follow the item's true value, some of them missing."""
    truth = rng.integers(1, values + 1, items)
    given = np.where(
        rng.random((items, annotators)) < 0.3, rng.integers(1, values + 1, (items, annotators)), truth[:, None]
    )
    item, annotator = np.nonzero(rng.random((items, annotators)) >= missing)
    return ratings(item, [f"a{code}" for code in annotator], given[item, annotator].astype(float), level="ordinal")


def as_level(labels: Ratings, level: Level) -> Ratings:
    return ratings(labels.item, labels.annotator, labels.value, level=level)


def test_kappa_reproduces_the_pathologists_of_landis_and_koch() -> None:
    """Agresti (2002), Categorical Data Analysis, section 10.5.4: kappa 0.493, standard error 0.057."""
    found = kappa(*two_from_table(PATHOLOGISTS))
    assert found.value == pytest.approx(0.493, abs=5e-4)
    assert found.low == pytest.approx(0.493 - 1.96 * 0.057, abs=0.02)
    assert found.high == pytest.approx(0.493 + 1.96 * 0.057, abs=0.02)


@pytest.mark.parametrize("weights", ["nominal", "linear", "quadratic"])
def test_kappa_agrees_with_scikit_learn(weights: str) -> None:
    from sklearn.metrics import cohen_kappa_score

    first, second = two_from_table(PATHOLOGISTS)
    expected = cohen_kappa_score(first, second, weights=None if weights == "nominal" else weights)
    assert kappa(first, second, weights=weights, how=QUICK).value == pytest.approx(expected)  # type: ignore[arg-type]


def test_weights_go_by_the_values_not_by_their_ranks() -> None:
    """Nobody gave a 3 or a 4: five is still three from two, as scikit-learn has it when told the whole scale."""
    from sklearn.metrics import cohen_kappa_score

    first, second = [1, 2, 5, 5, 1, 2, 2, 5], [1, 2, 5, 2, 2, 2, 1, 5]
    expected = cohen_kappa_score(first, second, weights="quadratic", labels=[1, 2, 3, 4, 5])
    assert kappa(first, second, weights="quadratic", how=QUICK).value == pytest.approx(expected)


def test_fleiss_kappa_reproduces_its_textbook_table() -> None:
    """Ten subjects, fourteen raters, five categories: kappa 0.210 (the worked example of Fleiss' kappa)."""
    rows = [
        (subject, rater, category)
        for subject, counts in enumerate(FLEISS)
        for rater, category in enumerate(np.repeat(np.arange(5), counts))
    ]
    found = fleiss_kappa(ratings(*zip(*rows, strict=True)), how=QUICK)
    assert found.value == pytest.approx(0.210, abs=5e-4)


def test_fleiss_kappa_agrees_with_statsmodels() -> None:
    from statsmodels.stats.inter_rater import fleiss_kappa as reference

    labels = drawn(np.random.default_rng(1), 60, 4, 3, missing=0.0)
    assert fleiss_kappa(labels, how=QUICK).value == pytest.approx(reference(labels.counts()[0]))


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_reproduces_krippendorff_2011(level: Level, alpha: float) -> None:
    found = krippendorff_alpha(from_lines(KRIPPENDORFF, level), how=QUICK)
    assert found.value == pytest.approx(alpha, abs=5e-4)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_agrees_with_the_krippendorff_package(level: Level) -> None:
    import krippendorff

    for seed in range(5):
        labels = as_level(drawn(np.random.default_rng(seed), 40, 5, 5, missing=0.4), level)
        table = np.full((5, labels.items), np.nan)
        table[labels.annotator, labels.item] = labels.value
        expected = krippendorff.alpha(table, level_of_measurement=level)
        assert krippendorff_alpha(labels, how=QUICK).value == pytest.approx(expected)


def test_ac1_and_fleiss_reproduce_gwet_2014() -> None:
    """The same four raters and twelve units in Gwet (2014), Handbook of Inter-Rater Reliability, chapter 2, as the
    package irrCAC prints them: AC1 0.77544 and Fleiss' kappa 0.76117.
    """
    labels = from_lines(KRIPPENDORFF, "nominal")
    assert gwet_ac1(labels, how=QUICK).value == pytest.approx(0.77544, abs=5e-6)
    assert fleiss_kappa(labels, how=QUICK).value == pytest.approx(0.76117, abs=5e-6)


def test_ac1_stays_high_where_kappa_falls_on_a_rare_value() -> None:
    """The paradox that AC1 is for: 118 agreements, 2 + 5 disagreements (Gwet 2008, table 1 has the like)."""
    first, second = two_from_table([[118, 5], [2, 0]])
    item = np.tile(np.arange(first.size), 2)
    labels = ratings(item, np.repeat(["a", "b"], first.size), np.concatenate([first, second]))
    plain = kappa(first, second).value
    assert plain is not None
    assert plain < 0
    assert gwet_ac1(labels).value == pytest.approx(0.9409, abs=5e-4)


def test_percent_agreement_counts_equal_values() -> None:
    found = percent_agreement(np.array(["pass", "fail", "pass", None]), ["pass", "pass", "pass", "pass"])
    assert found.value == pytest.approx(2 / 3)
    assert found.n == 3


def test_pairwise_kappa_is_the_mean_over_pairs() -> None:
    from sklearn.metrics import cohen_kappa_score

    labels = drawn(np.random.default_rng(2), 80, 3, 3)
    table = np.full((3, labels.items), np.nan)
    table[labels.annotator, labels.item] = labels.value
    expected = {}
    for one, two in [(0, 1), (0, 2), (1, 2)]:
        both = ~np.isnan(table[one] + table[two])
        expected[f"a{one}|a{two}"] = cohen_kappa_score(table[one][both], table[two][both])
    found = pairwise_kappa(labels, how=QUICK)
    assert {name: pair.value for name, pair in found.pairs.items()} == pytest.approx(expected)
    assert found.mean.value == pytest.approx(np.mean(list(expected.values())))


def test_pairs_with_fewer_than_ten_common_items_are_listed_and_left_out() -> None:
    item = list(range(20)) * 2 + list(range(9))
    annotator = ["a"] * 20 + ["b"] * 20 + ["c"] * 9
    value = ["pass", "fail"] * 20 + ["pass"] * 9
    found = pairwise_percent(ratings(item, annotator, value), how=QUICK)
    assert list(found.pairs) == ["a|b"]
    assert found.left_out == {"a|c": 9, "b|c": 9}


def test_without_common_items_pairwise_figures_are_unknown_with_a_reason() -> None:
    found = pairwise_kappa(ratings(range(30), [f"a{row}" for row in range(30)], [1, 2] * 15))
    assert found.mean.why == "no two annotators have 10 items in common"


def test_hundreds_of_pairs_agree_with_a_few_at_a_time() -> None:
    """Above 50 pairs the jackknife takes over: the mean stays what it is, and its width is that of the bootstrap."""
    labels = drawn(np.random.default_rng(3), 300, 11, 3, missing=0.1)
    many = pairwise_kappa(labels)
    assert len(many.pairs) == 55
    one, other = min(many.pairs).split("|")
    two = [labels.annotators.index(name) for name in (one, other)]
    rows = np.isin(labels.annotator, two)
    few = pairwise_kappa(ratings(labels.item[rows], labels.annotator[rows], labels.value[rows], level="ordinal"))
    assert few.mean.value == pytest.approx(many.pairs[f"{one}|{other}"].value)
    assert few.mean.low == pytest.approx(many.pairs[f"{one}|{other}"].low, abs=0.02)
    assert many.mean.value == pytest.approx(np.mean([pair.value for pair in many.pairs.values()]))


def brute_ceiling(labels: Ratings) -> float:
    """Each expert against the others' median, by plain loops and scikit-learn's definition on half steps."""
    found = []
    for person in range(len(labels.annotators)):
        mine, theirs = [], []
        for item in range(labels.items):
            here = labels.item == item
            own = labels.value[here & (labels.annotator == person)]
            rest = labels.value[here & (labels.annotator != person)]
            if own.size and rest.size:
                mine.append(own[0])
                theirs.append(np.median(rest))
        a, b = np.array(mine), np.array(theirs)
        found.append(1 - np.mean((a - b) ** 2) / np.mean((a[:, None] - b[None, :]) ** 2))
    return float(np.mean(found))


def test_the_ceiling_on_an_ordinal_scale_is_kappa_with_the_others_median() -> None:
    labels = drawn(np.random.default_rng(4), 50, 4, 5, missing=0.3)
    assert human_ceiling(labels, how=QUICK).mean.value == pytest.approx(brute_ceiling(labels))


def test_the_ceiling_leaves_ties_of_the_others_out_and_counts_them() -> None:
    """Three experts, the third alone on the last item: against a tie for the first two, which agree with one each."""
    item = [0, 0, 0, 1, 1, 1, 2, 2, 2]
    value = ["p", "p", "p", "f", "f", "f", "p", "f", "f"]
    found = human_ceiling(ratings(item, list("abc") * 3, value), how=QUICK)
    assert found.ties == 2
    assert found.annotators["b"].n == 2
    assert found.annotators["a"].n == 3


def test_a_judges_kappa_is_against_the_experts_majority() -> None:
    from sklearn.metrics import cohen_kappa_score

    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, 60)
    experts = np.array([np.where(rng.random(60) < 0.15, 1 - truth, truth) for _ in range(3)])
    judge = np.where(rng.random(60) < 0.2, 1 - truth, truth)
    rows = [*experts, judge]
    labels = ratings(np.tile(np.arange(60), 4), np.repeat(["x", "y", "z", "judge"], 60), np.concatenate(rows))
    expected = cohen_kappa_score((experts.sum(axis=0) > 1).astype(int), judge)
    assert kappa_with_majority(labels, "judge", how=QUICK).value == pytest.approx(expected)


def test_a_majority_needs_more_votes_than_any_other_value() -> None:
    labels = ratings([0, 0, 0, 1, 1], list("abcab"), ["p", "p", "f", "p", "f"])
    found = majority(labels)
    assert labels.categories[int(found[0])] == "p"
    assert np.isnan(found[1])


def test_the_majority_on_an_ordinal_scale_is_the_median() -> None:
    labels = ratings([0, 0, 0, 1, 1], list("abcab"), [1, 5, 4, 2, 5], level="ordinal")
    assert list(majority(labels)) == [4.0, 3.5]


@pytest.mark.parametrize("measure", [fleiss_kappa, krippendorff_alpha])
def test_one_class_only_is_unknown_with_a_reason(measure: object) -> None:
    labels = ratings([0, 0, 1, 1], list("abab"), ["pass"] * 4)
    found = measure(labels)  # type: ignore[operator]
    assert found.value is None
    assert "every rating has the same value" in found.why


def test_kappa_of_one_class_only_is_unknown_with_a_reason() -> None:
    assert "every rating has the same value" in str(kappa(["pass"] * 9, ["pass"] * 9).why)


def test_one_rating_an_item_is_unknown_with_a_reason() -> None:
    labels = ratings([0, 1, 2], list("aba"), ["pass", "fail", "pass"])
    assert item_agreement(labels).why == "no item has two ratings to compare"
    assert krippendorff_alpha(labels).why == "no item has two ratings to compare"
    assert human_ceiling(labels).mean.why == "no item has two ratings to compare"


def test_two_items_only_have_a_wide_interval() -> None:
    found = kappa(["pass", "fail"], ["pass", "fail"])
    assert found.value == 1.0
    assert found.low is not None
    assert found.low < 0


def test_perfect_agreement_on_thirty_items_is_not_certain() -> None:
    """No disagreement in 30 allows 11.6% of it (Clopper-Pearson), with even halves 0.23 of kappa."""
    found = kappa([0, 1] * 15, [0, 1] * 15)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(1 - 2 * 0.1157, abs=1e-3)


def test_exchanging_the_annotators_changes_nothing() -> None:
    first, second = two_from_table(PATHOLOGISTS)
    assert kappa(first, second, how=QUICK).value == pytest.approx(kappa(second, first, how=QUICK).value)


def test_whole_clusters_are_resampled() -> None:
    """Every item ten times over in one cluster: no more evidence than once."""
    first, second = two_from_table(PATHOLOGISTS)
    once = kappa(first, second)
    tenfold = kappa(np.repeat(first, 10), np.repeat(second, 10), cluster=np.repeat(np.arange(first.size), 10))
    assert tenfold.value == pytest.approx(once.value)
    assert (tenfold.low, tenfold.high) == pytest.approx((once.low, once.high), abs=0.01)


def test_the_same_seed_gives_the_same_interval_whatever_the_order_of_rows() -> None:
    first, second = two_from_table(PATHOLOGISTS)
    order = np.random.default_rng(6).permutation(first.size)
    assert kappa(first, second) == kappa(first[order], second[order])


def test_the_same_annotator_twice_on_an_item_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        ratings([0, 0], ["a", "a"], ["pass", "fail"])


def test_a_hundred_thousand_labels_take_a_moment() -> None:
    """20,000 items, five of a hundred annotators each: no loop over items or pairs."""
    rng = np.random.default_rng(7)
    item = np.repeat(np.arange(20_000), 5)
    annotator = (rng.integers(0, 20, 100_000) + 20 * np.tile(np.arange(5), 20_000)).astype(str)
    labels = ratings(item, annotator, rng.integers(1, 6, 100_000), level="ordinal")
    for found in (krippendorff_alpha(labels), fleiss_kappa(labels), human_ceiling(labels).mean):
        assert found.value == pytest.approx(0.0, abs=0.02)
        assert found.low is not None
    assert pairwise_kappa(labels, weights="quadratic").mean.value == pytest.approx(0.0, abs=0.02)


class Case(NamedTuple):
    """Experts who err with a chance of their own, more on hard items, on items of which a share is positive."""

    items: int
    annotators: int
    positive: float
    error: float
    per_cluster: int = 1


CASES = [
    Case(30, 2, 0.5, 0.1),
    Case(30, 2, 0.5, 0.02),
    Case(50, 2, 0.9, 0.05),
    Case(100, 3, 0.7, 0.15),
    Case(240, 3, 0.7, 0.15, per_cluster=6),
    Case(300, 2, 0.9, 0.1),
]


def panel(case: Case, items: int, rng: np.random.Generator) -> tuple[Ratings, list[Ints]]:
    hard = rng.random(items) < 0.3
    clusters = np.arange(items) // case.per_cluster
    lean = rng.normal(0, 0.8 if case.per_cluster > 1 else 0, clusters.max() + 1)[clusters]
    truth = rng.random(items) < 1 / (1 + np.exp(-np.log(case.positive / (1 - case.positive)) - lean))
    rows = [
        (truth ^ (rng.random(items) < np.where(hard, 2, 0.6) * case.error)).astype(np.int64)
        for _ in range(case.annotators)
    ]
    item = np.tile(np.arange(items), case.annotators)
    who = np.repeat(np.arange(case.annotators), items)
    return ratings(item, who, np.concatenate(rows), cluster=np.tile(clusters, case.annotators)), rows


MEASURES = {
    "pairwise kappa": lambda labels, how: pairwise_kappa(labels, how=how).mean,
    "fleiss": lambda labels, how: fleiss_kappa(labels, how=how),
    "alpha": lambda labels, how: krippendorff_alpha(labels, how=how),
    "ceiling": lambda labels, how: human_ceiling(labels, how=how).mean,
}


def coverage(case: Case, measure: str, draws: int, seed: int) -> tuple[float, float]:
    """The share of drawn panels whose interval holds the figure of a panel on 300,000 items, and the mean width.

    Panels on which a figure is not defined do not count.
    """
    truth = MEASURES[measure](panel(case, 300_000, np.random.default_rng(99))[0], QUICK).value
    assert truth is not None
    rng = np.random.default_rng(seed)
    held, width, known = 0, 0.0, 0
    for turn in range(draws):
        found: Estimate = MEASURES[measure](panel(case, case.items, rng)[0], Resampling(resamples=999, seed=turn))
        if found.low is not None and found.high is not None:
            known += 1
            held += found.low <= truth <= found.high
            width += found.high - found.low
    return held / known, width / known


@pytest.mark.parametrize("case", [CASES[0], CASES[3]], ids=str)
def test_the_interval_holds_the_agreement_of_many_items(case: Case) -> None:
    """A quick look: fewer than 88 of 100 would be a chance of less than one in a hundred at 94%."""
    assert coverage(case, "pairwise kappa", 100, seed=1)[0] >= 0.88


@pytest.mark.slow
@pytest.mark.parametrize("measure", list(MEASURES))
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_interval_holds_the_agreement_in_2000_draws(case: Case, measure: str) -> None:
    share, width = coverage(case, measure, 2000, seed=2)
    assert share >= 0.935, f"{share:.3f}, mean width {width:.3f}"
