#!/usr/bin/env bash
# Installs a hashed requirements file and the project itself into a virtual environment.
# Usage: install.sh PYTHON UV_OR_EMPTY VENV REQUIREMENTS
set -euo pipefail
python=$1 uv=$2 venv=$3 requirements=$4

if [ -n "$uv" ]; then
    "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --require-hashes -r "$requirements"
    "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e .
else
    # Debian's python3 may lack ensurepip, so the pip outside installs into the environment.
    export PIP_DISABLE_PIP_VERSION_CHECK=1
    pip=("$python" -m pip --python "$venv/bin/python" install --quiet --no-input)
    # The file lists the whole closure. Without --no-deps, pip would look for the newest release of
    # a package asked for with an extra, and stop at a version that the file does not hash.
    "${pip[@]}" --no-deps --require-hashes -r "$requirements"
    "${pip[@]}" --no-deps --no-build-isolation -e .
fi
