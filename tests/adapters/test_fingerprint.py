"""A step's fingerprint changes with the code, queries and prompts that it reaches, and with nothing else."""

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tasks.adapters import fingerprint

COUNTER = itertools.count()

STEP = """
from {package}.words import greet
from {package} import numbers as n

LIMIT = 3
UNUSED = 4


def step(context):
    '''A docstring.'''
    from {package}.late import later

    return greet(LIMIT), n.double(2), later()


def other():
    return 1
"""
WORDS = """
def greet(times):
    return "hello " * times


def unreached():
    return 0
"""
FILES = {
    "steps": STEP,
    "words": WORDS,
    "numbers": "def double(x):\n    return 2 * x\n",
    "late": "def later(): return 1\n",
}

Hasher = Callable[[Mapping[str, tuple[str, str]]], str]


@pytest.fixture
def hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hasher]:
    """The step's code fingerprint after replacements in its files, read as if by a new process."""
    package = f"probe_{next(COUNTER)}"
    monkeypatch.setattr(fingerprint, "OURS", (package,))
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / package
    folder.mkdir()

    def write(changes: Mapping[str, tuple[str, str]]) -> str:
        for name, text in {"__init__": "", **FILES}.items():
            before, after = changes.get(name, ("", ""))
            assert before in text.format(package=package), "the replaced text must be there"
            changed = text.format(package=package).replace(before, after) if before else text.format(package=package)
            (folder / f"{name}.py").write_text(changed, encoding="utf-8")
        for module in [name for name in sys.modules if name.startswith(package)]:
            del sys.modules[module]
        importlib.invalidate_caches()
        fingerprint._module.cache_clear()
        fingerprint._definition.cache_clear()
        step = importlib.import_module(f"{package}.steps").step
        return fingerprint.code_fingerprint(step)

    yield write
    fingerprint._module.cache_clear()
    fingerprint._definition.cache_clear()


@pytest.mark.parametrize(
    "change",
    [
        {"words": ('"hello "', '"bye "')},
        {"numbers": ("2 * x", "3 * x")},
        {"late": ("return 1", "return 2")},
        {"steps": ("LIMIT = 3", "LIMIT = 5")},
        {"steps": ("n.double(2)", "n.double(4)")},
    ],
)
def test_reached_code_counts(hashed: Hasher, change: dict[str, tuple[str, str]]) -> None:
    assert hashed({}) != hashed(change)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": ("'''A docstring.'''", "'''Another docstring.'''\n    # and a comment")},
        {"words": ("def greet", "# a comment\n\n\ndef greet")},
        {"steps": ("UNUSED = 4", "UNUSED = 5")},
        {"steps": ("def other():\n    return 1", "def other():\n    return 2")},
        {"words": ("return 0", "return 1")},
    ],
)
def test_comments_docstrings_and_unreached_code_do_not_count(
    hashed: Hasher, change: dict[str, tuple[str, str]]
) -> None:
    assert hashed({}) == hashed(change)


def test_queries_prompts_and_packages_are_reached() -> None:
    found = fingerprint.reached("tasks.judge.examples", "choose_examples")
    assert "sql/judge/choose_examples.sql" in found
    assert "sql/judge/majority_labels.sql" not in found
    assert "tasks.adapters.context:Context" not in found
    assert fingerprint.reached("tasks.adapters.store.artifacts", "ArtifactStore")["duckdb"].startswith("2.")
