"""`flywheel judge`: a judge's verdicts on a file of items, at the speed of its endpoint, each row paid for once."""

from contextlib import suppress
from pathlib import Path

import click

from flows import options
from flows.judging import Request, judged_file
from flows.output import Answer, verb
from tasks.adapters.models.budget import LIMITS
from tasks.domain.errors import WrongInput
from tasks.domain.settings import MOST_DOLLARS
from tasks.judge.items import COLUMNS
from tasks.judge.pair_verdicts import SIDES

path = click.Path(path_type=Path, dir_okay=False)
folder = click.Path(path_type=Path, file_okay=False)


@click.command("judge")
@click.argument("items", type=path)
@click.option(
    "--criterion", "criteria", type=path, multiple=True, required=True, help="A Markdown file; may be given again."
)
@click.option("--model", required=True, help="Any LiteLLM model, or the name that --api-base serves.")
@click.option("--api-base", help="An endpoint that speaks OpenAI's protocol, as http://127.0.0.1:8000/v1.")
@click.option("--documentation", type=path, help="What the judge reads about the product.")
@click.option("--out", type=path, help="The verdicts: .jsonl, .csv or .parquet. ITEMS.verdicts.jsonl if absent.")
@click.option(
    "--repeat", type=click.IntRange(1, 1000), default=1, help="Ask K times, and say how often it changes its mind."
)
@click.option(
    "--injections",
    type=click.IntRange(1),
    metavar="N",
    help="Then try to talk the judge round, on up to N items that it disliked.",
)
@click.option(
    "--concurrency", type=click.IntRange(1, 2048), default=16, show_default=True, help="Requests at a time, at most."
)
@click.option(
    "--timeout",
    type=options.Finite(above_zero=True),
    default=60.0,
    show_default=True,
    help="Seconds for one request.",
)
@click.option(
    "--retries", type=click.IntRange(0), default=4, show_default=True, help="Further attempts where a fault may pass."
)
@click.option("--temperature", type=options.Finite(), default=0.0, show_default=True)
@click.option("--max-tokens", type=click.IntRange(1), default=600, show_default=True, help="Of one verdict.")
@click.option("--cache", type=folder, help="The row cache's folder; the workspace's, or your own, if absent.")
@options.limits
@click.option(
    "--price", metavar="IN[,OUT]", help="Dollars a million tokens, where nobody else knows or you know better."
)
@options.columns
@options.dry_run
@options.allow_unknown_cost
@verb
def command(
    items: Path, criteria: tuple[Path, ...], price: str | None, columns: str, dry_run: bool, **rest: object
) -> Answer:
    """Judge each item of a file (item_id, and messages or input and output) on a criterion.

    With output_current and output_candidate in the place of output, and a criterion that is marked subjective, the two
    are held against each other in both orders.

    A verdict is pass or fail, or a value of the criterion's scale, or null with the reason. Rows that were judged
    before come from the cache; Ctrl-C lets the requests under way end, and the same command goes on.

    \b
    Example:
      flywheel judge answers.jsonl --criterion criteria/tone.md --model openai/gpt-5-mini --out verdicts.jsonl
      flywheel judge answers.csv --criterion tone.md --model my-model --api-base http://127.0.0.1:8000/v1
    """  # noqa: D301
    request = Request(
        items=items,
        criteria=criteria,
        price=_price(price),
        limits={name: rest.pop(name) for name in LIMITS},
        columns=options.renamed_columns(columns, (*COLUMNS, *SIDES)),
        **rest,  # type: ignore[arg-type]  # click has checked them
    )
    return judged_file(request, dry_run=dry_run)


def _price(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    prompt, _, completion = text.partition(",")
    with suppress(ValueError):
        price = float(prompt), float(completion or prompt)
        if all(0 <= dollars <= MOST_DOLLARS for dollars in price):
            return price
    raise WrongInput(f"'{text}' is not a price", fix="Write --price 0.25,2 for prompt and completion.")
