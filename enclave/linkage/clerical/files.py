"""Decisions on two linked files, without a site: the same rules, a file of decisions."""

import json
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from enclave.errors import InputError, UsageError
from enclave.files import atomic_path, sha256_of
from enclave.linkage.clerical.decisions import (
    ACCEPTED,
    REFUSED,
    Decision,
    accepted_pairs,
    check_choice,
    stand,
)
from enclave.linkage.clerical.review_file import DELIVERY, read_cases
from enclave.linkage.passes import LINKED, REVIEW, UNLINKED

PASS_NAME = "clerical review"  # noqa: S105 - the name of a pass, no password
COLUMNS = ("case", "candidate", "reviewer", "review_file")
LINKS = ("row_id", "person_id", "status", "pass_name", "candidates")
_NEEDED = {"row_id", "person_id", "candidate", "taken", DELIVERY}


@dataclass(frozen=True)
class Files:
    """The links, the review file beside them, and a file of decisions: CSV, or a list in JSON."""

    links: Path
    review: Path
    decisions: Path


@dataclass(frozen=True)
class FilesSettled:
    """How many cases there were and how they stand."""

    cases: int
    accepted: int
    refused: int
    waiting: int


def settle_files(files: Files, out: Path) -> FilesSettled:
    """Writes the links with the decisions applied; nothing else changes.

    An accepted row is linked, one that is none of its candidates is unlinked; the pass is
    ``clerical review`` for both. All others stay in review.

    Raises:
        UsageError: ``out`` is there already, or a decision names no case or candidate.
        InputError: a file is missing or damaged, the links are not those of the review file, or a
            decision is about another review file.
        RefusedError: a decision chooses somebody whom the row cannot be.
        FindingsError: two accepted rows of a delivery would be one person; nothing was written.
    """
    if out.exists():
        raise UsageError(
            "Settled links are a new file.", where="--out", next_step="give another name"
        )
    cases, links = _cases(files.review), _links(files.links)
    _check_together(cases, links)
    decisions = _decisions(files.decisions, sha256_of(files.review))
    for decision in decisions:
        check_choice(cases, decision)
    standing = stand(cases, decisions)
    settled = _applied(links, cases, standing)
    with atomic_path(out) as temporary:
        settled.write_parquet(temporary)
    count = {name: standing.filter(pl.col("stands") == name).height for name in (ACCEPTED, REFUSED)}
    accepted, refused = count[ACCEPTED], count[REFUSED]
    return FilesSettled(standing.height, accepted, refused, standing.height - accepted - refused)


def _applied(links: pl.DataFrame, cases: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    accepted = accepted_pairs(cases, standing, DELIVERY)
    refused = standing.filter(pl.col("stands") == REFUSED).join(
        cases.unique("case").select("case", "row_id"), on="case"
    )
    decided = pl.concat(
        [
            accepted.select("row_id", "person_id", pl.lit(LINKED).alias("status")),
            refused.select(
                "row_id",
                pl.lit(None, pl.String).alias("person_id"),
                pl.lit(UNLINKED).alias("status"),
            ),
        ]
    ).with_columns(pl.lit(PASS_NAME).alias("pass_name"))
    kept = links.join(decided, on="row_id", how="anti")
    counts = links.select("row_id", "candidates").join(decided, on="row_id")
    return pl.concat([kept, counts.select(links.columns)]).sort("row_id")


def _cases(path: Path) -> pl.DataFrame:
    cases = read_cases(path).rename({"pupil_row": "row_id"}, strict=False)
    if not set(cases.columns) >= _NEEDED:
        raise InputError(
            "The review file is one of enclave link frames, with every row in review.",
            where="--review",
            next_step="link again with this version",
        )
    return cases


def _links(path: Path) -> pl.DataFrame:
    with _reading("links.parquet of enclave link frames", "--links", "not one that was settled"):
        return pl.read_parquet(path, glob=False).select(LINKS)


def _check_together(cases: pl.DataFrame, links: pl.DataFrame) -> None:
    """Raises unless the rows in review are just those of the review file."""
    waiting = set(links.filter(pl.col("status") == REVIEW)["row_id"])
    if waiting != set(cases["row_id"]) or links["row_id"].is_duplicated().any():
        raise InputError(
            "The rows in review are those of the review file.",
            where="--links, --review",
            next_step="give both files of one run, as it wrote them",
        )


def _decisions(path: Path, digest: str) -> list[Decision]:
    columns = f"columns {', '.join(COLUMNS)}; numbers in the first two; no empty value"
    with _reading("a CSV file with commas and a header, or a JSON list", "--decisions", columns):
        text = path.read_text(encoding="utf-8")
        rows = json.loads(text) if path.suffix == ".json" else _separated(path)
        found = [_decision(row) for row in rows]
    others = sum(name != digest for _, name in found)
    if others:
        raise InputError(
            "Decisions are about the review file that is given.",
            where=f"--decisions, review_file: {others:,} name another one",
            next_step="decide on this file; enclave link review --file shows its SHA-256",
        )
    return [decision for decision, _ in found]


def _separated(path: Path) -> list[dict[str, Any]]:
    return pl.read_csv(path, infer_schema=False).select(COLUMNS).to_dicts()


def _decision(row: dict[str, Any]) -> tuple[Decision, str]:
    if not isinstance(row, dict) or set(row) != set(COLUMNS):
        raise KeyError
    reviewer = row["reviewer"]
    if not isinstance(reviewer, str):
        raise TypeError
    # One person with a space behind the name, or in capitals, would count as two.
    name = " ".join(unicodedata.normalize("NFKC", reviewer).split()).casefold()
    case, candidate = _number(row["case"]), _number(row["candidate"])
    return Decision(case, candidate, name), str(row["review_file"])


def _number(value: object) -> int:
    """A whole number, or its digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise TypeError


@contextmanager
def _reading(what: str, where: str, more: str) -> Iterator[None]:
    """Says which file cannot be read, and nothing of what is in it."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"There is {what}.",
            where=where,
            next_step=f"give it, whole; {more}",
        ) from None
