"""`flywheel init DIR`: a workspace with commented settings, the five criteria and two prompts."""

import shutil
from pathlib import Path

import click

from flows.output import Answer, verb
from tasks.domain.errors import WrongInput
from tasks.domain.settings import SETTINGS_FILE

TEMPLATE = Path(__file__).parents[1] / "workspace"


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@verb
def command(folder: Path) -> Answer:
    """Make a workspace: flywheel.toml with comments, the criteria, the prompts.

    \b
    Example:
      flywheel init my-product
    """  # noqa: D301
    if (folder / SETTINGS_FILE).exists():
        fix = "Edit it, or name another folder."
        raise WrongInput("there is a workspace here already", file=str(folder / SETTINGS_FILE), fix=fix)
    taken = [name for name in ("criteria", "prompts", "selects") if (folder / name).exists()]
    if taken:
        raise WrongInput(f"'{taken[0]}' is in the way", file=str(folder), fix="Name an empty or a new folder.")
    try:
        shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True)
        (folder / "gitignore").rename(folder / ".gitignore")
        (folder / "traces").mkdir(exist_ok=True)
    except OSError as error:
        raise WrongInput(f"the workspace cannot be written: {error}", file=str(folder), fix="Name another.") from None
    text = (
        f"Made a workspace in {folder}.\n"
        f"  1. Put your logs into {folder / 'traces'} and name your models in {folder / SETTINGS_FILE}.\n"
        f"  2. flywheel doctor --workspace {folder}\n"
        f"  3. flywheel nightly --workspace {folder}"
    )
    return Answer(text, {"workspace": str(folder)})
