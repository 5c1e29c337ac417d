"""What is in a file that is to be judged? One answer a row is judged by itself, two are held against each other."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from tasks.adapters.models.call import Call
from tasks.adapters.models.gateway import Gateway
from tasks.adapters.tables import Row
from tasks.domain.judge import Judge
from tasks.judge.items import ItemFile, read_items
from tasks.judge.pair_verdicts import (
    PAIR_COLUMNS,
    PairFile,
    PairSummary,
    holds_pairs,
    pair_file_calls,
    pair_verdicts,
    read_pairs,
)
from tasks.judge.pairs import comparing
from tasks.judge.verdicts import COLUMNS, Summary, item_calls, item_verdicts

JudgedFile: TypeAlias = ItemFile | PairFile


def read_judged_file(
    path: Path, columns: Mapping[str, str], judges: Mapping[str, Judge]
) -> tuple[JudgedFile, dict[str, Judge]]:
    """The file, and its judges as it asks them. Raises WrongInput for a row or a criterion that does not fit."""
    if not holds_pairs(path, columns):
        return read_items(path, columns), dict(judges)
    pairs = read_pairs(path, columns, [judge.criterion for judge in judges.values()])
    return pairs, {name: comparing(judge) for name, judge in judges.items()}


def file_calls(file: JudgedFile, judge: Judge, repeat: int = 1) -> Iterator[Call]:
    """The calls that judging the file takes."""
    return pair_file_calls(file, judge, repeat) if isinstance(file, PairFile) else item_calls(file, judge, repeat)


def file_verdicts(file: JudgedFile, judge: Judge, gateway: Gateway, repeat: int = 1) -> Iterator[Row]:
    """The verdicts in the order of the file."""
    if isinstance(file, PairFile):
        return pair_verdicts(file, judge, gateway, repeat)
    return item_verdicts(file, judge, gateway, repeat)


def verdict_columns(file: JudgedFile) -> tuple[str, ...]:
    """The columns of its verdicts."""
    return (*(PAIR_COLUMNS if isinstance(file, PairFile) else COLUMNS), *file.carries)


def summary_of(file: JudgedFile, repeat: int) -> Summary:
    """What will count its verdicts."""
    return PairSummary(repeat) if isinstance(file, PairFile) else Summary(repeat)
