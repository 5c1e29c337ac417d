"""How does a file of pairs become a table of preferences? As a file of items does: in order, in constant memory."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.adapters.models.call import Call
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.tables import Row, rows_of
from tasks.domain.criterion import Criterion
from tasks.domain.errors import WrongInput
from tasks.domain.judge import Judge
from tasks.judge.items import Item, ItemFile, read_items
from tasks.judge.pairs import Pair, comparing, favoured_place, pair_calls, preference_row, preferences
from tasks.judge.verdicts import COLUMNS, Summary

if TYPE_CHECKING:
    from tasks.stats.position import Position

PAIR_COLUMNS = (*COLUMNS, "forward", "backward", "consistent", "critique_backward", "call_key_backward")
"""Of a preference; `value` is current, candidate or tie."""
SIDES = ("output_current", "output_candidate")


@dataclass(frozen=True)
class PairFile:
    """A file of pairs that was read and found right: the same items with the outputs of either side."""

    current: ItemFile
    candidate: ItemFile

    @property
    def size(self) -> int:
        return self.current.size

    @property
    def carries(self) -> tuple[str, ...]:
        return self.current.carries

    def __iter__(self) -> Iterator[tuple[Item, str | None]]:
        """Each item with the current output, and the candidate's output."""
        for item, other in zip(self.current, self.candidate, strict=True):
            yield item, other.output


def holds_pairs(path: Path, columns: Mapping[str, str]) -> bool:
    """Whether a file has two outputs a row, and not one."""
    row = next((row for _, row in rows_of(path, columns)), {})
    return "output" not in row and not row.keys().isdisjoint(SIDES)


def read_pairs(path: Path, columns: Mapping[str, str], criteria: Iterable[Criterion]) -> PairFile:
    """The pairs of a file. Raises WrongInput for a row that is none, and for a criterion that is not subjective."""
    for criterion in criteria:
        if not criterion.subjective:
            found = f"it holds pairs, and '{criterion.name}' asks of one answer: it is not subjective"
            fix = "Judge each side by itself (--columns output=output_current), or mark the criterion subjective."
            raise WrongInput(found, file=str(path), fix=fix)
    current, candidate = (read_items(path, _as_output(side, columns)) for side in SIDES)
    return PairFile(current, candidate)


def _as_output(side: str, columns: Mapping[str, str]) -> dict[str, str]:
    others = {ours: theirs for ours, theirs in columns.items() if ours not in SIDES}
    return others | {"output": columns.get(side, side)}


def pair_file_calls(pairs: Iterable[tuple[Item, str | None]], judge: Judge, repeat: int = 1) -> Iterator[Call]:
    """The calls that judging the pairs takes: two a pair whose outputs differ."""
    return pair_calls((pair for pair, _ in _pairs(pairs, repeat)), judge, judge.api_base)


def pair_verdicts(
    pairs: Iterable[tuple[Item, str | None]], judge: Judge, gateway: Gateway, repeat: int = 1
) -> Iterator[Row]:
    """Which output of each pair the judge prefers, or `repeat` times which, in the order of the pairs."""
    carried: dict[tuple[str, int], Mapping[str, object]] = {}

    def remembered() -> Iterator[Pair]:
        for pair, own in _pairs(pairs, repeat):
            carried[pair.row, pair.replicate] = own
            yield pair

    by = comparing(judge).name
    for pair, preference in preferences(remembered(), judge, gateway, judge.api_base):
        own = carried.pop((pair.row, pair.replicate))
        yield preference_row(pair.row, preference, judge, by=by) | {"run": pair.replicate} | dict(own)


def _pairs(pairs: Iterable[tuple[Item, str | None]], repeat: int) -> Iterator[tuple[Pair, Mapping[str, object]]]:
    for item, other in pairs:
        for run in range(repeat):
            yield Pair(item.item_id, item.messages, item.output, other, run), item.carried


@dataclass
class PairSummary(Summary):
    """What a judge's preferences came to, and how far the order of the two answers decided for it."""

    favoured: list[int] = field(default_factory=list)
    tenants: list[str] = field(default_factory=list)
    """Of the pairs that were judged in both orders, each once however often it is repeated: the place that the order
    favoured, and the cluster."""

    def add(self, row: Row) -> None:
        super().add(row)
        if row["run"] == 0 and row["forward"] and row["backward"]:
            self.favoured.append(favoured_place(row["forward"], row["backward"]))
            self.tenants.append(str(row.get("cluster") or row["item_id"]))

    @property
    def position(self) -> "Position":
        from tasks.stats.position import position_bias

        return position_bias(self.favoured, self.tenants)
