"""Tables of the same pupils, protected together."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

import disclosure_control as dc
from enclave.errors import FindingsError
from enclave.linkage.passes import LINKED, REVIEW, UNLINKED
from enclave.linkage.quality.policy import MINIMUM_UNITS, POLICY, is_small

NOT_LINKED = "not linked"
OUTCOME = "outcome"
OUTCOMES = dc.Hierarchy((LINKED, NOT_LINKED, REVIEW, UNLINKED), (-1, -1, 1, 1))
"""Not linked is in review or unlinked."""

Cells = dict[tuple[str, str], int | None]
"""Level and outcome, ``[total]`` included, to a count; null when it is hidden."""

_NEXT = "report this; no report was written"


@dataclass(frozen=True)
class Margin:
    """One characteristic by outcome.

    Args:
        name: of the characteristic.
        cells: one row per level and outcome that occurs: level, outcome, pupils.
        whole: whether outcomes are linked, review and unlinked, and not just linked or not.
        impossible: level and outcome that cannot go together.
    """

    name: str
    cells: pl.DataFrame
    whole: bool = False
    impossible: tuple[tuple[str, str], ...] = ()


def cells_frame(cells: Sequence[tuple[str, str, int]]) -> pl.DataFrame:
    """Level, outcome and pupils as a frame for a ``Margin``."""
    kinds = {"level": pl.String, "outcome": pl.String, "pupils": pl.Int64}
    return pl.DataFrame(cells, schema=kinds, orient="row")


def protected_cells(margins: Sequence[Margin]) -> list[Cells]:
    """The cells of every margin, hidden such that all together tell no small count.

    The totals are hidden only when they are small themselves: the report of a later round shows
    them again.

    Raises:
        FindingsError: the counts cannot be protected, or the protection does not hold.
    """
    try:
        tables = [_table(margin) for margin in margins]
        found = dc.protect_linked([(table, _decided(table)) for table in tables], POLICY)
        audits = [dc.audit(table) for table in found.tables]
    except dc.DisclosureControlError:
        # The message names levels: data values. It is not passed on, not even as the cause.
        raise FindingsError(
            "Every count by group can be protected.",
            where=f"{len(margins)} characteristics",
            next_step="leave one out or join its levels; no report was written",
        ) from None
    if not found.complete or any(a.exact or a.underprotected for a in audits):
        raise FindingsError(
            "Hidden counts cannot be computed back.", where="counts by group", next_step=_NEXT
        )
    for one in found.tables:
        check_cells(one.released)
    return [_cells(one.released) for one in found.tables]


def check_cells(cells: pl.DataFrame) -> None:
    """The post-condition: no shown count is small; zero is the policy's business.

    Raises:
        FindingsError: a small count is shown.
    """
    small = pl.col("value").is_between(0, MINIMUM_UNITS, closed="none")
    if not cells.filter(small).is_empty():
        raise FindingsError(
            f"No shown count is below {MINIMUM_UNITS}.", where="counts by group", next_step=_NEXT
        )


def _table(margin: Margin) -> dc.Table:
    rows = margin.cells.filter(pl.col("pupils") > 0).select(
        pl.col("level", "outcome").repeat_by("pupils").explode(empty_as_null=False)
    )
    levels = {margin.name: margin.cells["level"].unique(maintain_order=True).to_list()}
    if not margin.whole:
        levels[OUTCOME] = [LINKED, NOT_LINKED]
    return dc.count_table(
        rows.rename({"level": margin.name}),
        [margin.name, OUTCOME],
        levels=levels,
        hierarchies={OUTCOME: OUTCOMES} if margin.whole else {},
        impossible=[{margin.name: level, OUTCOME: kind} for level, kind in margin.impossible],
    )


def _decided(table: dc.Table) -> pl.DataFrame:
    """The totals that must be shown: of all pupils, linked and not linked."""
    name = table.dimensions[0]
    totals = table.cells.filter(pl.col(name) == dc.TOTAL)
    found = {kind: int(value) for kind, value in totals.select(OUTCOME, "value").iter_rows()}
    split = any(is_small(found[kind]) for kind in (LINKED, NOT_LINKED))
    kinds = [dc.TOTAL] if split else [dc.TOTAL, LINKED, NOT_LINKED]
    shown = [kind for kind in kinds if not is_small(found[kind])]
    return pl.DataFrame(
        {name: [dc.TOTAL] * len(shown), OUTCOME: shown, "status": ["forbidden"] * len(shown)},
        schema={name: pl.String, OUTCOME: pl.String, "status": pl.String},
    )


def _cells(released: pl.DataFrame) -> Cells:
    return {
        (level, kind): None if value is None else round(value)
        for level, kind, value, _ in released.iter_rows()
    }
