"""A log that is broken as a whole is stopped at the door, and the message says what was seen and what was expected."""

from typing import Any

import pytest

from tasks.collect.validate import validate_traces
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput
from tasks.domain.settings import Ingest
from tests.collect.conftest import Door
from tests.collect.logs import trace


def validated(door: Door, rows: list[Any], checks: str = "stop") -> dict[str, Artifact]:
    made = door.ingest(rows)
    settings = Ingest.model_validate({"checks": checks})
    return validate_traces(door.bench.context, traces=(made["traces"],), profiles=(made["profile"],), settings=settings)


def test_a_good_log_passes_without_a_sound(door: Door, capfd: pytest.CaptureFixture[str]) -> None:
    rows = [trace(f"t{n}", answer=f"answer {n}") for n in range(300)]
    table = door.frame(validated(door, rows)["validation"])
    assert table["success"].all()
    assert table.height > 10
    assert capfd.readouterr() == ("", "")


def test_the_order_of_lines_does_not_change_the_validation(door: Door) -> None:
    rows = [trace(f"t{n}", answer=f"answer {n}") for n in range(150)]
    assert validated(door, rows) == validated(door, rows[::-1])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "'traces' should be at least 1, observed: 0"),
        ([trace(f"t{n}", output="same") for n in range(150)], "'output' should be at least 2, observed: 1"),
        ([trace(f"t{n}", output="" if n % 3 else f"{n}") for n in range(150)], "'empty_share' should be at most 0.5"),
        (
            [trace(f"t{n}", answer=f"{n}", timestamp=None if n % 3 else "2026-03-01") for n in range(150)],
            "'mixed_times' should be at most 0.05, observed: 1 of 1 values are not",
        ),
        (
            [trace(f"t{n % 75}", answer=f"{n}") for n in range(150)],
            "'conflict_share' should be at most 0.2, observed: 1 of 1 values are not .such as 0.5.",
        ),
        ([*[trace(f"t{n}", answer=f"{n}") for n in range(50)], *["{"] * 100], "'quarantined_share' should be at most"),
    ],
)
def test_a_broken_log_is_stopped_or_warned_of(door: Door, rows: list[Any], said: str) -> None:
    with pytest.raises(WrongInput, match=said) as told:
        validated(door, rows)
    assert told.value.fix is not None
    assert 'checks = "warn"' in told.value.fix
    table = door.frame(validated(door, rows, checks="warn")["validation"])
    assert not table["success"].all()
