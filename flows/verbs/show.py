"""`flywheel show TRACE_ID`: one trace whole; or one model call, word by word."""

import re

import click

from flows.output import Answer, in_workspace, verb
from flows.showing import Showing, shown
from tasks.adapters.models.cache import CallCache
from tasks.adapters.prompts import conversation_text
from tasks.adapters.store.cycles import CycleStore
from tasks.adapters.workspace import Workspace
from tasks.domain.errors import WrongInput
from tasks.domain.hashing import TAG


@click.command("show")
@click.argument("trace_id")
@verb
@in_workspace
def command(workspace: Workspace, trace_id: str) -> Answer:
    """Show one trace: input, both systems' outputs, verdicts with critiques, labels, and the prompts by their hash.

    Given the hash of a call, it shows that call: every word that the model saw, and its reply.

    \b
    Example:
      flywheel show req-01234
      flywheel show b2-0123456789abcdef0123456789abcdef
    """  # noqa: D301
    records = CycleStore(workspace.root / "cycles").all()
    if not records and not _is_hash(trace_id):
        raise WrongInput("there is no cycle yet", file=str(workspace.root), fix="`flywheel nightly` makes one.")
    values = Showing(workspace.artifacts, records[-1].tables).values(trace_id) if records else None
    if values is None and _is_hash(trace_id):
        return _call(workspace, trace_id)
    if values is None:
        fix = f"`flywheel failures` lists some; the last cycle is {records[-1].cycle_id}."
        raise WrongInput(f"there is no trace '{trace_id}'", fix=fix)
    return Answer(shown(values), values)


def _is_hash(name: str) -> bool:
    return re.fullmatch(rf"{TAG}-[0-9a-f]{{32}}", name) is not None


def _call(workspace: Workspace, key: str) -> Answer:
    """The words of one model call, as the row cache keeps them."""
    cache = CallCache(workspace.calls)
    try:
        found = cache.recall(key)
    finally:
        cache.close()
    if found is None:
        fix = "It was made on another machine, or has been pruned."
        raise WrongInput(f"the row cache has no call '{key}'", file=str(workspace.calls), fix=fix)
    call, reply = found
    messages = [dict(message) for message in call.messages]
    values = {"call": key, "model": call.model, "params": dict(call.params), "messages": messages, "reply": reply.text}
    return Answer(f"{conversation_text(messages)}\n\n=== {call.model} replied\n{reply.text}", values)
