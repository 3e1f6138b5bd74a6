"""The quality report of a linked site: before and after destruction, and over the rounds."""

import json
import re

import polars as pl
import pytest
from linkage_site import IDENTIFIERS, PERSONS, ROUND, make_site, nation, pupils, schools
from linkage_years import SECOND, deliver, destroy, first_site, next_round, scores

from enclave.errors import RefusedError
from enclave.linkage import link_round
from enclave.linkage.quality.gathered import write_site_quality
from enclave.linkage.quality.report import from_json
from enclave.linkage.quality.small import cautious
from enclave.measured import RouteCount

NUMBERS = ("bsn", "education_number")


def spoilt_schools():
    """The two schools; in the second, twelve pupils have neither numbers nor a whole address."""
    deliveries = schools(nation())
    for row in deliveries["sender-2"][:12]:
        row.update(dict.fromkeys((*NUMBERS, "postcode")))
    return deliveries


def files_of(folder):
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def secrets_of(custody):
    """Everything that must not stand in a report: identifiers, keys of pupils, deliveries."""
    every = [
        str(row[name]) for row in nation() for name in (*IDENTIFIERS, "person_id") if row[name]
    ]
    long = {value for value in every if len(value) > 4}
    names = {f"{ROUND}-sender-1", "sender-1", "sender-2", "01AB00", "02AB00", "learner-"}
    return long | names | {str(custody.site.root)}


def test_a_linked_site_has_a_report_without_anything_of_a_pupil(tmp_path):
    with make_site(tmp_path, spoilt_schools()) as custody:
        receipt = link_round(custody)
        quality = write_site_quality(custody, tmp_path / "out")
        secrets = secrets_of(custody)
    found = files_of(tmp_path / "out")
    assert list(found) == ["report.html", "report.json"]
    assert from_json(found["report.json"].encode()) == quality
    assert (quality.totals.delivered, quality.totals.linked) == (PERSONS, 28)
    assert (receipt.linked, receipt.unlinked, quality.totals.unlinked) == (28, 12, 12)
    assert len(secrets) > 150
    text = "".join(found.values())
    assert [secret for secret in secrets if secret in text] == []
    shown = re.findall(r'<td class="n">(\d+)</td>', found["report.html"])
    assert [count for count in shown if 0 < int(count) < 10] == []


def test_the_routes_of_a_site_are_those_of_its_keys(tmp_path):
    with make_site(tmp_path) as custody:
        routes = link_round(custody).measured.routes
        shown = write_site_quality(custody, tmp_path / "out").routes
    with_number = [row for row in nation()[:PERSONS] if row["education_number"]]
    both = sum(row["bsn"] is not None for row in with_number)
    assert routes == RouteCount(PERSONS - 1, len(with_number), both, both)
    assert shown.captured is None


def with_both_numbers():
    """A nation in which everybody has both numbers."""
    persons = nation()
    for number, row in enumerate(persons[:PERSONS]):
        row["education_number"] = f"10{4_000_000 + 17 * number:07d}"
    return persons


def test_the_replay_and_the_pattern_table_of_a_site_are_in_its_report(tmp_path):
    persons = with_both_numbers()
    with make_site(tmp_path, schools(persons), persons) as custody:
        receipt = link_round(custody)
        quality = write_site_quality(custody, tmp_path / "out")
        zone = custody.site.zone("linkage")
        table = json.loads((zone / f"pattern-table.{ROUND}.json").read_text())["name"]
        replayed = pl.read_parquet(zone / "replayed.parquet")
    passes = [one for one in receipt.measured.replay if one.characteristic == "pass"]
    assert sum(one.pupils for one in passes) == replayed.height == PERSONS - 1
    linked = replayed.filter(status="linked")
    assert sum(one.right for one in passes) == linked.height > 30
    assert [row.level for row in quality.replay] == ["birth date, sex and address"]
    assert quality.replay[0].precision == cautious(linked.height, linked.height)
    assert quality.table == receipt.table_name == table
    page = (tmp_path / "out/report.html").read_text()
    assert f"The pattern table is &ldquo;{table}&rdquo;" in page


def test_before_linkage_there_is_nothing_to_report(tmp_path):
    with make_site(tmp_path) as custody, pytest.raises(RefusedError):
        write_site_quality(custody, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_destruction_leaves_the_report_as_it_was(tmp_path):
    custody = first_site(tmp_path / "site", registers_of(tmp_path))
    deliver(custody, "sender-1", pupils(nation(), range(30)), scores(30, "2024-2025", 4))
    link_round(custody)
    before = write_site_quality(custody, tmp_path / "before")
    custody = destroy(custody)
    after = write_site_quality(custody, tmp_path / "after")
    assert before == after
    pages = [(tmp_path / name / "report.html").read_text() for name in ("before", "after")]
    assert pages[0] == pages[1]


def registers_of(root):
    with make_site(root / "other"):
        return root / "other/registers"


def test_the_second_round_is_compared_with_the_first(tmp_path):
    custody = first_site(tmp_path / "site", registers_of(tmp_path))
    deliver(custody, "sender-1", pupils(nation(), range(30)), scores(30, "2024-2025", 4))
    link_round(custody)
    custody = next_round(custody, SECOND)
    rows = pupils(nation(), range(PERSONS))
    for row in rows[20:]:
        row.update(dict.fromkeys((*NUMBERS, "postcode")))
    deliver(custody, "sender-1", rows, scores(PERSONS, "2025-2026", 5))
    link_round(custody)
    quality = write_site_quality(custody, tmp_path / "out")
    custody.close()
    first, second = quality.rounds
    assert (first.delivered, first.linked, first.fell) == (30, 30, False)
    assert (second.delivered, second.linked, second.fell) == (PERSONS, 20, True)
    assert second.change.high < 0
