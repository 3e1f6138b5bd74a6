"""The joint problem of linked tables, and what its answer means for each of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from disclosure_control.assess import find
from disclosure_control.audit.components import determined
from disclosure_control.errors import InvalidInputError
from disclosure_control.linking_tables.cells import (
    Joined,
    check_same_people,
    join_cells,
    names_of,
)
from disclosure_control.linking_tables.circles import add_finest, is_chain
from disclosure_control.linking_tables.codes import Trees, find_dimensions
from disclosure_control.linking_tables.parts import add_parts, fill_parts
from disclosure_control.linking_tables.rules import find_relations
from disclosure_control.policy import Policy
from disclosure_control.suppression.apriori import Apriori
from disclosure_control.suppression.build import build_problem
from disclosure_control.suppression.names import cell_names, listed
from disclosure_control.suppression.problem import (
    Certificate,
    Flags,
    Floats,
    GroupDoubt,
    Places,
    SuppressionProblem,
    distinct_rows,
)
from disclosure_control.table import Table

_ADDITIVE = 1e-6
_FREE = 0.0


@dataclass(frozen=True)
class Linked:
    """The joint problem and the problem of each table.

    Args:
        problem: all cells once, then the parts that groups have in common.
        own: for each table its problem; what is unsafe in one table is so in all.
        places: for each table, the joint cell of each of its cells.
        doubts: for each table, the joint number of each of its doubts.
        complete: whether the joint problem says all that the tables tell together.
    """

    problem: SuppressionProblem
    own: tuple[SuppressionProblem, ...]
    places: tuple[Places, ...]
    doubts: tuple[Places, ...]
    complete: bool


def link(
    tables: Sequence[Table],
    policy: Policy,
    decisions: tuple[Any, Sequence[Apriori | None]],
    hierarchies: Trees,
) -> Linked:
    """The joint problem of protecting linked tables.

    Args:
        tables: tables of the same records.
        policy: by which all are judged.
        decisions: what hiding costs, and for each table what is decided beforehand.
        hierarchies: trees by dimension that connect codes of different tables.
    """
    from scipy.sparse import vstack

    dimensions = find_dimensions([table.axes for table in tables], hierarchies)
    joined = join_cells(tables, dimensions)
    check_same_people(tables, dimensions, joined)
    shown = len(joined.keys)
    joined, rules, complete = add_parts(joined, dimensions)
    cost, apriori = decisions
    own = [
        build_problem(table, find(table, policy), policy, cost, None, decided)
        for table, decided in zip(tables, apriori, strict=True)
    ]
    if tables[0].statistic == "median":
        # Medians do not add up; the same median in two tables is still one cell.
        joined = replace(joined, keys=joined.keys[:shown])
        relations, complete = find_relations(joined, [[] for _ in rules]), True
    else:
        complete = complete and is_chain(table.dimensions for table in tables)
        finest = None if complete else add_finest(joined, dimensions, tables)
        joined, sums = finest or (joined, None)
        relations = find_relations(joined, rules)
        if sums is not None:
            relations, complete = distinct_rows(vstack([relations, sums])), True
    doubts, numbers = _joint_doubts(own, joined)
    problem = _joint(own, joined, relations, doubts)
    problem = replace(problem, labels=names_of(tables, dimensions, joined))
    _check_forbidden(problem, joined, apriori)
    problem = _with_unsafe_parts(problem, tables, joined, policy)
    shared = tuple(
        _shared(one, problem, places) for one, places in zip(own, joined.places, strict=True)
    )
    return Linked(problem, shared, joined.places, numbers, complete)


def check_kinds(tables: Sequence[Table]) -> None:
    """Raises unless the tables are of one kind, so that they can have cells in common."""
    if not tables or not all(isinstance(table, Table) for table in tables):
        raise InvalidInputError("Linked tables are one or more tables.")
    kinds = {
        ("sum" if table.statistic == "mean" else table.statistic, table.weighted)
        for table in tables
    }
    if len(kinds) > 1:
        raise InvalidInputError(
            "Linked tables are all counts, all sums and means, all standard deviations or all "
            "medians, and all weighted or none: others have no cells in common. Protect each kind "
            "in a call of its own."
        )


def _check_forbidden(
    problem: SuppressionProblem, joined: Joined, apriori: Sequence[Apriori | None]
) -> None:
    for places, decided in zip(joined.places, apriori, strict=True):
        if decided is not None:
            bad = np.unique(places[decided.forbidden & problem.primary[places]])
            if bad.size:
                raise InvalidInputError(
                    "These cells must be shown in one table, but are unsafe in another: "
                    f"{listed(cell_names(problem, bad))}."
                )


def _joint_doubts(
    own: Sequence[SuppressionProblem], joined: Joined
) -> tuple[tuple[GroupDoubt, ...], tuple[Places, ...]]:
    """Every doubt once, and for each table the numbers of its doubts."""
    number: dict[GroupDoubt, int] = {}
    numbers = []
    for problem, places in zip(own, joined.places, strict=True):
        mapped = [
            GroupDoubt(int(places[one.cell]), int(places[one.group]), one.share)
            for one in problem.doubts
        ]
        numbers.append([number.setdefault(one, len(number)) for one in mapped])
    return tuple(number), tuple(np.array(own, dtype=np.int64) for own in numbers)


def _joint(
    own: Sequence[SuppressionProblem],
    joined: Joined,
    relations: Any,
    doubts: tuple[GroupDoubt, ...],
) -> SuppressionProblem:
    count = len(joined.keys)
    shown = int(max(places.max() for places in joined.places)) + 1
    nonnegative = all((problem.lower_bounds >= 0).all() for problem in own)
    values = _gathered(own, joined, "values", (shown, -np.inf))
    integral = own[0].integral
    values = fill_parts(
        relations, values, count - shown, integral=integral, nonnegative=nonnegative
    )
    _check_fits(relations, values)

    def of(name: str, start: float, part: float) -> Floats:
        gathered = _gathered(own, joined, name, (shown, start))
        return np.concatenate([gathered, np.full(count - shown, part)])

    return SuppressionProblem(
        values=values,
        costs=of("costs", -np.inf, _FREE),
        relations=relations,
        primary=of("primary", 0.0, 0.0) > 0,
        lower_protection=of("lower_protection", 0.0, 0.0),
        upper_protection=of("upper_protection", 0.0, 0.0),
        lower_bounds=of("lower_bounds", -np.inf, 0.0 if nonnegative else -np.inf),
        upper_bounds=-of("upper_bounds", -np.inf, -np.inf),
        integral=integral,
        doubts=doubts,
    )


def _gathered(
    own: Sequence[SuppressionProblem], joined: Joined, name: str, start: tuple[int, float]
) -> Floats:
    """The largest entry of any table for each joint cell; of upper bounds the least, negated."""
    found = np.full(start[0], start[1])
    sign = -1.0 if name == "upper_bounds" else 1.0
    for problem, places in zip(own, joined.places, strict=True):
        np.maximum.at(found, places, sign * getattr(problem, name).astype(np.float64))
    return found


def _check_fits(relations: Any, values: Floats) -> None:
    slack = np.abs(relations @ values)
    if slack.size and slack.max() > _ADDITIVE * max(1.0, np.abs(values).max()):
        raise InvalidInputError(
            "Linked tables are of the same records and variable, but sums of one table do not fit "
            f"another in {int((slack > _ADDITIVE * max(1.0, np.abs(values).max())).sum())} places."
        )


def _with_unsafe_parts(
    problem: SuppressionProblem, tables: Sequence[Table], joined: Joined, policy: Policy
) -> SuppressionProblem:
    """The problem with parts that differences of shown cells tell, and that are of too few, unsafe.

    Records stand in for units, of which a part is not known; there are no fewer records than units.
    """
    count = problem.values.size
    shown = int(max(places.max() for places in joined.places)) + 1
    part = np.arange(count) >= shown
    told = determined(problem.relations, part)
    if not told.any():
        return problem
    records = np.zeros(shown)
    for table, places in zip(tables, joined.places, strict=True):
        records[places] = table.cells["records"].to_numpy()
    people = fill_parts(problem.relations, records, count - shown, integral=True, nonnegative=True)
    few = told & (people > 0) & (people < policy.minimum_units)
    value = problem.values
    width = policy.interval_share * np.maximum(np.abs(value), 1e-6)
    nonnegative = problem.lower_bounds >= 0
    down = np.where(nonnegative, np.minimum(np.maximum(width, value), value), width)
    up = np.maximum(policy.minimum_units - value, 1.0) if problem.integral else width
    return replace(
        problem,
        primary=problem.primary | few,
        lower_protection=np.where(few, down, problem.lower_protection),
        upper_protection=np.where(few, up, problem.upper_protection),
    )


def _shared(
    own: SuppressionProblem, joint: SuppressionProblem, places: Places
) -> SuppressionProblem:
    """A table's problem with what the others demand of its cells."""
    return replace(
        own,
        costs=joint.costs[places],
        primary=joint.primary[places],
        lower_protection=joint.lower_protection[places],
        upper_protection=joint.upper_protection[places],
        lower_bounds=joint.lower_bounds[places],
        upper_bounds=joint.upper_bounds[places],
    )


