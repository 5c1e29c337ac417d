"""How does a verb speak? Text for people or one JSON document on stdout; progress and errors on stderr."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import click

from tasks.domain.errors import FlywheelError

SCHEMA_VERSION = 1
BROKEN = 70
"""The exit code of an error of ours, so that no CI job takes it for a gate that refused."""


@dataclass(frozen=True)
class Answer:
    """What a verb has to say: a sentence or a table for people, plain values for programs, an exit code."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)
    exit_code: int = 0
    error: FlywheelError | None = None
    """Why it could not finish, where what was done is told all the same."""


def verb(function: Callable[..., Answer]) -> Callable[..., None]:
    """Gives a command `--json`, prints what it answers, and turns its errors into messages and exit codes."""

    @click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
    @wraps(function)
    def command(*, as_json: bool, **options: Any) -> None:
        name = click.get_current_context().command_path.removeprefix("flywheel ")
        try:
            answer = function(**options)
        except FlywheelError as error:
            say_error(name, error, as_json=as_json)
            sys.exit(error.exit_code)
        if not as_json:
            click.echo(answer.text)
        elif answer.error is None:
            click.echo(json.dumps({"schema_version": SCHEMA_VERSION, "verb": name, **answer.values}, default=str))
        if answer.error is not None:
            say_error(name, answer.error, as_json=as_json, values=answer.values)
            sys.exit(answer.error.exit_code)
        sys.exit(answer.exit_code)

    return command


def in_workspace(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """Gives a verb `--workspace DIR`, and the workspace that it means as its first argument."""

    @click.option(
        "--workspace",
        "named",
        type=click.Path(path_type=Path, file_okay=False),
        help="The folder of a flywheel.toml; the nearest one upwards where none is named.",
    )
    @wraps(function)
    def command(*, named: Path | None, **options: Any) -> Answer:
        from tasks.adapters.workspace import find_workspace

        return function(find_workspace(named, Path.cwd()), **options)

    return command


class StepLog:
    """Tells a person on stderr which step runs, how far it is, and what came of it."""

    def __init__(self) -> None:
        self.tty = sys.stderr.isatty()
        self.name = ""
        self.told = 0.0
        self.began = time.monotonic()

    def begin(self, name: str) -> None:
        self.name = name
        self.began = time.monotonic()

    def progress(self, done: int, of: int | None, note: str = "") -> None:
        """A moving line on a terminal; elsewhere a line every ten seconds."""
        now = time.monotonic()
        if now - self.told < (0.1 if self.tty else 10.0):
            return
        self.told = now
        share = (f"{done:,} of {of:,}" if of else f"{done:,}") + note
        if of and done < of and (left := (now - self.began) * (of - done) / max(done, 1)) >= 60:
            share += f", about {left / 60:.0f} min left"
        click.echo(
            f"\r  {self.name}: {share}\033[K" if self.tty else f"  {self.name}: {share}", err=True, nl=not self.tty
        )

    def end(self, state: str, seconds: float, model_calls: int) -> None:
        calls = f", {model_calls:,} model calls" if model_calls else ""
        line = f"  {self.name}: {state}" + (f" in {seconds:.1f} s{calls}" if state == "ran" else "")
        click.echo(f"\r{line}\033[K" if self.tty else line, err=True)


def say_error(name: str, error: FlywheelError, *, as_json: bool, values: Mapping[str, Any] | None = None) -> None:
    """Says what is wrong on stderr, and with `--json` as the one document on stdout, beside what was done."""
    if as_json:
        said = {"message": error.message, "file": error.file, "line": error.line, "fix": error.fix}
        document = {"schema_version": SCHEMA_VERSION, "verb": name, **(values or {}), "error": said}
        click.echo(json.dumps(document, default=str))
    click.echo(f"flywheel {name}: {error}", err=True)
