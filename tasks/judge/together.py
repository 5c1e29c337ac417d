"""What do several judges say of an answer that one call asks them all about? A verdict each, and one prompt to pay.

A judge that is asked beside others is another judge than the same one alone: what it says may depend on them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.models.call import Call
from tasks.adapters.models.replies import Answer, Parse, fitting, json_format
from tasks.adapters.prompts import conversation_text, prompt
from tasks.adapters.queries import query
from tasks.domain.artifact import Artifact, StepResult
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import content_hash
from tasks.domain.judge import Example, Judge
from tasks.domain.verdict import Status, Verdict
from tasks.judge.asking import Question, verdict_of
from tasks.judge.examples import read_examples
from tasks.judge.judging import VERDICT, questions_of, verdict_row


def asked_together(judges: Sequence[Judge]) -> tuple[Judge, ...]:
    """The judges as one call asks them: the hash of each changes with the rubric and the examples of any of them.

    Raises WrongInput for a scale other than pass or fail, and ValueError for judges that no one call can ask.
    """
    for judge in judges:
        if judge.criterion.scale.level != "binary":
            found = f"the scale of '{judge.criterion.name}' is {judge.criterion.scale.level}"
            raise WrongInput(found, fix="Together with others only `scale: binary` is asked: ask this one alone.")
    if len({(judge.model, judge.api_base, judge.documentation, judge.temperature) for judge in judges}) > 1:
        raise ValueError("judges with different models, addresses, documentations or temperatures take a call each")
    words = prompt("judge/several").hash
    beside = content_hash([words, *judges])
    return tuple(judge.changed(prompt=words, beside=beside) for judge in judges)


def choose_shared_examples(
    context: Context, *, outputs: Artifact, majority: Artifact, gate: str, size: int
) -> dict[str, Artifact]:
    """Step: the examples of a prompt with several criteria, from the train split alone, chosen once, for the gate."""
    tables = {"labelled_outputs": outputs, "majority_labels": majority}
    chosen = context.store.sql(query("judge/choose_shared_examples"), tables, criterion=gate, size=size, split="train")
    return {"examples": context.store.write(chosen)}


def read_shared_examples(chosen: pl.DataFrame, criterion: str) -> tuple[Example, ...]:
    """Of the rows of `choose_shared_examples` what the people say on one criterion."""
    return read_examples(chosen.filter(pl.col("criterion") == criterion))


def judge_together(context: Context, *, outputs: Artifact, judges: tuple[Judge, ...]) -> StepResult:
    """Step: a table of verdicts for each criterion, `verdicts.<criterion>`, by one call an output."""
    rows = context.store.read(outputs).select("item_id", "messages", "output")
    answered = rows.filter(pl.col("output").is_not_null())
    missing = rows.filter(pl.col("output").is_null())["item_id"]
    nothing = Verdict.unscored("there is no output", Status.skipped)
    verdicts = {judge.criterion.name: [verdict_row(judge, item, nothing) for item in missing] for judge in judges}
    calls, cost, settled = 0, 0.0, True
    for done, answer in enumerate(_answers(context, answered, judges), 1):
        for judge, own in zip(judges, parted(answer, judges), strict=True):
            verdicts[judge.criterion.name].append(verdict_row(judge, str(answer.call.row), verdict_of(own), own))
        calls += 0 if answer.reply.cached else answer.reply.requests
        cost += answer.reply.spent_usd
        settled = settled and answer.status not in (Status.failed, Status.skipped)
        context.progress(done, answered.height)
    tables = {
        f"verdicts.{name}": context.store.write(pl.DataFrame(told, schema=VERDICT).sort("item_id"))
        for name, told in verdicts.items()
    }
    return StepResult(tables=tables, settled=settled, model_calls=calls, cost_usd=cost)


def joint_calls(questions: Iterable[Question], judges: Sequence[Judge], address: str | None) -> Iterator[Call]:
    """One call a question, for all judges. `max_tokens` is of one verdict, so the call may take as many as all of them.

    The example of the very conversation that is judged is left out: it would give the verdicts away.
    """
    params: dict[str, Any] = {
        "temperature": judges[0].temperature,
        "max_tokens": sum(judge.max_tokens for judge in judges),
        "response_format": json_format(_schema(judges), "verdicts"),
    }
    shown = {example.conversation for judge in judges for example in judge.examples}
    render = _renderer(judges)
    for question in questions:
        conversation = conversation_text(question.messages)
        fill = _renderer(judges, without=conversation) if conversation in shown else render
        messages = fill(conversation=conversation, answer=question.output)
        yield Call(judges[0].model, messages, params, address, question.replicate, row=question.row)


def joint_reading(judges: Sequence[Judge]) -> Parse[dict[str, Any]]:
    """Reads replies to `joint_calls`. One that lacks a criterion says nothing of any."""
    return fitting(_schema(judges))


def parted(answer: Answer[dict[str, Any]], judges: Sequence[Judge]) -> list[Answer[dict[str, Any]]]:
    """The answer to a joint call as an answer to each judge.

    The cost is split evenly, so that a sum over verdicts is what was paid; the latency stays that of the whole call.
    """
    cost = answer.reply.cost_usd
    reply = replace(answer.reply, cost_usd=None if cost is None else cost / len(judges))
    return [replace(answer, reply=reply, value=_own(answer.value, judge.criterion.name)) for judge in judges]


def _answers(context: Context, rows: pl.DataFrame, judges: Sequence[Judge]) -> Iterator[Answer[dict[str, Any]]]:
    if rows.height:
        calls = joint_calls(questions_of(rows), judges, context.address(judges[0].api_base))
        yield from context.gateway().ask(calls, joint_reading(judges))


def _schema(judges: Sequence[Judge]) -> dict[str, Any]:
    """The prompt's schema is that of one criterion; a reply has its parts for each, as `<criterion>_<part>`.

    Flat on purpose: what decides then lies at the top, where a reader tells a quotation from the judge's own word.
    """
    single = prompt("judge/several").schema or {}
    properties = {
        f"{judge.criterion.name}_{part}": form for judge in judges for part, form in single["properties"].items()
    }
    return {**single, "properties": properties, "required": list(properties)}


def _own(value: Mapping[str, Any] | None, criterion: str) -> dict[str, Any] | None:
    parts = (prompt("judge/several").schema or {})["required"]
    return None if value is None else {part: value[f"{criterion}_{part}"] for part in parts}


def _renderer(judges: Sequence[Judge], without: str | None = None) -> Callable[..., list[dict[str, Any]]]:
    return prompt("judge/several").filled(
        criteria=[{"name": judge.criterion.name, "rubric": judge.criterion.rubric} for judge in judges],
        documentation=judges[0].documentation,
        examples=_shared_examples(judges, without),
    )


def _shared_examples(judges: Sequence[Judge], without: str | None) -> list[dict[str, Any]]:
    """Each example once, with the people's word on every criterion that has one, in the order of whoever has most."""
    most_first = sorted(judges, key=lambda judge: -len(judge.examples))
    order = {(each.conversation, each.answer): dict[str, Any]() for judge in most_first for each in judge.examples}
    for judge in judges:
        name = judge.criterion.name
        for each in judge.examples:
            words = {"criterion": name, "critique": each.critique, "verdict": each.verdict}
            order[each.conversation, each.answer].setdefault(name, words)
    return [
        {"conversation": conversation, "answer": answer, "said": list(words.values())}
        for (conversation, answer), words in order.items()
        if conversation != without
    ]
