"""How far does the judge agree with the people, and how far do the people agree with each other?"""

import json

import polars as pl

from tasks.adapters.context import Context
from tasks.adapters.queries import query
from tasks.domain.artifact import Artifact
from tasks.domain.cycle import JudgeTrust
from tasks.domain.estimate import Estimate
from tasks.stats.ceiling import human_ceiling, kappa_with_majority
from tasks.stats.ratings import ratings

TRUST = pl.Schema({"criterion": pl.String, "kappa": pl.String, "human_ceiling": pl.String, "labelled": pl.Int64})
"""One criterion: the estimates as JSON."""
JUDGE = "(the judge)"


def judge_trust(
    context: Context, *, labels: Artifact, outputs: Artifact, verdicts: tuple[Artifact, ...]
) -> dict[str, Artifact]:
    """Step: for each criterion the judge's kappa with the people's majority, and the human ceiling beside it."""
    labelled = context.store.sql(query("judge/labels_of_outputs"), {"labels": labels, "outputs": outputs})
    judged = pl.concat([context.store.read(each) for each in verdicts])
    rows = []
    for (criterion,), given in labelled.group_by("criterion", maintain_order=True):
        said = judged.filter(pl.col("criterion") == criterion, pl.col("value").is_not_null())
        trust = criterion_trust(str(criterion), given, said)
        rows.append(
            {
                "criterion": trust.criterion,
                "kappa": trust.kappa.model_dump_json(),
                "human_ceiling": trust.human_ceiling.model_dump_json(),
                "labelled": trust.labelled,
            }
        )
    return {"trust": context.store.write(pl.DataFrame(rows, schema=TRUST))}


def criterion_trust(criterion: str, labels: pl.DataFrame, verdicts: pl.DataFrame) -> JudgeTrust:
    """The judge beside the people on one criterion.

    `labels` has item_id, annotator, value, cluster; `verdicts` has item_id, value. Both figures are against a majority
    of people: an expert against the others, the judge against all. A majority of all is less noisy than one of the
    others, so a judge may lie above the ceiling.
    """
    people = ratings(
        labels["item_id"].to_numpy(),
        labels["annotator"].to_numpy(),
        labels["value"].to_numpy(),
        cluster=labels["cluster"].to_numpy(),
    )
    clusters = labels.select("item_id", "cluster").unique("item_id")
    said = verdicts.join(clusters, on="item_id", how="inner").select(
        "item_id", pl.lit(JUDGE).alias("annotator"), "value", "cluster"
    )
    everyone = pl.concat([labels.select("item_id", "annotator", "value", "cluster"), said])
    if said.is_empty():
        kappa = Estimate.unknown("the judge has no verdict on a labelled output")
    else:
        kappa = kappa_with_majority(
            ratings(
                everyone["item_id"].to_numpy(),
                everyone["annotator"].to_numpy(),
                everyone["value"].to_numpy(),
                cluster=everyone["cluster"].to_numpy(),
            ),
            JUDGE,
        )
    ceiling = human_ceiling(people).mean
    return JudgeTrust(criterion=criterion, kappa=kappa, human_ceiling=ceiling, labelled=clusters.height)


def read_trust(table: pl.DataFrame) -> tuple[JudgeTrust, ...]:
    """The rows of `judge_trust` as values."""
    return tuple(
        JudgeTrust(
            criterion=row["criterion"],
            kappa=Estimate(**json.loads(row["kappa"])),
            human_ceiling=Estimate(**json.loads(row["human_ceiling"])),
            labelled=row["labelled"],
        )
        for row in table.iter_rows(named=True)
    )
