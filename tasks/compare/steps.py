"""The room's steps as Prefect tasks. Prefect's cache key is the step's own fingerprint."""

from prefect import task
from prefect.cache_policies import CacheKeyFnPolicy

from tasks.adapters.steps import Step, StepRun, cache_key
from tasks.compare.answering import answer_requests
from tasks.compare.deciding import compare_systems
from tasks.compare.requests import benchmark_requests, production_requests

by_fingerprint = CacheKeyFnPolicy(cache_key_fn=cache_key)


@task(name="compare", cache_policy=by_fingerprint, persist_result=True, tags=["compare"])
def compare(step: Step) -> StepRun:
    """Gather requests, have a system answer them, or decide between two systems."""
    return step.run()


TASKS = dict.fromkeys((answer_requests, benchmark_requests, compare_systems, production_requests), compare)
