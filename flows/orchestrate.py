"""How does Prefect run our steps? As tasks whose cache key is the step's own fingerprint."""

from prefect import Task

from tasks.adapters.steps import Step, StepFunction, StepRun
from tasks.collect import steps as collect
from tasks.compare import steps as compare
from tasks.improve import steps as improve
from tasks.judge import steps as judge

TASKS: dict[StepFunction, Task[[Step], StepRun]] = {
    **dict.fromkeys(collect.STEPS, collect.collect),
    **dict.fromkeys(judge.STEPS, judge.judge),
    **dict.fromkeys(compare.STEPS, compare.compare),
    **dict.fromkeys(improve.STEPS, improve.improve),
}


def run_in_prefect(step: Step) -> StepRun:
    """The step as a task run. Prefect's own cache is passed over where our manifest says that the step is not done.

    So an artifact that someone deleted is made again, and a step with rows that a provider failed is tried again.
    """
    finished = step.finished()
    task = TASKS[step.function].with_options(task_run_name=step.name, refresh_cache=finished is None)
    done: StepRun = task(step)
    return StepRun(record=finished, state="cached") if finished else done
