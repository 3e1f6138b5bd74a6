"""Models that are tables in disguise, wholly or in part.

Rows with equal regressors form a group. When the group's rows together have a hat value of 1, the
fitted value is the group's own mean: the coefficients are a table of means, and the rules of tables
judge it. A response of 0 and 1 makes it a table of counts by response.
"""

import numpy as np
import polars as pl

from disclosure_control.assess import find
from disclosure_control.frames import TOTAL
from disclosure_control.models.design import Codes, Design, Flags
from disclosure_control.models.rules.rule import Model, whole
from disclosure_control.models.spread import members
from disclosure_control.policy import Policy
from disclosure_control.rules.group_disclosure import concentrations
from disclosure_control.rules.minimum_entities import minimum_entities
from disclosure_control.rules.minimum_units import minimum_units
from disclosure_control.table import count_table, magnitude_table
from disclosure_control.verdict import Finding, Verdict

ALONE = 1 - 1e-6
"""A group whose hat value is above this determines its fitted value alone."""
NEARLY = 0.9
"""Above this share a small group determines its fitted value nearly alone; own choice."""
_GROUP, _RESPONSE = "group", "response"


def saturated(model: Model, policy: Policy) -> list[Finding]:
    """Group means that follow from the coefficients and are unsafe as a table."""
    shares = model.own_shares
    alone = shares > ALONE
    found: list[Finding] = []
    if alone.any():
        what = "a table of means" if alone.all() else "in part a table of means"
        for rule in _broken_in_table(model.design, alone, policy):
            reason = f"the model is {what} (saturated) and breaks the rule {rule} of tables"
            found.append(whole("saturated", reason, "join levels, or use fewer interactions"))
    if (_units_of_groups(model.design)[(shares > NEARLY) & ~alone] < policy.minimum_units).any():
        reason = f"fewer than {policy.minimum_units} units nearly determine a fitted value"
        remedy = "join levels, or tell the reviewer why it is harmless"
        found.append(whole("saturated", reason, remedy, Verdict.REVIEW))
    return found


def _units_of_groups(design: Design) -> Codes:
    groups, _ = members(design.groups, design.units)
    return np.bincount(groups, minlength=len(design.first)).astype(np.int64)


def _broken_in_table(design: Design, alone: Flags, policy: Policy) -> list[str]:
    """The rules of tables that the groups ``alone`` break."""
    rows = alone[design.groups]
    columns = {
        _GROUP: pl.Series(design.groups[rows]).cast(pl.String),
        _RESPONSE: pl.Series(design.response[rows]),
        "unit": pl.Series(design.units[rows]),
    }
    entity = None
    if design.entities is not None:
        entity = "entity"
        columns[entity] = pl.Series(design.entities[rows])
    judged = _broken_counts if design.binary else _broken_means
    return list(dict.fromkeys(judged(pl.DataFrame(columns), entity, policy)))


def _broken_means(frame: pl.DataFrame, entity: str | None, policy: Policy) -> list[str]:
    table = magnitude_table(
        frame, [_GROUP], _RESPONSE, statistic="mean", unit="unit", entity=entity
    )
    return [item.rule for item in find(table, policy)]


def _broken_counts(frame: pl.DataFrame, entity: str | None, policy: Policy) -> list[str]:
    """Groups by response: small cells, and groups that nearly all have one response."""
    counted = frame.with_columns(pl.col(_RESPONSE).cast(pl.Int64).cast(pl.String))
    table = count_table(
        counted,
        [_GROUP, _RESPONSE],
        unit="unit",
        entity=entity,
        levels={_RESPONSE: ["0", "1"]},
    )
    found = [*minimum_units(table, policy), *minimum_entities(table, policy)]
    groups = table.cells[_GROUP]
    told = [
        item
        for item in concentrations(table, policy)
        if item.along == _RESPONSE and groups[item.cell] != TOTAL
    ]
    return [item.rule for item in found] + ["group_disclosure"] * bool(told)
