"""The room's steps as Prefect tasks. Prefect's cache key is the step's own fingerprint."""

from prefect import task
from prefect.cache_policies import CacheKeyFnPolicy

from tasks.adapters.steps import Step, StepRun, cache_key
from tasks.collect.ingest import ingest_file
from tasks.collect.label import snapshot_labels
from tasks.collect.sample import sample_traces
from tasks.collect.validate import validate_traces

by_fingerprint = CacheKeyFnPolicy(cache_key_fn=cache_key)


@task(name="collect", cache_policy=by_fingerprint, persist_result=True, tags=["collect"])
def collect(step: Step) -> StepRun:
    """Ingest, validate, sample or read labels."""
    return step.run()


TASKS = dict.fromkeys((ingest_file, validate_traces, sample_traces, snapshot_labels), collect)
