"""The lists of dependencies agree, and each dependency is explained."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAMES = [re.match(r"[A-Za-z0-9._-]+", line)[0].lower() for line in PROJECT["dependencies"]]
DEV = [
    re.match(r"[A-Za-z0-9._-]+", line)[0].lower()
    for group in PROJECT["optional-dependencies"].values()
    for line in group
]


def locked(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    return {match.lower() for match in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


def test_environment_yml_is_what_pyproject_generates():
    script = ROOT / "scripts" / "environment.py"
    assert subprocess.run([sys.executable, script, "--check"], check=False).returncode == 0


def test_environment_yml_names_every_dependency_once():
    parsed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    conda = [line for line in parsed["dependencies"] if isinstance(line, str)]
    pip = next(line["pip"] for line in parsed["dependencies"] if isinstance(line, dict))
    assert len([*conda, *pip]) - 3 == len(NAMES)  # without python, pip and the project itself
    assert pip[-1] == "-e ."


def test_both_hashed_lists_hold_every_dependency():
    assert set(NAMES) <= locked("requirements.lock")
    assert {*NAMES, *DEV} <= locked("requirements-dev.lock")


def test_every_line_of_the_hashed_lists_has_a_hash():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pins = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
        assert len(pins) > 100
        assert all("--hash=sha256:" in pin for pin in pins)


def test_every_dependency_is_explained():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    missing = [name for name in {*NAMES, *DEV} if f"`{name}`" not in page]
    assert missing == []


def test_the_readme_is_short_and_shows_both_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("\n") <= 40
    assert "make demo" in text
    assert "make test" in text
