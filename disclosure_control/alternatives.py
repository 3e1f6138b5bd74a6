"""The methods of protection side by side, and which one is recommended."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from disclosure_control.errors import DisclosureControlError, InvalidInputError
from disclosure_control.perturbation.adjust import AdjustedTable
from disclosure_control.perturbation.methods import (
    MAXIMUM_HIDDEN,
    METHODS,
    Alternative,
    MethodLoss,
    attempt,
    protect_by,
)
from disclosure_control.perturbation.rounding import RoundedTable
from disclosure_control.policy import Policy
from disclosure_control.protect import Effort
from disclosure_control.table import Table

__all__ = [
    "MAXIMUM_HIDDEN",
    "METHODS",
    "Alternative",
    "MethodComparison",
    "MethodLoss",
    "attempt",
    "compare_methods",
    "protect_by",
]
_MUCH = 0.1
_SCHEMA = {
    "method": pl.String, "safe": pl.Boolean, "why_not": pl.String, "base": pl.Int64,
    "margin": pl.Float64, "cells": pl.Int64, "share_of_cells": pl.Float64, "amount": pl.Float64,
    "share_of_amount": pl.Float64, "largest_relative_change": pl.Float64, "primaries": pl.Int64,
    "exact": pl.Int64, "underprotected": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class MethodComparison:
    """What each method would do to a table.

    Args:
        frame: one row per method: method; safe (it ran, and every primary cell has its interval);
            why_not (null when safe); base (of rounding); margin (of adjustment); cells, amount and
            their shares, largest_relative_change (see ``MethodLoss``; null when the method did not
            run); primaries, exact, underprotected (see ``PerturbationAudit``).
        recommended: the method to take; null when none is safe.
        reason: why, in words.
    """

    frame: pl.DataFrame
    recommended: str | None
    reason: str

    def __repr__(self) -> str:
        """Counts and shares; amounts, base and margin are in ``frame``."""
        lines = [_in_words(row) for row in self.frame.iter_rows(named=True)]
        return "\n".join([*lines, f"recommended: {self.recommended or 'none'} ({self.reason})"])


def compare_methods(
    table: Table,
    policy: Policy | str,
    cost: Any = "value",
    seconds: float | None = None,
    maximum_hidden: float = MAXIMUM_HIDDEN,
) -> MethodComparison:
    """Suppression, controlled rounding and tabular adjustment of ``table``, side by side.

    Suppression is recommended unless it cannot protect the table or hides more than
    ``maximum_hidden`` of its cells; then the safe method that changes figures least in all. Where
    none of the others is safe, or all change more of the value than suppression hides, it is
    suppression still. Rounding and adjustment are tried on an attacker from outside; that people
    and schools in the table know their own part is covered by suppression only.

    Args:
        table: the table.
        policy: a policy or its name.
        cost: what hiding a cell costs.
        seconds: how long each method may improve its result; null: a fixed amount of work.
        maximum_hidden: the share of the cells (those that can have contributors) that suppression
            may hide before another method is preferred; own choice: 0.4.
    """
    if isinstance(maximum_hidden, bool) or not 0 <= maximum_hidden <= 1:
        raise InvalidInputError("maximum_hidden is a share from 0 to 1.")
    effort = Effort(cost, seconds)
    rows = [_row(table, policy, method, effort) for method in METHODS]
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    return MethodComparison(frame, *_recommended(frame, maximum_hidden))


def _row(table: Table, policy: Policy | str, method: str, effort: Effort) -> dict[str, Any]:
    try:
        found = attempt(table, policy, method, effort)
    except DisclosureControlError as fault:
        return dict.fromkeys(_SCHEMA) | {"method": method, "safe": False, "why_not": str(fault)}
    return _measured(found)


def _measured(found: Alternative) -> dict[str, Any]:
    loss, audit, result = found.loss, found.audit, found.result
    weak = f"{audit.underprotected} of {audit.primaries} unsafe cells have too narrow an interval"
    return {
        "method": loss.method,
        "safe": audit.holds,
        "why_not": None if audit.holds else weak,
        "base": result.base if isinstance(result, RoundedTable) else None,
        "margin": result.margin if isinstance(result, AdjustedTable) else None,
        "cells": loss.cells,
        "share_of_cells": loss.share_of_cells,
        "amount": loss.amount,
        "share_of_amount": loss.share_of_amount,
        "largest_relative_change": loss.largest_relative_change,
        "primaries": audit.primaries,
        "exact": audit.exact,
        "underprotected": audit.underprotected,
    }


def _recommended(frame: pl.DataFrame, maximum_hidden: float) -> tuple[str | None, str]:
    safe = {row["method"]: row for row in frame.filter("safe").iter_rows(named=True)}
    if not safe:
        return None, "no method protects every unsafe cell; join categories"
    hiding = safe.pop("suppression", None)
    if hiding is not None:
        share = f"suppression hides {hiding['share_of_cells']:.0%} of the cells"
        if hiding["share_of_cells"] <= maximum_hidden:
            return "suppression", f"{share} and all shown figures are true"
        limit = hiding["share_of_amount"]
        safe = {name: row for name, row in safe.items() if row["share_of_amount"] < limit}
        if not safe:
            return "suppression", f"{share}, but no other safe method changes less than it hides"
    least = min(safe.values(), key=lambda row: float(row["share_of_amount"]))
    before = "suppression does not protect every unsafe cell" if hiding is None else share
    much = least["share_of_amount"] > _MUCH
    return least["method"], (
        f"{before}; {least['method']} shows all cells and changes {least['share_of_amount']:.1%} "
        f"of the value{', which is much: better join categories' if much else ''}"
    )


def _in_words(row: dict[str, Any]) -> str:
    if row["cells"] is None:
        return f"{row['method']}: not possible: {row['why_not']}"
    what = "hidden" if row["method"] == "suppression" else "changed"
    return (
        f"{row['method']}: {row['cells']} cells {what} ({row['share_of_cells']:.1%}), "
        f"{row['share_of_amount']:.1%} of the value, totals changed by at most "
        f"{row['largest_relative_change']:.1%}; of {row['primaries']} unsafe cells {row['exact']} "
        f"exactly known, {row['underprotected']} with too narrow an interval"
    )
