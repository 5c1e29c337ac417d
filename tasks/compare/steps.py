"""The room's steps, and the Prefect task that runs them. Prefect's cache key is the step's own fingerprint."""

from prefect import task
from prefect.cache_policies import CacheKeyFnPolicy

from tasks.adapters.steps import Step, StepFunction, StepRun, cache_key
from tasks.compare.answering import answer_requests
from tasks.compare.deciding import compare_systems
from tasks.compare.requests import benchmark_requests, production_requests

STEPS: tuple[StepFunction, ...] = (answer_requests, benchmark_requests, compare_systems, production_requests)


@task(name="compare", cache_policy=CacheKeyFnPolicy(cache_key_fn=cache_key), persist_result=True)
def compare(step: Step) -> StepRun:
    """Gather requests, have a system answer them, or decide between two systems."""
    return step.run()
