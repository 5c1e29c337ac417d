"""Which real workflows are synthetic requests written from, and when are two workflows the same?"""

import json
from typing import Any

import duckdb

from tasks.adapters.context import Context
from tasks.adapters.queries import query
from tasks.collect.redact import redacted, redaction_key
from tasks.domain.artifact import Artifact
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import canonical_json


def choose_workflows(
    context: Context, *, file: str, file_hash: str, redaction: str | None, until: str, size: int, seed: int
) -> dict[str, Artifact]:
    """Step: the workflows of a file that qualify, at least one a descriptor.

    The rule is the source documents': validated, run at least once in the last seven days, of tenants with two or
    more such workflows, at least one for each descriptor.
    """
    del file_hash  # the file's content is part of the step's identity; its name alone would not be
    path = context.root / file
    try:
        workflows = context.store.sql(query("improve/read_workflows"), {}, file=str(path))
    except duckdb.Error as error:
        fix = "Give it JSON lines with workflow_id, tenant, descriptor, workflow and last_run_at."
        raise WrongInput(
            f"the workflows cannot be read: {str(error).splitlines()[0]}", file=str(path), fix=fix
        ) from None
    if redaction is not None:
        key = redaction_key(context.root)
        workflows = workflows.with_columns(redacted(workflows["workflow"], key).alias("workflow"))
    tables = {"workflows": workflows}
    chosen = context.store.sql(query("improve/choose_workflows"), tables, until=until, size=size, seed=seed)
    return {"workflows": context.store.write(chosen)}


def same_workflow(left: Any, right: Any) -> bool:
    """Whether two workflows, as parsed JSON, ask for the same; the order of lists and the case do not count."""
    return canonical_json(_canonical(left)) == canonical_json(_canonical(right))


def workflow_in(text: str) -> Any | None:
    """The last JSON object in a text, fenced or bare; None where there is none."""
    decoder = json.JSONDecoder()
    found, position = None, 0
    while (start := text.find("{", position)) >= 0:
        try:
            found, position = decoder.raw_decode(text, start)
        except json.JSONDecodeError:
            position = start + 1
    return found


def _canonical(value: Any) -> Any:
    match value:
        case dict():
            parts = {str(key): _canonical(part) for key, part in value.items()}
            return {key: part for key, part in parts.items() if part not in (None, "", [], {})}
        case list():
            return sorted((_canonical(part) for part in value), key=canonical_json)
        case bool() | None:
            return value
        case int() | float():
            return float(value)
        case str():
            return _word(value)
    return value


def _word(text: str) -> str | float:
    """A text without case and doubled spaces; a text that is a number counts as that number."""
    plain = " ".join(text.casefold().split())
    try:
        return float(plain)
    except ValueError:
        return plain
