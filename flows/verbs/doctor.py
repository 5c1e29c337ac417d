"""`flywheel doctor`: what is missing or wrong in this installation and workspace, and how to mend it."""

import importlib.metadata
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click

from flows.output import Answer, verb
from flows.wheel import OWN_PRICES
from tasks.adapters.models.prices import PriceList
from tasks.adapters.models.providers import quiet_litellm
from tasks.adapters.prompts import read_prompt
from tasks.adapters.store.catalogue import Catalogue
from tasks.adapters.store.cycles import CycleStore
from tasks.adapters.workspace import Workspace, find_workspace
from tasks.collect.ingest import find_sources
from tasks.compare.systems import read_system
from tasks.domain.errors import FlywheelError, WrongInput
from tasks.domain.settings import Budget
from tasks.judge.criteria import read_criteria

PACKAGES = ("prefect", "duckdb", "polars", "litellm", "scikit-learn", "great-expectations", "mlflow")
ENOUGH_DISK = 2 * 1024**3


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is, whether it is right, and how to mend it where it is not."""

    what: str
    right: bool
    found: str
    mend: str = ""


@click.command("doctor")
@click.option("--workspace", "named", type=click.Path(path_type=Path, file_okay=False), help="The folder to look at.")
@click.option("--rebuild", is_flag=True, help="Make flywheel.duckdb anew from the artifacts.")
@verb
def command(named: Path | None, rebuild: bool) -> Answer:
    """Check the installation, the keys, the endpoints and the workspace. Exit code 2 where something is wrong.

    \b
    Example:
      flywheel doctor --workspace my-product
    """  # noqa: D301
    findings = list(_installation())
    try:
        workspace = find_workspace(named, Path.cwd())
    except FlywheelError as error:
        findings.append(_wrong("workspace", error))
    else:
        if rebuild:
            _rebuild(workspace)
        findings += _workspace(workspace)
    wrong = [finding for finding in findings if not finding.right]
    lines = [f"  {'ok   ' if each.right else 'WRONG'}  {each.what}: {each.found}" for each in findings]
    lines += [f"{each.what}: {each.mend}" for each in wrong]
    lines.append(f"{len(wrong)} of {len(findings)} things are wrong." if wrong else "All is well.")
    values = {"findings": [vars(each) for each in findings], "wrong": len(wrong)}
    return Answer("\n".join(lines), values, WrongInput.exit_code if wrong else 0)


def _installation() -> Iterator[Finding]:
    version = sys.version_info
    right = (3, 11) <= version[:2] <= (3, 13)
    yield Finding("python", right, f"{version[0]}.{version[1]}", "Use Python 3.11, 3.12 or 3.13.")
    for package in (*PACKAGES, "fastapi"):
        try:
            found = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            yield Finding(package, right=False, found="not installed", mend="`make demo` installs what is locked.")
            continue
        usable = package != "fastapi" or tuple(map(int, found.split(".")[:2])) < (0, 151)
        yield Finding(package, usable, found, "Prefect needs fastapi below 0.151: install from requirements.lock.")


def _workspace(workspace: Workspace) -> Iterator[Finding]:
    settings = workspace.settings
    free = shutil.disk_usage(workspace.root).free
    yield Finding("disk", free > ENOUGH_DISK, f"{free / 1024**3:.0f} GB free", "Make at least 2 GB free.")
    yield _checked("traces", lambda: f"{len(find_sources(workspace.root, settings.ingest.traces))} files")
    names = settings.judge.criteria
    yield _checked("criteria", lambda: ", ".join(read_criteria(workspace.root / "criteria", names)))
    for name, system in settings.systems.items():
        yield _checked(f"system {name}", lambda name=name: read_system(workspace, name).model_name)  # type: ignore[misc]
        if system.prompt:
            path = workspace.root / system.prompt
            yield _checked(f"prompt of {name}", lambda path=path: read_prompt(path).name)  # type: ignore[misc]
    models = {settings.judge.model: settings.judge.api_base}
    models |= {each.model: each.api_base for each in settings.systems.values() if each.model}
    for model, address in models.items():
        yield _key(model, address)
        yield _price(model, settings.budget)
        if address and "://" in address:
            yield _endpoint(model, address)


def _checked(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, right=True, found=look())
    except FlywheelError as error:
        return _wrong(what, error)


def _wrong(what: str, error: FlywheelError) -> Finding:
    place = f"{error.file}: " if error.file else ""
    return Finding(what, right=False, found=f"{place}{error.message}", mend=error.fix or "Mend it.")


def _key(model: str, address: str | None) -> Finding:
    """Whether the environment holds the key that the model's provider wants. Its value is never read out."""
    if model.startswith("embedded/") or (address and "://" in address):
        return Finding(f"key of {model}", right=True, found="none is needed")
    missing = quiet_litellm().validate_environment(model).get("missing_keys") or []
    names = " and ".join(missing)
    return Finding(
        f"key of {model}",
        right=not missing,
        found=f"{names} is not set" if missing else "set",
        mend=f"export {missing[0]}=... in the shell that runs flywheel." if missing else "",
    )


def _price(model: str, limits: Budget) -> Finding:
    """Whether it is known what the model costs: a budget that nobody can count is none."""
    prices = PriceList(per_million=tuple((OWN_PRICES | limits.price_per_million).items()), allow_unknown=True)
    known = prices.price(model) is not None
    mend = (
        f'Add price_per_million = {{ "{model}" = ... }} to [budget] (0 for your own machine), or --allow-unknown-cost.'
    )
    return Finding(f"price of {model}", known, "known" if known else "nobody knows it", mend)


def _endpoint(model: str, address: str) -> Finding:
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=3):
            return Finding(f"endpoint of {model}", right=True, found=f"{parts.hostname}:{port} answers")
    except OSError as error:
        mend = f"Start the server at {parts.hostname}:{port}, or change api_base."
        return Finding(f"endpoint of {model}", right=False, found=str(error), mend=mend)


def _rebuild(workspace: Workspace) -> None:
    cycles = CycleStore(workspace.root / "cycles").all()
    views = cycles[-1].tables if cycles else {}
    Catalogue(workspace.catalogue).rebuild(workspace.manifest.all(), cycles, views, workspace.artifacts)
