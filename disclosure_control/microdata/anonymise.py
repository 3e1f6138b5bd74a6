"""Recoding and local suppression until everybody hides among at least k.

The cheapest full-domain recoding along the hierarchies is searched for (``lattice``), the few
classes that are then still too small lose cells (``local_suppression``), and the result is counted
again from the released records before anybody gets it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from disclosure_control.errors import InvalidInputError, ProtectionError
from disclosure_control.frames import collect
from disclosure_control.hierarchy import Hierarchy
from disclosure_control.microdata.arguments import as_plain_lazy, check_k, check_quasi_identifiers
from disclosure_control.microdata.classes import Classes, read_classes
from disclosure_control.microdata.k_anonymity import SIZE, class_sizes, smallest
from disclosure_control.microdata.lattice import Problem, search
from disclosure_control.microdata.loss import Loss, loss_of
from disclosure_control.microdata.recoding import ladder
from disclosure_control.microdata.release import released

MOST_QUASI_IDENTIFIERS = 100


@dataclass(frozen=True, eq=False, repr=False)
class Anonymised:
    """Records in which everybody hides among at least k. The repr holds no data values.

    Args:
        data: the records, same rows and columns in the same order. A quasi-identifier with a level
            above 0 is text (labels of its hierarchy, ``TOTAL`` at the highest level); suppressed
            cells are null. All other columns are untouched.
        levels: for each quasi-identifier how far it was recoded; 0 is not at all.
        suppressed_cells: how many cells are empty that were not.
        suppressed_rows: how many records have such a cell.
        loss: what it cost, by three measures.
        k: the size of the smallest class now, in distinct units (in rows without a unit).
        complete: whether all recodings were considered; false where the search was cut short.
    """

    data: pl.DataFrame
    levels: Mapping[str, int]
    suppressed_cells: int
    suppressed_rows: int
    loss: Loss
    k: int
    complete: bool

    def __repr__(self) -> str:
        recoded = {name: level for name, level in self.levels.items() if level}
        return (
            f"Anonymised(k={self.k}, rows={self.data.height}, recoded={recoded}, "
            f"suppressed_cells={self.suppressed_cells}, suppressed_rows={self.suppressed_rows}, "
            f"loss={self.loss.overall:.4f}, complete={self.complete})"
        )


def anonymise(
    frame: Any,
    quasi_identifiers: Sequence[str],
    k: int,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    *,
    unit: str | None = None,
    maximum_suppression: float = 0.05,
) -> Anonymised:
    """``frame`` recoded and suppressed until every class has at least ``k`` units.

    A missing value is a category of its own and no code of a hierarchy; it stays missing below the
    highest level unless the hierarchy has ``MISSING`` as a leaf. A frame that is k-anonymous
    already comes back unchanged.

    Args:
        frame: records; polars (eager or lazy), Arrow or pandas.
        quasi_identifiers: columns by which somebody could recognise a person, 100 at most.
        k: the smallest number of units (rows without ``unit``) of a class, at least 2.
        hierarchies: the tree along which a quasi-identifier may be recoded; its leaves cover the
            data. A column without one can only lose cells.
        unit: column that identifies the protected person; a missing unit counts as nobody.
        maximum_suppression: at most this share of the rows loses cells, as long as recoding further
            can help. Columns without a hierarchy may need more; then as few as possible beyond what
            the fullest recoding needs. See ``suppressed_rows``.

    Raises:
        InvalidInputError: columns, k or hierarchies that do not fit, codes outside a tree.
        ProtectionError: fewer than ``k`` rows or units in all.
    """
    names = check_quasi_identifiers(quasi_identifiers, unit)
    trees = _checked_trees(names, hierarchies or {})
    _check(names, k, maximum_suppression)
    needed = (*names, *([] if unit is None else [unit]))
    data = collect(as_plain_lazy(frame, needed, whole=True))
    if data.is_empty():
        raise InvalidInputError("Microdata has records; the frame has none.")
    classes = read_classes(data, names, unit)
    _check_possible(classes, unit, k)
    steps = tuple(
        ladder(name, texts, trees.get(name))
        for name, texts in zip(names, classes.labels, strict=True)
    )
    problem = Problem(classes, steps, k, int(maximum_suppression * data.height))
    solution, complete = search(problem)
    done = released(data, names, unit, (problem, solution))
    reached = smallest(class_sizes(done.data.lazy(), names, unit))
    if reached < k or (done.data.height, done.data.columns) != (data.height, data.columns):
        raise ProtectionError(f"Every class has {k} {_noun(unit)}; one has {reached}: a defect.")
    records = class_sizes(done.data.lazy(), names, None)[SIZE]
    return Anonymised(
        data=done.data,
        levels=dict(zip(names, solution.node, strict=True)),
        suppressed_cells=int(done.emptied.sum()),
        suppressed_rows=int(done.emptied.any(axis=1).sum()),
        loss=loss_of(dict(zip(names, done.losses, strict=True)), records, k),
        k=reached,
        complete=complete,
    )


def _check(names: tuple[str, ...], k: int, maximum_suppression: float) -> None:
    check_k("k", k)
    if len(names) > MOST_QUASI_IDENTIFIERS:
        raise InvalidInputError(
            f"At most {MOST_QUASI_IDENTIFIERS} quasi-identifiers, not {len(names)}: with so many "
            "nothing is left after recoding (Aggarwal, On k-anonymity and the curse of "
            "dimensionality, VLDB 2005). Name those that somebody can know of a person."
        )
    share = maximum_suppression
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise InvalidInputError("maximum_suppression lies between 0 and 1.")


def _checked_trees(names: tuple[str, ...], given: object) -> dict[str, Hierarchy]:
    if not isinstance(given, Mapping):
        raise InvalidInputError("hierarchies gives a Hierarchy for each column.")
    strange = sum(name not in names for name in given)
    if strange:
        raise InvalidInputError(
            f"Every hierarchy belongs to a quasi-identifier; {strange} of them do not."
        )
    if any(not isinstance(tree, Hierarchy) for tree in given.values()):
        raise InvalidInputError("hierarchies gives a Hierarchy for each column.")
    return dict(given)


def _noun(unit: str | None) -> str:
    return "rows" if unit is None else "units"


def _check_possible(classes: Classes, unit: str | None, k: int) -> None:
    everywhere = np.zeros(len(classes.codes), np.int64)
    number = int(classes.members.sizes(everywhere, 1)[0])
    if number < k:
        noun = _noun(unit)
        raise ProtectionError(f"A class of {k} {noun} needs at least {k}; the frame has {number}.")
