"""What a kind of output is: how it is made from records, hidden, and attacked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.errors import ProtectionError
from disclosure_control.outputs.evidence import Records
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.policy import Policy
from disclosure_control.protect import Effort, ProtectedTable
from disclosure_control.table import Table
from disclosure_control.verdict import Finding, Verdict

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, repr=False)
class Evaluation:
    """An output as it was computed and judged.

    Args:
        columns: the label columns of the output.
        figures: one row per cell: the label columns (text) and value (null where there is none).
        findings: what the rules found; labels are those of ``columns``, or () for the whole.
        table: the table beneath, for outputs that are tables.
        extra: what only the kind itself needs.
    """

    columns: tuple[str, ...]
    figures: pl.DataFrame
    findings: Sequence[Finding]
    table: Table | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unsafe(self) -> list[Finding]:
        """The findings that are UNSAFE; the others are for people to decide."""
        return [item for item in self.findings if item.verdict is Verdict.UNSAFE]

    def flagged(self, findings: Sequence[Finding] | None = None) -> Flags:
        """Which cells have a finding."""
        places = {row: place for place, row in enumerate(self.figures.select(self.columns).rows())}
        flags = np.zeros(self.figures.height, dtype=np.bool_)
        for item in self.findings if findings is None else findings:
            if item.labels:
                flags[places[item.labels]] = True
        return flags


Evaluate = Callable[[Recipe, Records, Policy], Evaluation]
Hide = Callable[[Evaluation, Policy, Effort], "tuple[Flags, ProtectedTable | None]"]
Attack = Callable[[Evaluation, Policy, Flags], list[Finding]]


@dataclass(frozen=True)
class Kind:
    """A statistic of the closed list.

    Args:
        name: as recipes and the bundle name it.
        evaluate: from records to figures and findings.
        hide: which cells must be hidden, raising what cannot be protected.
        attack: what the cells that are shown reveal about the hidden ones.
        counts: whether the figures are numbers of people, so that rounding policies apply.
        rounds: whether ``round`` makes sense.
        needs_value: whether there is a value column.
        labels: label columns beside (or instead of) the dimensions.
        by_dimensions: whether the dimensions are label columns.
        hides: whether hiding single figures can help.
    """

    name: str
    evaluate: Evaluate
    hide: Hide
    attack: Attack
    counts: bool = False
    rounds: bool = True
    needs_value: bool = True
    labels: tuple[str, ...] = ()
    by_dimensions: bool = True
    hides: bool = True

    def label_columns(self, recipe: Recipe) -> tuple[str, ...]:
        """The label columns of the outputs of this kind."""
        return (*(recipe.dimensions if self.by_dimensions else ()), *self.labels)


def hide_flagged(
    evaluation: Evaluation, policy: Policy, effort: Effort
) -> tuple[Flags, ProtectedTable | None]:
    """Hides every cell with a finding; a finding on the whole cannot be hidden away.

    Raises:
        ProtectionError: a finding is about the whole output, or nothing would be left.
    """
    del policy, effort
    whole = sorted({item.rule for item in evaluation.findings if not item.labels})
    if whole:
        raise ProtectionError(
            f"Hiding cells does not help against {', '.join(whole)}: change what is computed."
        )
    return evaluation.flagged(), None


def reveals_nothing(evaluation: Evaluation, policy: Policy, hidden: Flags) -> list[Finding]:
    """Cells that do not add up to one another reveal nothing about each other."""
    del evaluation, policy, hidden
    return []
