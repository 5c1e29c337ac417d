#!/bin/sh
# Installs what the project needs into a folder of its own, from a lock with hashes. Says first how much and how long.
#   sh deployments/install.sh PYTHON FOLDER LOCK
set -eu
python=$1 folder=$2 lock=$3

need() { printf 'Cannot install: %s\n  %s\n' "$1" "$2" >&2; exit 2; }

command -v "$python" >/dev/null 2>&1 ||
    need "there is no $python" "Install Python 3.11, 3.12 or 3.13, or name one: make PYTHON=python3.12"
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
    need "$("$python" --version) is not 3.11, 3.12 or 3.13" "Name another one: make PYTHON=python3.12"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    need "$python cannot make virtual environments" "Install its venv package (on Debian and Ubuntu: apt install python3-venv)"

packages=$(grep -c '^[a-z0-9]' "$lock")
printf 'Installing %s packages into %s from %s: about 1.6 GB on disk, two to four minutes, once.\n' "$packages" "$folder" "$lock" >&2
test -x "$folder/bin/python" || "$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
printf 'Installed.\n' >&2
