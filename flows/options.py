"""Which options do several verbs share? They are named and explained once."""

from collections.abc import Callable
from typing import Any

import click

from tasks.adapters.models.budget import LIMITS
from tasks.domain.errors import WrongInput

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


def limits(command: Callable[..., Any]) -> Callable[..., Any]:
    """The hard limits on what model calls may take, as options."""
    amounts = {"usd": click.FloatRange(0), "calls": click.IntRange(0), "tokens": click.IntRange(0)}
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


def renamed_columns(text: str) -> dict[str, str]:
    """`--columns item_id=id,output=reply` as ours to theirs. Raises WrongInput."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    for ours, equals, theirs in pairs:
        if not (ours.strip() and equals and theirs.strip()):
            raise WrongInput(
                f"'{ours}{equals}{theirs}' names no column", fix="Write --columns item_id=id,output=reply."
            )
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
