"""Facts about a cycle: what it is measured against, and when it may not be."""

import pytest

from tasks.domain.cycle import Cycle, JudgeTrust, StepSummary, Window
from tasks.domain.estimate import Estimate
from tasks.domain.verdict import Accounting
from tasks.stats.proportion import rate_difference


def rate(value: float, half: float = 0.02, n: int = 100, level: float = 0.95) -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half, n=n, level=level, method="m")


def cycle(until: str, value: float = 0.8, *, id_: str | None = None, judge: str = "b2-1", times: bool = True) -> Cycle:
    return Cycle(
        cycle_id=id_ or until,
        workspace="w",
        window=Window(since="", until=until, traces=1, sampled=1, tenants=1, has_times=times),
        judge={"overall": judge},
        judge_model="m",
        gate="overall",
        current="current",
        steps={},
        model_calls=0,
        cost_usd=0,
        parameters={},
        estimates={"production_pass_rate": rate(value)},
        accounting={},
    )


def test_a_cycle_is_compared_with_the_last_word_on_the_window_before() -> None:
    history = [
        cycle("2026-03-03", 0.5),
        cycle("2026-03-04", 0.6, id_="first try"),
        cycle("2026-03-04", 0.7, id_="second try"),
        cycle("2026-03-05", 0.75, id_="same window"),
        cycle("2026-03-06", 0.9),
    ]
    compared = cycle("2026-03-05", 0.8).compared(history, rate_difference)
    assert compared.previous == "cycle 2026-03-03"
    assert compared.estimates["production_change"].value == pytest.approx(0.1)
    assert compared.compared(history, rate_difference) == compared


def test_without_times_the_order_of_making_decides() -> None:
    history = [cycle("", 0.9, id_="a", times=False), cycle("", 0.6, id_="b", times=False)]
    compared = cycle("", 0.8, id_="c", times=False).compared(history, rate_difference)
    assert compared.previous == "cycle b"


def test_the_first_cycle_has_nothing_to_be_compared_with() -> None:
    first = cycle("2026-03-05")
    assert first.compared([first], rate_difference) == first


def test_rates_of_two_judges_are_not_compared() -> None:
    change = (
        cycle("2026-03-05", judge="b2-2")
        .compared([cycle("2026-03-04")], rate_difference)
        .estimates["production_change"]
    )
    assert change.value is None
    assert "judge has changed" in str(change.why)


def test_a_judge_is_trusted_only_where_people_labelled_its_headline() -> None:
    unlabelled = JudgeTrust(criterion="overall", kappa=rate(0.5), human_ceiling=rate(0.6), labelled=0)
    other = unlabelled.model_copy(update={"criterion": "safety", "labelled": 50})
    assert not cycle("2026-03-05").model_copy(update={"trust": (unlabelled, other)}).trusted
    labelled = unlabelled.model_copy(update={"labelled": 50})
    assert cycle("2026-03-05").model_copy(update={"trust": (labelled,)}).trusted


def test_a_cycle_is_named_by_the_last_day_of_its_window() -> None:
    assert cycle("2026-03-01").name == "cycle 2026-02-28"
    assert cycle("2026-03-01 00:00:00").name == "cycle 2026-02-28"
    assert cycle("", id_="b2-77", times=False).name == "cycle b2-77"


def test_the_steps_of_all_criteria_are_one_stage() -> None:
    rows = Accounting(n=2, judged=1, failed=1)
    steps = {
        "sample": StepSummary(state="ran", seconds=1),
        "judge.production.safety": StepSummary(state="cached", seconds=2, model_calls=3, cost_usd=0.5, accounting=rows),
        "judge.production.overall": StepSummary(state="ran", seconds=4, model_calls=5, cost_usd=0.25, accounting=rows),
        "overall": StepSummary(state="cached", seconds=8),
    }
    judges = {"safety": "b2-1", "overall": "b2-2"}
    stages = cycle("2026-03-05").model_copy(update={"steps": steps, "judge": judges}).stages
    assert list(stages) == ["sample", "judge.production", "overall"]
    both = Accounting(n=4, judged=2, failed=2)
    assert stages["judge.production"] == StepSummary(
        state="ran", seconds=6, model_calls=8, cost_usd=0.75, accounting=both
    )
