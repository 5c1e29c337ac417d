"""Prompts say what they take and are used; the README names verbs, files and targets that exist."""

import re
from pathlib import Path

import pytest
from click import Context
from jinja2 import Environment, meta

from flows.cli import flywheel
from tasks.adapters.prompts import read_prompt

ROOT = Path(__file__).parents[2]
PROMPTS = sorted((ROOT / "tasks" / "prompts").rglob("*.md"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCE = "\n".join(
    path.read_text(encoding="utf-8") for folder in ("tasks", "flows") for path in (ROOT / folder).rglob("*.py")
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "tasks" / "prompts").with_suffix("").as_posix()


@pytest.mark.parametrize("path", PROMPTS, ids=name_of)
def test_a_prompt_names_just_the_variables_that_it_uses(path: Path) -> None:
    prompt = read_prompt(path)
    used = {
        name
        for _, template in prompt.templates
        for name in meta.find_undeclared_variables(Environment(autoescape=False).parse(template))
    }
    assert used - {"fenced"} == set(prompt.variables)


@pytest.mark.parametrize("path", PROMPTS, ids=name_of)
def test_a_prompt_is_used_by_a_constant_name(path: Path) -> None:
    assert f'prompt("{name_of(path)}")' in SOURCE


def test_the_readme_names_verbs_that_exist() -> None:
    named = set(re.findall(r"(?:`|^)flywheel ([a-z]+(?:-[a-z]+)*)\b", README, re.MULTILINE))
    known = set(flywheel.list_commands(Context(flywheel)))
    assert {"demo", "init", "nightly", "mirror"} <= named
    assert named <= known, named - known


def test_the_readmes_tree_is_the_projects() -> None:
    tree = README.split("## Where things are")[1].split("```")[1]
    folder = ROOT
    for line in tree.strip().splitlines():
        indent, name = len(line) - len(line.lstrip()), line.split()[0]
        folder = ROOT / name if indent == 0 else folder
        assert (folder if indent == 0 else folder / name).exists(), line


def test_the_readmes_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"\bmake ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_locks_name_no_host_and_hash_everything() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index" not in text
        pinned = re.findall(r"^[a-z0-9][^ ]*==", text, re.MULTILINE)
        assert len(pinned) > (1 if lock.name == "requirements-local.lock" else 150)
        assert all("--hash=" in part for part in re.split(r"^(?=[a-z0-9][^ ]*==)", text, flags=re.MULTILINE)[1:])