def own_certificate(linked: Linked, certificate: Certificate, table: int) -> Certificate:
    """What a joint certificate proves about one table: the same changes, in its cells alone."""
    places, count = linked.places[table], linked.problem.values.size
    interval = certificate.side != 0
    target, entry = _matches(places, np.where(interval, certificate.target, -1), count)
    doubts = len(linked.problem.doubts)
    own = linked.doubts[table]
    second, other = _matches(own, np.where(interval, -1, certificate.target), doubts)
    entries = np.concatenate([entry, other])
    return Certificate(
        certificate.flows.tocsc()[:, places].tocsr(),
        np.concatenate([target, second]),
        certificate.side[entries],
        certificate.row[entries],
        certificate.scale[entries],
    )


def _matches(places: Places, wanted: Places, count: int) -> tuple[Places, Places]:
    """Every pair of a number with ``places[number] == wanted[entry]``, and the entry."""
    from scipy.sparse import csr_matrix

    having = csr_matrix(
        (np.ones(places.size), (places, np.arange(places.size))), shape=(count, places.size)
    )
    entries = np.flatnonzero(wanted >= 0)
    found = having[wanted[entries]].tocoo()
    return found.col.astype(np.int64), entries[found.row].astype(np.int64)


def joint_hidden(linked: Linked, hidden: Sequence[Flags]) -> Flags:
    """Joint cells that are hidden in some table."""
    flags = np.zeros(linked.problem.values.size, dtype=np.bool_)
    for places, own in zip(linked.places, hidden, strict=True):
        flags[places[own]] = True
    return flags
