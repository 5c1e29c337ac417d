"""Are production's traces, taken together, what they should be? Great Expectations' suite at the door.

It sees the statistics of each chunk and a sample of traces in the order of a hash, both small whatever the size of the
logs; single rows are refused earlier, by the rules in `sql/checks/`. Pandas and Great Expectations appear here alone.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.queries import query
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput
from tasks.domain.settings import Ingest

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

LOOKED_AT = 2_000
ENOUGH = 100
"""Rows below which a share says nothing."""
VALIDATION = pl.Schema(
    {
        "expectation": pl.String,
        "column": pl.String,
        "success": pl.Boolean,
        "observed": pl.String,
        "expected": pl.String,
    }
)
"""One expectation: what was seen, and what should have been, in words."""


def validate_traces(
    context: Context, *, traces: tuple[Artifact, ...], profiles: tuple[Artifact, ...], settings: Ingest
) -> dict[str, Artifact]:
    """Step: what each expectation found. Raises WrongInput for a failed one, unless the settings say to warn."""
    statistics = context.store.sql(query("collect/door_statistics"), {"profiles": profiles}, enough=ENOUGH)
    sample = context.store.sql(query("collect/door_sample"), {"traces": traces}, size=LOOKED_AT)
    rows = [
        *_results(statistics, _of_chunks(settings.max_quarantined)),
        *_results(sample, _of_traces(enough=sample.height >= ENOUGH)),
    ]
    failed = [row for row in rows if not row["success"]]
    if failed and settings.checks == "stop":
        raise _refusal(failed)
    return {"validation": context.store.write(pl.DataFrame(rows, schema=VALIDATION))}


def _of_chunks(max_quarantined: float) -> "list[Expectation]":
    """A chunk is a few thousand lines in a row, so a log that broke half-way shows in its chunks."""
    import great_expectations.expectations as gxe

    return [
        gxe.ExpectColumnSumToBeBetween(column="traces", min_value=1),
        gxe.ExpectColumnValuesToBeBetween(column="unaccounted", min_value=0, max_value=0),
        gxe.ExpectColumnValuesToBeBetween(column="quarantined_share", max_value=max(0.5, max_quarantined)),
        gxe.ExpectColumnValuesToBeBetween(column="conflict_share", max_value=0.2),
        gxe.ExpectColumnValuesToBeBetween(column="empty_share", max_value=0.5),
        gxe.ExpectColumnValuesToBeBetween(column="mixed_times", max_value=0.05),
    ]


def _of_traces(*, enough: bool) -> "list[Expectation]":
    import great_expectations.expectations as gxe

    several = [gxe.ExpectColumnUniqueValueCountToBeBetween(column="output", min_value=2)] if enough else []
    return [
        gxe.ExpectColumnValuesToNotBeNull(column="trace_id"),
        gxe.ExpectColumnValuesToNotBeNull(column="cluster"),
        gxe.ExpectColumnValuesToNotBeNull(column="output"),
        gxe.ExpectColumnValuesToBeInSet(column="is_json", value_set=[True]),
        gxe.ExpectColumnValuesToBeBetween(column="message_count", min_value=1),
        gxe.ExpectColumnValuesToBeBetween(column="output_length", max_value=200_000, mostly=0.99),
        *several,
    ]


def _results(frame: pl.DataFrame, expectations: "list[Expectation]") -> Iterator[dict[str, Any]]:
    """Every expectation's result. Raises RuntimeError where one could not be computed: that is no fault of the logs."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("door").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame.to_pandas()})
    for each in batch.validate(gx.ExpectationSuite(name="door", expectations=expectations)).results:
        if each.exception_info.get("raised_exception"):
            raise RuntimeError(f"{each.expectation_config.type}: {each.exception_info['exception_message']}")
        expected = each.expectation_config.kwargs
        yield {
            "expectation": each.expectation_config.type,
            "column": expected["column"],
            "success": bool(each.success),
            "observed": _observed(each.result),
            "expected": _expected(expected),
        }


def _observed(result: Mapping[str, Any]) -> str:
    if "observed_value" in result:
        return _number(result["observed_value"])
    wrong, rows = result["unexpected_count"], result["element_count"]
    examples = ", ".join(dict.fromkeys(_number(value) for value in result["partial_unexpected_list"][:3]))
    return f"{wrong:,} of {rows:,} values are not" + (f" (such as {examples})" if wrong else "")


def _expected(kwargs: Mapping[str, Any]) -> str:
    limits = {"min_value": "at least", "max_value": "at most"}
    parts = [f"{words} {_number(kwargs[name])}" for name, words in limits.items() if kwargs.get(name) is not None]
    if values := kwargs.get("value_set"):
        parts.append(f"one of {', '.join(map(str, values))}")
    share = f", for {kwargs['mostly']:.0%} of the values" if kwargs.get("mostly", 1) < 1 else ""
    return (" and ".join(parts) or "a value") + share


def _number(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def _refusal(failed: list[dict[str, Any]]) -> WrongInput:
    told = "; ".join(
        f"'{row['column']}' should be {row['expected']}, observed: {row['observed']} ({row['expectation']})"
        for row in failed
    )
    return WrongInput(
        f"the traces are not what they should be: {told}",
        fix='Look at the logs; if they are right, set checks = "warn" in [ingest].',
    )
