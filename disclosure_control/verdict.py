"""Verdicts with an order, and what one assessment says. The worst verdict wins."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import polars as pl


class Verdict(IntEnum):
    """How safe something is. Unknown, missing or unfinished counts as UNSAFE."""

    SAFE = 0
    REVIEW = 1
    UNSAFE = 2

    def __str__(self) -> str:
        """The verdict's name."""
        return self.name

    __repr__ = __str__

    @classmethod
    def worst(cls, verdicts: Iterable["Verdict"]) -> "Verdict":
        """The worst of the verdicts; SAFE when there are none."""
        return max(verdicts, default=cls.SAFE)


@dataclass(frozen=True)
class Finding:
    """One rule that one cell breaks; without ``labels`` it is about the whole output."""

    labels: tuple[str, ...]
    rule: str
    reason: str
    remedy: str
    verdict: Verdict = Verdict.UNSAFE


@dataclass(frozen=True)
class Assessment:
    """What the rules found.

    ``findings`` has one row per unsafe cell and rule: the dimension columns (text; null for a
    finding on the whole output), rule, reason, remedy, verdict.
    """

    verdict: Verdict
    findings: pl.DataFrame
    policy: str

    def __repr__(self) -> str:
        """The verdict, and every different reason with its equation, a line each."""
        names = [name for name in ("reason", "equation") if name in self.findings.columns]
        rows = self.findings.select(names).unique(maintain_order=True).iter_rows()
        lines = [": ".join(text for text in row if text) for row in rows]
        return "\n".join([f"{self.verdict} under policy {self.policy}", *lines])


def collect(found: Iterable[Finding], dimensions: tuple[str, ...], policy: str) -> Assessment:
    """The assessment of ``found``; the worst finding decides."""
    rows = list(found)
    blank = (None,) * len(dimensions)
    frame = pl.DataFrame(
        [
            (*(item.labels or blank), item.rule, item.reason, item.remedy, item.verdict.name)
            for item in rows
        ],
        schema=dict.fromkeys((*dimensions, "rule", "reason", "remedy", "verdict"), pl.String),
        orient="row",
    )
    return Assessment(Verdict.worst(item.verdict for item in rows), frame, policy)
