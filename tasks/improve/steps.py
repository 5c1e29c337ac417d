"""The room's steps, and the Prefect task that runs them. Prefect's cache key is the step's own fingerprint."""

from prefect import task
from prefect.cache_policies import CacheKeyFnPolicy

from tasks.adapters.steps import Step, StepFunction, StepRun, cache_key
from tasks.improve.failures import collect_failures
from tasks.improve.synthesize import keep_requests, write_requests
from tasks.improve.training_set import training_rows
from tasks.improve.workflows import choose_workflows

STEPS: tuple[StepFunction, ...] = (choose_workflows, collect_failures, keep_requests, training_rows, write_requests)


@task(name="improve", cache_policy=CacheKeyFnPolicy(cache_key_fn=cache_key), persist_result=True)
def improve(step: Step) -> StepRun:
    """Collect failures, write synthetic requests, or make a training set."""
    return step.run()
