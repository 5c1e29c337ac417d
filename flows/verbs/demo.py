"""`flywheel demo`: one whole cycle on the embedded world, with no key and no network."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from string import Template

import click

import tasks.demo
from flows.output import Answer, verb
from flows.running import run_flow
from flows.telling import cycle_text
from tasks.adapters.store.labels import LabelStore
from tasks.adapters.workspace import Workspace, find_workspace
from tasks.collect.label import read_labels, without_personal_data
from tasks.collect.redact import KEY_BYTES, KEY_FILE, redaction_key
from tasks.domain.errors import WrongInput
from tasks.domain.settings import SETTINGS_FILE

SETTINGS = Path(tasks.demo.__file__).parent / SETTINGS_FILE


@click.command("demo")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("flywheel-demo"),
    show_default=True,
    help="Where the simulated world is built.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed is another world.")
@click.option("--scale", type=click.FloatRange(0.02, 10), default=1.0, show_default=True, help="Its size.")
@verb
def command(folder: Path, seed: int, scale: float) -> Answer:
    """Turn the wheel once on a simulated commerce product; a second run shows that nothing is done twice.

    \b
    Example:
      flywheel demo
      flywheel demo --folder small --scale 0.1
    """  # noqa: D301
    workspace = _world(folder.resolve(), seed, scale)
    values = run_flow(workspace, "nightly", workspace=str(workspace.root))
    name = os.path.relpath(workspace.root)
    following = [
        f"flywheel mirror --candidate candidate --workspace {name}",
        f"flywheel failures --workspace {name}",
        f"flywheel status --workspace {name}",
    ]
    text = "\n".join([cycle_text(values), "Try next:", *(f"  {line}" for line in following)])
    return Answer(text, values | {"workspace": str(workspace.root), "next": following})


def _world(folder: Path, seed: int, scale: float) -> Workspace:
    """The world's workspace, built on the first run. It is built beside its place, so half a world is never found."""
    place = folder / "workspace"
    if not (place / SETTINGS_FILE).is_file():
        if folder.exists() and any(folder.iterdir()):
            raise WrongInput("the folder is not empty", file=str(folder), fix="Name another with --folder.")
        build_workspace(folder, seed, scale)
    about = json.loads((place / "world.json").read_text(encoding="utf-8"))
    if (about["seed"], about["scale"]) != (seed, scale):
        found = f"it holds the world of seed {about['seed']} and scale {about['scale']:g}"
        raise WrongInput(found, file=str(folder), fix="Name another folder with --folder, or that seed and scale.")
    return find_workspace(place, place)


def build_workspace(folder: Path, seed: int, scale: float) -> None:
    """Builds a world and its settings beside their place, and moves them there when they are whole."""
    from tasks.demo.world import build_world

    unfinished = folder.with_name(f".{folder.name}.building")
    shutil.rmtree(unfinished, ignore_errors=True)
    click.echo(f"Building a simulated world in {folder} (about a minute, once).", err=True)
    world = build_world(unfinished, seed, scale, lambda told: click.echo(f"  {told}", err=True))
    models = {"current_model": world.current_model, "candidate_model": world.candidate_model}
    text = Template(SETTINGS.read_text(encoding="utf-8")).substitute(models)
    # A team's key is drawn at random; a world's follows from its seed, so that its figures are the same everywhere.
    key = world.workspace / KEY_FILE
    key.write_bytes(hashlib.blake2b(f"simulated world {seed}".encode(), digest_size=KEY_BYTES).digest())
    key.chmod(0o600)
    labels = without_personal_data(read_labels(world.workspace / "labels.csv"), redaction_key(world.workspace))
    store = LabelStore(world.workspace / "labels.sqlite")
    store.import_rows(labels)
    store.close()
    (world.workspace / SETTINGS_FILE).write_text(text, encoding="utf-8")
    if folder.exists():
        folder.rmdir()
    unfinished.rename(folder)
