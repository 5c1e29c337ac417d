"""Which options do several verbs share? They are named and explained once."""

import math
from collections.abc import Callable, Collection
from typing import Any

import click

from tasks.adapters.models.budget import LIMITS
from tasks.domain.errors import WrongInput
from tasks.domain.settings import MOST_DOLLARS

USD_PER_DAY = 5.0
"""As in a new workspace."""

as_of = click.option(
    "--as-of", metavar="DATE", help="The first day after the window; the day after the latest trace if absent."
)
dry_run = click.option("--dry-run", is_flag=True, help="Say how many rows, calls, dollars and minutes it would take.")
columns = click.option(
    "--columns", metavar="OURS=THEIRS,…", default="", help="What our columns are called in your file: item_id=id."
)
allow_unknown_cost = click.option(
    "--allow-unknown-cost", is_flag=True, help="Also call models whose price nobody knows."
)


class Finite(click.FloatRange):
    """A number from 0 on that can be counted up to: `nan` and `inf` limit nothing."""

    def __init__(self, *, above_zero: bool = False) -> None:
        super().__init__(0, MOST_DOLLARS, min_open=above_zero)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return found


def limits(command: Callable[..., Any]) -> Callable[..., Any]:
    """The hard limits on what model calls may take, as options."""
    amounts = {"usd": Finite(), "calls": click.IntRange(0), "tokens": click.IntRange(0)}
    for name in reversed(LIMITS):
        unit, _, period = name.split("_")
        default = USD_PER_DAY if name == "usd_per_day" else None
        words = f"At most so many {'dollars' if unit == 'usd' else unit} a {period}; hard."
        option = click.option(
            f"--{name.replace('_', '-')}",
            type=amounts[unit],
            default=default,
            show_default=default is not None,
            help=words,
        )
        command = option(command)
    return command


def renamed_columns(text: str, known: Collection[str]) -> dict[str, str]:
    """`--columns item_id=id,output=reply` as ours, which are `known`, to theirs. Raises WrongInput."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    for ours, equals, theirs in pairs:
        if not (ours.strip() and equals and theirs.strip()):
            raise WrongInput(
                f"'{ours}{equals}{theirs}' names no column", fix="Write --columns item_id=id,output=reply."
            )
        if ours.strip() not in known:
            raise WrongInput(f"'{ours.strip()}' is no column of ours", fix=f"Ours are {', '.join(known)}.")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
