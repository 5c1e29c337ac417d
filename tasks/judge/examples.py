"""Which of the experts' critiques does a judge's prompt show? Some of the train split's, as they come."""

import json

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.prompts import conversation_text
from tasks.adapters.queries import query
from tasks.collect.splits import split_of
from tasks.domain.artifact import Artifact
from tasks.domain.judge import Example


def labelled_outputs(context: Context, *, traces: tuple[Artifact, ...], labels: Artifact) -> dict[str, Artifact]:
    """Step: the labelled outputs with their splits, and what the majority of the people says of each."""
    outputs = context.store.sql(query("judge/labelled_outputs"), {"traces": traces, "labels": labels})
    splits = pl.Series("split", [split_of(cluster) for cluster in outputs["cluster"]], dtype=pl.String)
    majority = context.store.sql(query("judge/majority_labels"), {"labels": labels})
    return {
        "outputs": context.store.write(outputs.with_columns(splits)),
        "majority": context.store.write(majority),
    }


def choose_examples(
    context: Context, *, outputs: Artifact, majority: Artifact, criterion: str, size: int
) -> dict[str, Artifact]:
    """Step: the examples of one criterion's judge, from the train split alone."""
    tables = {"labelled_outputs": outputs, "majority_labels": majority}
    chosen = context.store.sql(query("judge/choose_examples"), tables, criterion=criterion, size=size, split="train")
    return {"examples": context.store.write(chosen)}


def dev_outputs(context: Context, *, outputs: Artifact) -> dict[str, Artifact]:
    """Step: the labelled outputs of the dev split, on which the judge is held against the people."""
    unseen = context.store.sql(query("judge/dev_outputs"), {"labelled_outputs": outputs}, split="dev")
    return {"outputs": context.store.write(unseen)}


def read_examples(chosen: pl.DataFrame) -> tuple[Example, ...]:
    """The rows of `choose_examples` as a judge takes them."""
    return tuple(
        Example(
            conversation=conversation_text(json.loads(row["messages"])),
            answer=row["output"],
            critique=row["critique"],
            verdict=row["value"],
        )
        for row in chosen.iter_rows(named=True)
    )
