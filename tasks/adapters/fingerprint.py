"""What would make a step's rows change? Its inputs, its settings and its code; nothing else is in its fingerprint.

The code is found by following names, starting at those that the step's own function uses: definitions of this project
are read as syntax trees (so a comment, a docstring or a blank line changes nothing), queries and prompts are read as
files where a constant names them (`query("collect/sample")`), and a third-party package counts by its version. Not
followed is the `Context` that a step is given: how rows are stored or fetched does not change what they say.
"""

import ast
import copy
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

from tasks.adapters import prompts, queries
from tasks.domain.hashing import bytes_hash, content_hash

OURS = ("tasks", "flows")
NOT_FOLLOWED = ("tasks.adapters.context", "tasks.adapters.fingerprint", "tasks.domain.errors")
FILES = {"query": (queries.FOLDER, ".sql"), "prompt": (prompts.FOLDER, ".md"), "queries_in": (queries.FOLDER, "")}


def step_fingerprint(function: Callable[..., Any], arguments: dict[str, Any]) -> str:
    """The identity of one run of a step: its arguments by content, and the code that would run."""
    return content_hash({"code": code_fingerprint(function), "arguments": arguments})


def code_fingerprint(function: Callable[..., Any]) -> str:
    """The hash of all code, queries, prompts and package versions that the function can reach by name."""
    return content_hash(reached(function.__module__, function.__qualname__))


def reached(module: str, name: str) -> dict[str, str]:
    """Everything that a definition reaches, each with a hash: `module:name`, `sql/…`, `package` to version."""
    found: dict[str, str] = {}
    waiting = [(module, name)]
    while waiting:
        module, name = waiting.pop()
        label = f"{module}:{name}"
        if label in found or module.startswith(NOT_FOLLOWED):
            continue
        if module.partition(".")[0] not in OURS:
            found.update(_package_version(module))
            continue
        definition = _definition(module, name)
        found[label] = definition.hash
        found.update(definition.files)
        if any(name.startswith("sql/") for name in definition.files):
            found.update(_package_version("duckdb") | _package_version("polars"))
        waiting.extend(definition.uses)
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Definition:
    """One top-level name of a module: the hash of its syntax, and the names that it uses in turn."""

    hash: str
    uses: tuple[tuple[str, str], ...] = ()
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Module:
    """A module's top-level definitions, and what its imports are called inside it."""

    name: str
    definitions: dict[str, list[ast.stmt]]
    imports: dict[str, tuple[str, str]]


@cache
def _definition(module: str, name: str) -> Definition:
    parsed = _module(module)
    if name == "*":
        return Definition(hash="*", uses=tuple((module, each) for each in sorted(parsed.definitions)))
    if name in parsed.imports:
        return Definition(hash="import", uses=(parsed.imports[name],))
    statements = parsed.definitions.get(name)
    if statements is None:
        submodule = f"{module}.{name}"
        exists = _is_module(submodule)
        return Definition(hash="module" if exists else "absent", uses=((submodule, "*"),) if exists else ())
    uses: set[tuple[str, str]] = set()
    files: dict[str, str] = {}
    for statement in statements:
        local = dict(parsed.imports) | _imports_of(ast.walk(statement), module)
        uses.update(_uses(statement, parsed, local))
        files.update(_files(statement))
    trees = [ast.dump(_without_prose(statement)) for statement in statements]
    return Definition(hash=content_hash(trees), uses=tuple(sorted(uses)), files=files)


def _uses(statement: ast.stmt, module: Module, imports: dict[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The definitions that a statement names: its own module's, and those that it imports."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name):
            if node.id in imports:
                target = imports[node.id]
                if target[1] != "*":
                    yield target
            elif node.id in module.definitions:
                yield module.name, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            target = imports.get(node.value.id, ("", ""))
            if target[1] == "*":
                yield target[0], node.attr
            elif target[1] and _is_module(f"{target[0]}.{target[1]}"):
                yield f"{target[0]}.{target[1]}", node.attr


def _files(statement: ast.stmt) -> dict[str, str]:
    """The queries and prompts that a statement names by a constant."""
    found = {}
    for node in ast.walk(statement):
        match node:
            case ast.Call(func=ast.Name(id=kind), args=[ast.Constant(value=str(name)), *_]) if kind in FILES:
                folder, ending = FILES[kind]
                place = folder / f"{name}{ending}"
                for path in sorted(place.glob("*.sql")) if place.is_dir() else [place]:
                    found[f"{folder.name}/{path.relative_to(folder).as_posix()}"] = bytes_hash(path.read_bytes())
    return found


@cache
def _module(name: str) -> Module:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return Module(name=name, definitions={}, imports={})
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    package = name if spec.submodule_search_locations else name.rpartition(".")[0]
    definitions: dict[str, list[ast.stmt]] = {}
    for statement in _flat(tree.body):
        for defined in _names(statement):
            definitions.setdefault(defined, []).append(statement)
    return Module(name=name, definitions=definitions, imports=_imports_of(_flat(tree.body), package))


def _flat(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Top-level statements, those inside `if`, `try` and `with` included."""
    for statement in statements:
        if isinstance(statement, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _flat(getattr(statement, part, ()))
        yield statement


def _names(statement: ast.stmt) -> Iterator[str]:
    """What a top-level statement defines or changes: `TABLE["x"] = …` belongs to `TABLE`."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (name for target in targets for name in _targets(target))
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            yield from _targets(target)


def _targets(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Subscript(value=value) | ast.Attribute(value=value) | ast.Starred(value=value):
            yield from _targets(value)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            yield from (name for part in parts for name in _targets(part))


def _imports_of(nodes: Iterable[ast.AST], package: str) -> dict[str, tuple[str, str]]:
    """What each imported name stands for: (module, name), or (module, "*") for a whole module."""
    found: dict[str, tuple[str, str]] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (alias.name, "*")
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *([base] if base else [])])
            for alias in node.names:
                found[alias.asname or alias.name] = (base, alias.name)
    return found


class _Prose(ast.NodeTransformer):
    """Takes out docstrings and any other string that stands alone: they are read by people, not run."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        alone = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if alone else node


def _without_prose(statement: ast.stmt) -> ast.AST:
    bare: ast.AST = _Prose().visit(copy.deepcopy(statement))
    return bare


@cache
def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return False


@cache
def _package_version(module: str) -> dict[str, str]:
    """The distribution that a third-party module comes from; the standard library has none and counts as Python."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return {}
    distributions = _distributions().get(top, ())
    return {name: version(name) for name in distributions}


@cache
def _distributions() -> dict[str, list[str]]:
    return {top: sorted(set(names)) for top, names in packages_distributions().items()}
