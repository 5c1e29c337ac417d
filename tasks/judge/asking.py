"""What is a judge asked of an answer, and what did it say? One call an answer, in the words of its scale."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.adapters.models.call import Call
from tasks.adapters.models.replies import Answer, Parse, fitting, json_format
from tasks.adapters.prompts import Prompt, conversation_text, prompt
from tasks.domain.criterion import CANNOT_JUDGE, Scale
from tasks.domain.judge import Judge
from tasks.domain.verdict import Status, Verdict


@dataclass(frozen=True, slots=True)
class Question:
    """An answer to be judged, after the conversation that it answers. `row` is the caller's own name for it."""

    row: str
    messages: Sequence[Mapping[str, Any]]
    output: str
    replicate: int = 0


def judge_prompt(scale: Scale) -> Prompt:
    """The words in which a judge is asked: pass or fail, or a value of another scale."""
    return prompt("judge/binary") if scale.level == "binary" else prompt("judge/scale")


def judge_calls(questions: Iterable[Question], judge: Judge, address: str | None) -> Iterator[Call]:
    """One call a question. `address` is where the judge's model answers."""
    params: dict[str, Any] = {
        "temperature": judge.temperature,
        "max_tokens": judge.max_tokens,
        "response_format": json_format(_schema(judge.criterion.scale), "verdict"),
    }
    shown = {example.conversation for example in judge.examples}
    render = _renderer(judge)
    for question in questions:
        conversation = conversation_text(question.messages)
        fill = _renderer(judge, without=conversation) if conversation in shown else render
        messages = fill(conversation=conversation, answer=question.output)
        yield Call(judge.model, messages, params, address, question.replicate, row=question.row)


def reading(scale: Scale) -> Parse[dict[str, Any]]:
    """Reads a judge's replies. A model that is not held to the schema may write a grade as a number."""
    numbers = [int(value) for value in scale.values] if scale.level == "ordinal" else []
    return fitting(_schema(scale, also=numbers))


def verdict_of(answer: Answer[dict[str, Any]]) -> Verdict:
    """The judge's word, or why there is none. `cannot_judge` abstains, and a grade of 4.0 is 4."""
    if answer.value is None:
        return Verdict.unscored(answer.reason or "no reply", answer.status)
    critique = str(answer.value["critique"])
    said = answer.value["verdict"]
    value = f"{said:.0f}" if isinstance(said, float) else str(said)
    if value == CANNOT_JUDGE:
        return Verdict.unscored(f"the judge abstained: {critique}", Status.abstained)
    return Verdict.judged(value, critique)


def _schema(scale: Scale, also: Sequence[int] = ()) -> dict[str, Any]:
    """The schema of a verdict on this scale.

    Abstaining stands in the middle of the values: a model that leans to the first or the last choice then judges.
    """
    schema: dict[str, Any] = json.loads(json.dumps(judge_prompt(scale).schema))
    values = schema["properties"]["verdict"]
    values["enum"] = [*scale.values[:-1], CANNOT_JUDGE, scale.values[-1], *also]
    if also:
        del values["type"]
    return schema


def _renderer(judge: Judge, without: str | None = None) -> Callable[..., list[dict[str, Any]]]:
    """Fills in a conversation and its answer; the example of that very conversation would give the verdict away."""
    known: dict[str, Any] = {
        "criterion": judge.criterion.name,
        "rubric": judge.criterion.rubric,
        "documentation": judge.documentation,
        "examples": [example.model_dump() for example in judge.examples if example.conversation != without],
    }
    if judge.criterion.scale.level != "binary":
        known |= {"values": judge.criterion.scale.values, "ordinal": judge.criterion.scale.level == "ordinal"}
    return judge_prompt(judge.criterion.scale).filled(**known)
