"""Which options do several verbs share? They are named and explained once."""

import click

as_of = click.option(
    "--as-of", metavar="DATE", help="The first day after the window; the day after the latest trace if absent."
)
dry_run = click.option("--dry-run", is_flag=True, help="Say how many rows, calls, dollars and minutes it would take.")
allow_unknown_cost = click.option(
    "--allow-unknown-cost", is_flag=True, help="Also call models whose price nobody knows."
)
