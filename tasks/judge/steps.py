"""The room's steps as Prefect tasks. Prefect's cache key is the step's own fingerprint."""

from prefect import task
from prefect.cache_policies import CacheKeyFnPolicy

from tasks.adapters.steps import Step, StepRun, cache_key
from tasks.judge.examples import choose_examples, dev_outputs, labelled_outputs
from tasks.judge.judging import judge_outputs
from tasks.judge.rates import production_rates, recorded_outputs
from tasks.judge.trust import judge_trust

by_fingerprint = CacheKeyFnPolicy(cache_key_fn=cache_key)


@task(name="judge", cache_policy=by_fingerprint, persist_result=True, tags=["judge"])
def judge(step: Step) -> StepRun:
    """Judge outputs, choose examples, or hold the judge against the people."""
    return step.run()


TASKS = dict.fromkeys(
    (
        choose_examples,
        dev_outputs,
        judge_outputs,
        judge_trust,
        labelled_outputs,
        production_rates,
        recorded_outputs,
    ),
    judge,
)
