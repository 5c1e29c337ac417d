"""Which rows are refused at the door? Those that a rule in `sql/checks/` selects; its header's first line says why."""

from collections.abc import Iterable

import duckdb
import polars as pl

from tasks.adapters.queries import Query, query

QUARANTINE = pl.Schema(
    {
        "source": pl.String,
        "line": pl.Int64,
        "chunk": pl.Int64,
        "rule": pl.String,
        "reason": pl.String,
        "excerpt": pl.String,
    }
)
"""A refused row: where it stood, the rule and its reason in words, and a short, redacted piece of it."""


def refused_rows(database: duckdb.DuckDBPyConnection, rules: Iterable[Query]) -> pl.DataFrame:
    """The rows of the table `rows` that a rule refuses, in the shape of QUARANTINE.

    A row that breaks several rules is named once, with the first: the rules' names are in the order of their numbers.
    """
    found = [
        database.sql(rule.text).pl().select("line", rule=pl.lit(rule_name(rule)), reason=pl.lit(reason(rule)))
        for rule in rules
    ]
    first = pl.concat(found).unique("line", keep="first", maintain_order=True)
    database.register("refused", first.to_arrow())
    rows: pl.DataFrame = database.sql(query("collect/refused_rows").text).pl()
    return rows.cast(QUARANTINE)


def rule_name(rule: Query) -> str:
    """`checks/rows/03_no_id` is called `no_id`."""
    return rule.name.rpartition("/")[2].partition("_")[2]


def reason(rule: Query) -> str:
    """The first line of the rule's header, as the end of a sentence."""
    sentence = rule.text.partition("\n")[0].removeprefix("-- ").rstrip(".")
    return sentence[:1].lower() + sentence[1:]
