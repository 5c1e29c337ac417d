"""Which traces have the simulated experts labelled, and what did they say?"""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tasks.demo.generator.experts import EXPERTS, Label, label
from tasks.demo.generator.history import DAYS, day
from tasks.demo.generator.production import Asked
from tasks.domain.hashing import uniform

WINDOW_DAYS = 14
COLUMNS = ("item_id", "annotator", "criterion", "value", "critique", "labelled_at")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One label with the trace that it is about."""

    asked: Asked
    label: Label

    def to_row(self) -> dict[str, str]:
        """As labels.csv has it. Experts work the day after, each at an hour of their own."""
        late = timedelta(days=1, minutes=int(480 * uniform("labelled", self.label.annotator, self.asked.trace_id)))
        morning = self.asked.timestamp.replace(hour=8, minute=0, second=0, microsecond=0)
        return {
            "item_id": self.asked.trace_id,
            "annotator": self.label.annotator,
            "criterion": self.label.criterion,
            "value": self.label.value,
            "critique": self.label.critique,
            "labelled_at": (morning + late).isoformat().replace("+00:00", "Z"),
        }


def choose_for_labels(production: Sequence[Asked], count: int) -> tuple[Asked, ...]:
    """A random sample of the last window, by feature and scenario in proportion; it knows nothing of right or wrong."""
    first = day(DAYS - WINDOW_DAYS)
    strata: dict[tuple[str, str], list[Asked]] = defaultdict(list)
    for asked in production:
        if asked.timestamp.date() >= first:
            strata[asked.metadata["feature"], asked.metadata["scenario"]].append(asked)
    total = sum(map(len, strata.values()))
    places = [
        ((place + uniform("label", asked.trace_id)) / len(stratum), asked.trace_id, asked)
        for stratum in strata.values()
        for place, asked in enumerate(sorted(stratum, key=lambda asked: uniform("label order", asked.trace_id)))
    ]
    chosen = sorted(places, key=lambda place: place[:2])[: min(count, total)]
    return tuple(asked for _, _, asked in sorted(chosen, key=lambda place: place[1]))


def label_all(chosen: Sequence[Asked], answers: Mapping[str, str]) -> tuple[Labelled, ...]:
    """All three experts on each of the chosen traces, on every criterion."""
    return tuple(
        Labelled(asked, given)
        for asked in chosen
        for expert in EXPERTS
        for given in label(expert, asked.request, answers[asked.trace_id])
    )


def write_labels(file: Path, labels: Sequence[Labelled]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(labelled.to_row() for labelled in labels)
