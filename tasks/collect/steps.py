"""The room's steps, and the Prefect task that runs them. Prefect's cache key is the step's own fingerprint."""

from prefect import task
from prefect.cache_policies import CacheKeyFnPolicy

from tasks.adapters.steps import Step, StepFunction, StepRun, cache_key
from tasks.collect.ingest import ingest_file
from tasks.collect.label import snapshot_labels
from tasks.collect.sample import sample_traces
from tasks.collect.validate import validate_traces

STEPS: tuple[StepFunction, ...] = (ingest_file, sample_traces, snapshot_labels, validate_traces)


@task(name="collect", cache_policy=CacheKeyFnPolicy(cache_key_fn=cache_key), persist_result=True)
def collect(step: Step) -> StepRun:
    """Ingest, validate, sample or read labels."""
    return step.run()
