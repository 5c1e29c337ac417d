"""The room's steps as Prefect tasks. Prefect's cache key is the step's own fingerprint."""

from prefect import task
from prefect.cache_policies import CacheKeyFnPolicy

from tasks.adapters.steps import Step, StepRun, cache_key
from tasks.improve.failures import collect_failures
from tasks.improve.synthesize import keep_requests, write_requests
from tasks.improve.training_set import training_rows
from tasks.improve.workflows import choose_workflows

by_fingerprint = CacheKeyFnPolicy(cache_key_fn=cache_key)


@task(name="improve", cache_policy=by_fingerprint, persist_result=True, tags=["improve"])
def improve(step: Step) -> StepRun:
    """Collect failures, write synthetic requests, or make a training set."""
    return step.run()


TASKS = dict.fromkeys((choose_workflows, collect_failures, keep_requests, training_rows, write_requests), improve)
