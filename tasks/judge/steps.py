"""The room's steps, and the Prefect task that runs them. Prefect's cache key is the step's own fingerprint."""

from prefect import task
from prefect.cache_policies import CacheKeyFnPolicy

from tasks.adapters.steps import Step, StepFunction, StepRun, cache_key
from tasks.judge.examples import choose_examples, dev_outputs, labelled_outputs
from tasks.judge.judging import judge_outputs
from tasks.judge.preferring import prefer_outputs
from tasks.judge.rates import production_rates, recorded_outputs
from tasks.judge.together import choose_shared_examples, judge_together
from tasks.judge.trust import judge_trust

STEPS: tuple[StepFunction, ...] = (
    choose_examples,
    choose_shared_examples,
    dev_outputs,
    judge_outputs,
    judge_together,
    judge_trust,
    labelled_outputs,
    prefer_outputs,
    production_rates,
    recorded_outputs,
)


@task(name="judge", cache_policy=CacheKeyFnPolicy(cache_key_fn=cache_key), persist_result=True)
def judge(step: Step) -> StepRun:
    """Judge outputs, choose examples, or hold the judge against the people."""
    return step.run()
