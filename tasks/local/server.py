"""`python -m tasks.local.server`: serves the local model until Ctrl-C or SIGTERM, and says how to judge with it."""

import os
import signal
import sys
import threading

import click

from tasks.domain.errors import FlywheelError
from tasks.local.model import NAME, SLOTS, start


@click.command(name="python -m tasks.local.server")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Where it is taken: a free one."
)
def command(port: int) -> None:
    """Serve the small local model at 127.0.0.1, in OpenAI's protocol."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        served = start(port)
    except FlywheelError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    click.echo(told(served.address, port))
    stopped.wait()
    os._exit(0)  # there is nothing to keep, and llama.cpp's own end may wait for ever


def told(address: str, port: int) -> str:
    """Where the model answers, and a command to begin with."""
    moved = "" if port == 0 or f":{port}/" in address else f" (port {port} is taken)"
    return (
        f"{NAME} answers at {address}{moved}. Ctrl-C ends it.\n\n"
        "  flywheel judge answers.jsonl --criterion flows/workspace/criteria/sentiment.md \\\n"
        f"    --model hosted_vllm/{NAME} --api-base {address} --concurrency {2 * SLOTS} --timeout 300"
    )


if __name__ == "__main__":
    command()
