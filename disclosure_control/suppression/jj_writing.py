"""Writing problems as ``.jj`` files, which tau-Argus and its optimiser read."""

from pathlib import Path
from typing import Any

import numpy as np

from disclosure_control.errors import InvalidInputError
from disclosure_control.suppression.problem import Flags, Floats, SuppressionProblem

_HUGE = 1e12
_WHOLE_SUM = 1e9
"""Whole costs add up to at most this: the optimiser of tau-Argus counts to 2.14e9."""
_EXACT = 2.0**53


def write_jj(
    problem: SuppressionProblem,
    path: Path | str,
    *,
    whole_costs: bool = True,
    names: bool = False,
) -> None:
    """Writes a problem so that the optimiser of tau-Argus reads it; ``read_jj`` gives it back.

    Cells with infinite cost are written as ``z``, infinite bounds as 1e12 (more for larger values).
    What the format has no place for (whether values are whole, the cost of a primary cell that may
    not be hidden, axes) does not come back.

    Args:
        problem: the problem.
        path: the file; it is replaced.
        whole_costs: costs that are not whole, or add up to more than 1e9, are scaled and rounded
            up, because the optimiser reads whole numbers; false: as they are, for other readers.
        names: whether labels follow the cells; the optimiser of tau-Argus reads none.

    Raises:
        InvalidInputError: the problem has doubts about groups, which the format cannot express.
    """
    if problem.doubts:
        raise InvalidInputError(
            "A .jj file has no place for doubts about groups; demand intervals instead."
        )
    shown = np.isinf(problem.costs) & ~problem.primary
    costs = np.where(np.isinf(problem.costs), 1.0, problem.costs)
    costs = _whole(costs, shown) if whole_costs else costs
    status = np.where(problem.primary, "u", np.where(shown, "z", "s"))
    huge = max(_HUGE, 1e3 * np.abs(problem.values).max(initial=0.0))
    columns = (
        problem.values,
        costs,
        np.maximum(problem.lower_bounds, -huge),
        np.minimum(problem.upper_bounds, huge),
        np.where(problem.primary, problem.lower_protection, 0.0),
        np.where(problem.primary, problem.upper_protection, 0.0),
    )
    texts = [[_as_text(number) for number in column.tolist()] for column in columns]
    labels = problem.labels if names and problem.labels else ("",) * problem.values.size
    lines = ["0", str(problem.values.size)]
    for place, (value, cost, *rest) in enumerate(zip(*texts, strict=True)):
        label = " ".join(labels[place].split())
        lines.append(" ".join([str(place), value, cost, status[place], *rest, "0", label]).rstrip())
    lines += [str(problem.relations.shape[0]), *_relation_lines(problem.relations)]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _whole(costs: Floats, shown: Flags) -> Floats:
    """Costs as whole numbers in the same proportions, at least 1 where they are above 0."""
    total = float(costs[~shown].sum())
    if (costs == np.rint(costs)).all() and total <= _WHOLE_SUM:
        return costs
    largest = float(costs[~shown].max(initial=1.0))
    scale = min(_WHOLE_SUM / (total + costs.size), 1e6 / largest)
    return np.where(shown, 1.0, np.ceil(costs * scale))


def _as_text(number: float) -> str:
    return str(int(number)) if number == np.rint(number) and abs(number) < _EXACT else repr(number)


def _relation_lines(relations: Any) -> list[str]:
    matrix = relations.tocsr()
    lines = []
    for first, last in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        pairs = zip(matrix.indices[first:last], matrix.data[first:last], strict=True)
        members = " ".join(f"{cell} ({int(sign)})" for cell, sign in pairs)
        lines.append(f"0 {last - first} : {members}".rstrip())
    return lines
