"""A verdict has a value or a reason, an accounting adds up, and a scale is what its text says."""

import pickle

import pytest
from pydantic import ValidationError

from tasks.domain.criterion import Criterion, Scale
from tasks.domain.errors import Unfinished, WrongInput
from tasks.domain.system import SystemUnderTest, differences
from tasks.domain.verdict import Accounting, Status, Verdict


def test_a_verdict_needs_a_value_or_a_reason() -> None:
    with pytest.raises(ValidationError):
        Verdict(status=Status.failed)
    with pytest.raises(ValidationError):
        Verdict(status=Status.failed, value="fail")
    assert Verdict.unscored("no JSON in the reply").value is None


def test_an_accounting_adds_up() -> None:
    counted = Accounting.of(["judged", "judged", "failed", "skipped", "abstained"])
    assert (counted.n, counted.judged, counted.failed, counted.skipped, counted.abstained) == (5, 2, 1, 1, 1)
    assert (counted + counted).n == 10
    with pytest.raises(ValidationError):
        Accounting(n=3, judged=1)


@pytest.mark.parametrize(
    ("text", "values"),
    [("binary", ("pass", "fail")), ("1-5", ("1", "2", "3", "4", "5")), ("nominal: a|b|tie", ("a", "b", "tie"))],
)
def test_a_scale_is_read_from_its_text(text: str, values: tuple[str, ...]) -> None:
    assert Scale.parse(text).values == values


def test_a_scale_of_a_hundred_steps_is_read_and_one_of_more_is_refused() -> None:
    assert len(Scale.parse("0-100").values) == 101
    for text in ("0-101", "1-999999999"):
        with pytest.raises(WrongInput, match="more than 101 values") as caught:
            Scale.parse(text)
        assert "1-5" in (caught.value.fix or "")


def test_the_word_for_abstaining_is_no_value_of_a_scale() -> None:
    with pytest.raises(WrongInput, match="'cannot_judge' is how a judge abstains"):
        Scale.parse("nominal: a|b|cannot_judge")


@pytest.mark.parametrize("text", ["5-1", "nominal: a", "nominal: a|a", "good or bad", "", f"1-{'9' * 5000}"])
def test_what_is_no_scale_is_refused(text: str) -> None:
    with pytest.raises(WrongInput, match="not a scale"):
        Scale.parse(text)


def test_a_comma_in_a_rubric_is_another_criterion() -> None:
    one = Criterion(name="tone", rubric="Be kind and brief")
    other = Criterion(name="tone", rubric="Be kind, and brief")
    assert one.rubric_hash != other.rubric_hash


def test_errors_survive_a_process_border() -> None:
    error = Unfinished("the budget is spent", fix="Run it again tomorrow.", file="flywheel.toml", line=3)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.exit_code) == (str(error), 4)


def test_the_differences_of_two_systems_are_named() -> None:
    current = SystemUnderTest(model="m", instructions="Help.")
    assert differences(current, current) == ()
    assert differences(current, SystemUnderTest(model="n", instructions="Help!")) == ("model", "instructions")
