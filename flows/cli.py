"""`flywheel <verb>`: each verb is a file of `flows/verbs/`, imported when it is called."""

import atexit
import importlib
import os
import pkgutil
import sys
import traceback

import click

from flows import verbs
from flows.output import BROKEN, say_error
from tasks.adapters.quiet import keep_quiet
from tasks.domain.errors import FlywheelError, Unfinished, WrongInput


class Verbs(click.Group):
    """Finds a verb by the name of its file, so that `--help` of one does not import the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(verbs.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"flows.verbs.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="eval-flywheel", prog_name="flywheel")
def flywheel() -> None:
    """Know every morning, and before every change, whether your LLM product is good, and by how much.

    \b
    Start here:
      flywheel demo                          one whole cycle on a simulated product, no key needed
      flywheel init my-product               a workspace for your own logs
      flywheel nightly --workspace my-product
    """  # noqa: D301 - click reads this as a form feed of its own


def main() -> None:
    """The console script. A user's mistake is a message; only an error of ours shows where it happened."""
    atexit.register(_close_stderr)
    keep_quiet(os.environ)
    try:
        flywheel(prog_name="flywheel", standalone_mode=False)
    except click.ClickException as error:
        context: click.Context | None = getattr(error, "ctx", None)
        verb = context.command_path.removeprefix("flywheel ") if context else _verb()
        fix = (
            f"`flywheel {verb} --help` shows what it takes."
            if verb != "flywheel"
            else "`flywheel --help` lists the verbs."
        )
        say_error(verb, WrongInput(error.format_message(), fix=fix), as_json="--json" in sys.argv)
        sys.exit(WrongInput.exit_code)
    except (KeyboardInterrupt, click.Abort):
        stopped = Unfinished("stopped", fix="What was done is kept; the same command goes on from it.")
        say_error(_verb(), stopped, as_json="--json" in sys.argv)
        sys.exit(Unfinished.exit_code)
    except Exception:
        traceback.print_exc()
        ours = FlywheelError("this is an error of ours, not yours", fix="The lines above say where.")
        say_error(_verb(), ours, as_json="--json" in sys.argv)
        sys.exit(BROKEN)


def _verb() -> str:
    """The verb that was typed."""
    return next((word for word in sys.argv[1:] if not word.startswith("-")), "flywheel")


def _close_stderr() -> None:
    """The last of the exit handlers: what DuckDB's bindings say of references at the interpreter's end is no news."""
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
