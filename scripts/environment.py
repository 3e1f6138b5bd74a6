"""Writes environment.yml from pyproject.toml, so that the two never differ.

Run it through ``make lock``; ``--check`` only compares and exits 1 when they differ. Packages that
are surely on conda-forge get a conda line; the rest goes to pip, below conda's.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONDA_NAMES = {
    "argon2-cffi": "argon2-cffi",
    "babel": "babel",
    "cryptography": "cryptography",
    "defusedxml": "defusedxml",
    "django": "django",
    "highspy": "highspy",
    "ipykernel": "ipykernel",
    "jinja2": "jinja2",
    "jupyterlab": "jupyterlab",
    "jupytext": "jupytext",
    "msgspec": "msgspec-python",
    "nbclient": "nbclient",
    "nbformat": "nbformat",
    "numpy": "numpy",
    "pandera[polars]": "pandera-polars",
    "polars": "polars",
    "pyarrow": "pyarrow",
    "rich": "rich",
    "scipy": "scipy",
    "sqlalchemy": "sqlalchemy",
    "tomli-w": "tomli-w",
    "typer": "typer",
    "waitress": "waitress",
}
_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+(?:\[[a-z,]+\])?)(?P<range>[^;]*)")


def render(pyproject: str) -> str:
    """The text of environment.yml for the text of pyproject.toml."""
    project = tomllib.loads(pyproject)["project"]
    conda = [f"python{project['requires-python']},<3.14"]
    pip = []
    for requirement in project["dependencies"]:
        match = _REQUIREMENT.match(requirement)
        if match is None:
            raise ValueError(f"cannot read the requirement {requirement!r}")
        name, versions = match["name"], match["range"].strip()
        if name in CONDA_NAMES:
            conda.append(f"{CONDA_NAMES[name]}{versions}")
        else:
            pip.append(f"{name}{versions}")
    lines = [
        "# Generated from pyproject.toml by scripts/environment.py; do not edit.",
        "# conda's own solving is not tested here: make setup uses pip or uv.",
        "name: enclave",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        *[f'  - "{line}"' for line in conda],
        "  - pip",
        "  - pip:",
        *[f'      - "{line}"' for line in pip],
        '      - "-e ."',
    ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Writes the file, or compares it when ``--check`` is given."""
    target = ROOT / "environment.yml"
    text = render((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if "--check" in arguments:
        return int(not target.is_file() or target.read_text(encoding="utf-8") != text)
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
