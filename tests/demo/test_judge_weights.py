import numpy as np
import pytest

from tasks.demo.judging.weights import Weights, learnt

USUAL = Weights(-2.0, np.array([2.0, 2.0, 2.0, 2.0]))


def examples(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers of which those that violate the first or second check mostly fail; the others tell nothing."""
    rng = np.random.default_rng(seed)
    severities = (rng.random((count, 4)) < 0.35).astype(float)
    odds = -2.0 + severities @ np.array([3.5, 3.5, 0.0, 0.0])
    return severities, (rng.random(count) < 1 / (1 + np.exp(-odds))).astype(float)


def test_checks_that_decide_come_to_weigh_more_than_those_that_do_not() -> None:
    slopes = learnt(*examples(200, seed=1), USUAL).slopes
    assert slopes[:2].min() > 2 * slopes[2:].max()


@pytest.mark.parametrize("seed", range(5))
def test_no_slope_is_ever_negative_even_where_violations_pass(seed: int) -> None:
    severities, failed = examples(120, seed)
    assert learnt(severities, 1 - failed, USUAL).slopes.min() >= 0


def test_permuted_labels_leave_nothing_that_weighs() -> None:
    severities, failed = examples(64, seed=2)
    permuted = [learnt(severities, np.random.default_rng(seed).permutation(failed), USUAL) for seed in range(20)]
    assert sum(bool(weights.slopes.any()) for weights in permuted) <= 2


def test_honest_labels_of_a_few_dozen_examples_do_weigh() -> None:
    assert all(learnt(*examples(32, seed), USUAL).slopes.any() for seed in range(8))


def test_examples_of_one_kind_alone_leave_the_usual_weights() -> None:
    severities, _ = examples(40, seed=3)
    assert learnt(severities, np.zeros(40), USUAL) is USUAL


def test_learning_twice_gives_the_same_weights() -> None:
    one, other = (learnt(*examples(64, seed=4), USUAL) for _ in range(2))
    assert one.bias == other.bias
    assert (one.slopes == other.slopes).all()
