#!/usr/bin/env bash
# Installs a hashed requirements file and the project itself into a virtual environment.
# Usage: install.sh PYTHON UV_OR_EMPTY VENV REQUIREMENTS
set -euo pipefail
python=$1 uv=$2 venv=$3 requirements=$4

if [ -n "$uv" ]; then
    "$uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r "$requirements"
    "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e .
else
    # Debian's python3 may lack ensurepip, so the pip outside installs into the environment.
    export PIP_DISABLE_PIP_VERSION_CHECK=1
    pip=("$python" -m pip --python "$venv/bin/python" install --quiet --no-input)
    "${pip[@]}" --require-hashes -r "$requirements"
    "${pip[@]}" --no-deps --no-build-isolation -e .
fi
