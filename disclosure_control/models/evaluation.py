"""What comes out of a model: figures, findings, and what readers should know."""

from dataclasses import dataclass

import polars as pl

from disclosure_control.verdict import Finding, Verdict


@dataclass(frozen=True, repr=False, eq=False)
class Evaluation:
    """Figures with what the rules found.

    Args:
        cells: one row per figure: label columns (text) and ``value`` (float, null where the figure
            does not exist). The labels are ``term`` and ``measure`` for regressions, ``row`` and
            ``column`` for correlations.
        findings: labels are those of a row of ``cells``, or () for the whole.
        left_out: how many records lack a value in some variable.
        notes: sentences for the reader, without values.
    """

    cells: pl.DataFrame
    findings: list[Finding]
    left_out: int = 0
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst finding decides."""
        return Verdict.worst(item.verdict for item in self.findings)
