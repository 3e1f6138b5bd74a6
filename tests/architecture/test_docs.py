"""The manual and the code say the same."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

import disclosure_control as dc
from enclave.cli.main import build
from enclave.deliveries.problems import REASONS
from enclave.deliveries.splitting import ROW_RULES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def commands(command, path=("enclave",)):
    children = getattr(command, "commands", None)
    if children is None:
        yield " ".join(path)
        return
    for name, child in children.items():
        yield from commands(child, (*path, name))


def test_the_generated_pages_are_those_of_the_code():
    done = subprocess.run([sys.executable, DOCS / "generate.py", "--check"], check=False)
    assert done.returncode == 0


def test_every_command_stands_in_the_manual_with_its_help():
    page = (DOCS / "reference/commands.md").read_text(encoding="utf-8")
    every = list(commands(get_command(build())))
    assert len(every) > 35
    assert [name for name in every if f"## `{name}`" not in page] == []


def test_every_rule_and_policy_stands_in_the_manual():
    page = (DOCS / "reference/policies.md").read_text(encoding="utf-8")
    assert [rule.name for rule in dc.RULES if f"`{rule.name}`" not in page] == []
    assert [name for name in dc.policies if f"### `{name}`" not in page] == []


def test_every_number_of_a_policy_has_a_source():
    for policy in dc.policies.values():
        named = {name for name, _ in policy.sources}
        assert "minimum_units" in named
        for field in (
            "minimum_entities",
            "maximum_unit_share",
            "maximum_group_share",
            "rounding_base",
        ):
            assert getattr(policy, field) is None or field in named


def test_every_reason_to_refuse_a_delivery_has_its_remedy():
    page = (DOCS / "how-to/refused-delivery.md").read_text(encoding="utf-8")
    assert [reason for reason in REASONS if f"`{reason}`" not in page] == []


def test_every_rule_on_rows_stands_in_the_manual():
    page = (DOCS / "how-to/refused-delivery.md").read_text(encoding="utf-8")
    assert [rule for rule in ROW_RULES if f"`{rule}`" not in page] == []


def test_every_test_and_file_that_a_promise_names_exists():
    page = (DOCS / "explanation/promises.md").read_text(encoding="utf-8")
    names = re.findall(r"`(test_[a-z_]+\.py|tests/[a-z_/]+\.py)`", page)
    assert len(names) > 15
    existing = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert [name for name in names if Path(name).name not in existing] == []


def test_the_public_names_are_the_documented_ones():
    assert sorted(dc.__all__) == sorted(set(dc.__all__))
    for name in dc.__all__:
        assert getattr(dc, name) is not None
    assert {"Study", "protect", "audit", "read_bundle", "recompute", "judge"} <= set(dc.__all__)


def test_the_tutorial_on_tables_runs_and_prints_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = (DOCS / "tutorials/checked-table.md").read_text(encoding="utf-8")
    for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(code, globals())  # noqa: S102 - the manual's own examples
    printed = capsys.readouterr().out
    for block in re.findall(r"```text\n(.*?)```", page, re.DOTALL):
        assert block in printed
    assert "SAFE 4" in printed


@pytest.mark.parametrize("package", ["enclave.cli.main", "disclosure_control"])
def test_importing_loads_no_heavy_library(package):
    code = (
        f"import sys, {package}\n"
        "heavy = {'pandas', 'statsmodels', 'matplotlib', 'scipy', 'highspy', 'django', 'pandera'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
