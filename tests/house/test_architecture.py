"""Imports point down: flows, improve, compare, judge, collect, adapters and stats, domain. Words live in files."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "tasks.domain": set[str](),
    "tasks.stats": {"tasks.domain"},
    "tasks.adapters": {"tasks.domain", "tasks.stats"},
    "tasks.demo": {"tasks.domain", "tasks.stats", "tasks.adapters"},
    "tasks.local": {"tasks.domain"},
    "tasks.collect": {"tasks.domain", "tasks.stats", "tasks.adapters"},
    "tasks.judge": {"tasks.domain", "tasks.stats", "tasks.adapters", "tasks.collect"},
    "tasks.compare": {"tasks.domain", "tasks.stats", "tasks.adapters", "tasks.collect", "tasks.judge"},
    "tasks.improve": {"tasks.domain", "tasks.stats", "tasks.adapters", "tasks.collect", "tasks.judge", "tasks.compare"},
}
HEAVY = {"great_expectations", "litellm", "mlflow", "pandas", "prefect", "scipy", "sklearn", "statsmodels"}
SQL = re.compile(
    r"(select\s.+\sfrom|insert\s+into|create\s+table|update\s+\w+\s+set|delete\s+from)\s", re.IGNORECASE | re.DOTALL
)
MODULES = sorted((ROOT / "tasks").rglob("*.py")) + sorted((ROOT / "flows").rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 20


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_down(path: Path) -> None:
    room = ".".join(path.relative_to(ROOT).parts[:2])
    if room not in ALLOWED:
        return
    for name in imported(parsed(path)):
        if name.startswith("tasks."):
            target = ".".join(name.split(".")[:2])
            assert target == room or target in ALLOWED[room], f"{path.name} imports {name}"
        assert not name.startswith("flows"), f"{path.name} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_is_slow_to_import_is_imported_where_it_is_used(path: Path) -> None:
    flow = path.parent.name == "flows" and path.name not in {"cli.py", "wheel.py"}
    if path.name == "steps.py" or flow:
        return
    top = [node for node in parsed(path).body if isinstance(node, ast.Import | ast.ImportFrom)]
    found = {name.partition(".")[0] for node in top for name in imported(node)}
    assert not found & HEAVY


def test_under_tasks_only_the_rooms_steps_import_prefect() -> None:
    users = {
        path
        for path in (ROOT / "tasks").rglob("*.py")
        if "prefect" in {n.split(".")[0] for n in imported(parsed(path))}
    }
    assert {path.name for path in users} <= {"steps.py"}


def test_domain_imports_pydantic_alone() -> None:
    names = {n.partition(".")[0] for path in (ROOT / "tasks" / "domain").glob("*.py") for n in imported(parsed(path))}
    assert names & {"pydantic", "tasks"} == {"pydantic", "tasks"}
    assert not names & (HEAVY | {"polars", "duckdb", "numpy", "yaml", "jinja2", "click"})


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_query_is_written_in_python(path: Path) -> None:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not SQL.match(node.value.strip()), node.value


def test_folders_of_words_hold_no_code() -> None:
    assert not list((ROOT / "sql").rglob("*.py"))
    assert not (ROOT / "deployments" / "__init__.py").exists()
