"""The interval of the judged pass rate holds the judge's pass rate over the whole window, over redrawn samples."""

import polars as pl
import pytest

from flows.wheel import Wheel
from tasks.adapters.workspace import Workspace
from tasks.collect.sample import draw
from tasks.judge.rates import window_rate

REDRAWN = 400
AT_LEAST = 370


@pytest.mark.slow
def test_400_redrawn_samples_of_one_world(workspace: Workspace) -> None:
    with Wheel(workspace) as wheel:
        traces = wheel.ingest()
        sampled = wheel.sample(traces)
        store = wheel.context.store
        population = store.read(wheel.steps["sample"][0]["population"])
        ids = population.select("trace_id").lazy()
        outputs = (
            pl.concat([store.read(each) for each in traces])
            .lazy()
            .join(ids, on="trace_id")
            .unique("trace_id")
            .select(item_id="trace_id", messages="messages", output="output")
            .sort("item_id")
            .collect()
        )
        judges = {"overall": wheel.judges(wheel.labelled(traces))["overall"]}
        table = wheel.judge("window", store.write(outputs), judges)["overall"]
        passed = store.read(table).select(
            trace_id="item_id",
            passed=pl.col("value").replace_strict({"pass": 1.0, "fail": 0.0}, return_dtype=pl.Float64),
        )
    truth = passed["passed"].mean()
    assert isinstance(truth, float)
    assert 0.2 < truth < 0.98, "a judge that always says the same proves nothing"
    held, widths = 0, []
    for seed in range(REDRAWN):
        drawn, _ = draw(population, size=sampled.sample.rows, seed=seed)
        estimate = window_rate(drawn.join(passed, on="trace_id"))
        assert estimate.low is not None
        assert estimate.high is not None
        held += estimate.low <= truth <= estimate.high
        widths.append(estimate.high - estimate.low)
    print(f"held {held} of {REDRAWN}, mean width {sum(widths) / len(widths):.3f}, window of {population.height} traces")  # noqa: T201
    assert held >= AT_LEAST
