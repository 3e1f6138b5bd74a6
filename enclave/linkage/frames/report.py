"""The report of a stand-alone linkage, as JSON: counts, the table that was used, what was found.

It is for whoever runs the linkage. It holds small counts, so it is no output that may leave.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from enclave.linkage.dataflow.doubt import Doubt
from enclave.linkage.frames.facts import Facts
from enclave.linkage.linking import Links
from enclave.linkage.passes import LINKED, PASSES, REVIEW, UNLINKED
from enclave.linkage.tail import PASS_NAME, PUPILS, as_record

NUMBERS = ("bsn", "education_number")


@dataclass(frozen=True)
class Report:
    """What a linkage did.

    ``passes`` and ``numbers`` count linked and review rows by pass, and rows and links by the
    numbers that a row has. ``findings`` are sentences about what is wrong with the input.
    """

    engine: str
    rows: int
    linked: int
    review: int
    unlinked: int
    passes: tuple[dict[str, Any], ...]
    numbers: tuple[dict[str, Any], ...]
    findings: tuple[str, ...]
    pattern_table: dict[str, Any] | None

    def as_json(self) -> str:
        """Text for report.json."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)


def make_report(
    rows: pl.DataFrame, links: Links, facts: Facts, engine: str, more: Sequence[str] = ()
) -> Report:
    """The report of all decisions.

    Args:
        rows: the links, with ``covered`` and the keys of both numbers.
        links: how they came about.
        facts: of the files.
        engine: its name.
        more: findings that are not about the two files.
    """
    count = {status: int((rows["status"] == status).sum()) for status in (LINKED, REVIEW, UNLINKED)}
    table = None
    if links.tail is not None and links.tail.table is not None:
        table = as_record(links.tail.table, PUPILS) | {"learnt here": links.tail.learnt}
    return Report(
        engine=engine,
        rows=rows.height,
        linked=count[LINKED],
        review=count[REVIEW],
        unlinked=count[UNLINKED],
        passes=tuple(_passes(rows)),
        numbers=tuple(_numbers(rows)),
        findings=(*_findings(rows, links.doubts, facts), *more),
        pattern_table=table,
    )


def _passes(rows: pl.DataFrame) -> list[dict[str, Any]]:
    counted = rows.group_by("pass_name", "status").len()
    table = {(name, status): number for name, status, number in counted.iter_rows()}
    names = [step.name for step in PASSES] + [PASS_NAME]
    return [
        {
            "pass": name,
            "linked": table.get((name, LINKED), 0),
            "review": table.get((name, REVIEW), 0),
        }
        for name in names
    ]


def _numbers(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows and links by the numbers that a row has."""
    bsn, education = (pl.col(name).is_not_null() for name in NUMBERS)
    level = (
        pl.when(bsn)
        .then(pl.lit("BSN"))
        .when(education)
        .then(pl.lit("education number only"))
        .otherwise(pl.lit("no number"))
    )
    return (
        rows.group_by(level.alias("number"))
        .agg(pl.len().alias("rows"), (pl.col("status") == LINKED).sum().alias("linked"))
        .sort("number")
        .to_dicts()
    )


def _findings(rows: pl.DataFrame, doubts: tuple[Doubt, ...], facts: Facts) -> list[str]:
    names = sorted(rows["delivery_id"].unique().to_list())
    found = [
        f"delivery {names.index(doubt.delivery_id) + 1} of {len(names)} by name is in doubt: "
        f"{doubt.reason}; its links went to review"
        for doubt in doubts
    ]
    found += [
        f"many values of column {name} are in no known form and were left out"
        for name in facts.unread
    ]
    outside = int((~rows["covered"]).sum())
    if outside:
        found.append(
            f"reference date missing or outside the period of the spine: {outside:,} rows; their "
            "links by address went to review"
        )
    if facts.period.backwards:
        found.append(
            f"addresses of the spine that end before they begin: {facts.period.backwards:,} rows; "
            "they were valid on no day"
        )
    if facts.period.strays:
        found.append(
            f"addresses of the spine that begin more than a year after all others: "
            f"{facts.period.strays:,} rows; these dates were not believed"
        )
    if facts.shared:
        found.append(
            f"numbers of the spine that belong to two or more persons: {facts.shared:,}; who has "
            "one went to review"
        )
    return found
