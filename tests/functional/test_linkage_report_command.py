"""The report as a command: what it prints is checked, unless the steward asks otherwise."""

import json
import re
from datetime import UTC, datetime

import pytest
from linkage_site import PERSONS, ROUND, identifiers, make_site, nation, pupils, receive
from linkage_site import results as results_of
from typer.testing import CliRunner

from enclave.cli.link import app
from enclave.cli.link_report import INSIDE
from enclave.errors import FindingsError, RefusedError, UsageError
from enclave.linkage import link_round
from enclave.linkage.quality import gathered
from enclave.linkage.quality.report import from_json, to_json
from enclave.receipts import LinkageReceipt

LATE = "sender-9"


def stray_deliveries():
    """One whole school, and one that is doubted: all its numbers agree and nothing else does."""
    persons = nation()
    wrong = pupils(persons, range(26, PERSONS))
    for row in wrong:
        row.update(birth_date="20130101", postcode="9999ZZ", sex="M")
    return {"sender-1": pupils(persons, range(26)), "sender-2": wrong}


@pytest.fixture(name="root", scope="module")
def fixture_root(tmp_path_factory):
    root = tmp_path_factory.mktemp("site")
    with make_site(root, stray_deliveries()) as custody:
        receipt = link_round(custody)
        assert [doubt.delivery_id for doubt in receipt.doubted] == [f"{ROUND}-sender-2"]
        rows = pupils(nation(), range(3))
        receive(
            custody, LATE, identifiers(rows), results_of(rows, "01AB00"),
            datetime(2100, 1, 1, tzinfo=UTC),
        )  # fmt: skip
    return root


def run(root, *options):
    return CliRunner().invoke(app, ["report", "--site", str(root / "site"), *options])


def test_the_printed_report_is_the_checked_one(root, tmp_path):
    text, record = run(root), run(root, "--json")
    assert (text.exit_code, record.exit_code) == (0, 0)
    assert text.stdout.startswith("Checked by policy linkage quality")
    assert run(root, "--html", str(tmp_path)).stdout == text.stdout
    quality = from_json((tmp_path / "report.json").read_bytes())
    assert from_json(record.stdout.encode()) == quality
    assert json.loads(record.stdout) == json.loads(to_json(quality))
    every = text.stdout + record.stdout + (tmp_path / "report.html").read_text()
    assert not re.search(r"sender-\d", every)
    assert "deliveries in doubt" in text.stdout
    assert quality.totals.linked == 26
    counts = re.findall(r" {2}([1-9])\b(?![\d.,])", text.stdout)
    assert counts == []


def test_the_stewards_view_says_that_it_stays_inside(root):
    text = run(root, "--unchecked").stdout
    assert text.splitlines()[0] == INSIDE
    assert f"{ROUND}-sender-2" in text
    assert f"accepted after the linkage, so not in it: {ROUND}-{LATE}" in text
    receipt = json.loads(run(root, "--unchecked", "--json").stdout)
    assert receipt["doubted"][0]["delivery_id"] == f"{ROUND}-sender-2"
    assert receipt["measured"]["school_year"] == "2025-2026"


def test_a_report_that_cannot_be_checked_is_not_printed(root, monkeypatch, tmp_path):
    def broken(_):
        raise FindingsError("x", where="y", next_step="z")

    monkeypatch.setattr(gathered, "check_quality", broken)
    monkeypatch.setattr("enclave.linkage.quality.writing.check_quality", broken)
    for options in ([], ["--json"], ["--html", str(tmp_path)]):
        found = run(root, *options)
        assert isinstance(found.exception, FindingsError)
        assert found.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_the_page_is_never_unchecked(root, tmp_path):
    found = run(root, "--unchecked", "--html", str(tmp_path))
    assert isinstance(found.exception, UsageError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [[], ["--unchecked"]])
def test_before_linkage_the_command_refuses(tmp_path, options):
    make_site(tmp_path).close()
    assert isinstance(run(tmp_path, *options).exception, RefusedError)


def test_a_receipt_from_before_these_counts_has_a_report(tmp_path):
    with make_site(tmp_path) as custody:
        receipt = link_round(custody)
        assert custody.registry.find(LinkageReceipt, ROUND) == receipt
    stripped = {"measured": None, "table_name": None}
    old = LinkageReceipt(**{f: getattr(receipt, f) for f in receipt.__struct_fields__} | stripped)
    quality = gathered.make_quality(gathered.Inputs(old))
    assert (quality.coverage, quality.replay, quality.routes) == (None, (), None)
