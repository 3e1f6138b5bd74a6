"""What is shown of pupils who were linked again without numbers: by pass and by group.

Right, wrong and missed pupils are one table by each characteristic and by pass, protected together.
What is hidden lies between the ends that the shown counts leave.
"""

from collections.abc import Collection, Iterator, Sequence

import disclosure_control as dc
from enclave.linkage.passes import LINKED, PASSES, REVIEW, UNLINKED
from enclave.linkage.quality.estimates import Share, between, wilson
from enclave.linkage.quality.margins import (
    NOT_LINKED,
    Cells,
    Margin,
    cells_frame,
    protected_cells,
)
from enclave.linkage.quality.measuring import BY_PASS, NO_PASS
from enclave.linkage.quality.policy import MINIMUM_UNITS
from enclave.linkage.quality.report import ReplayGroup
from enclave.linkage.quality.small import MOST_HIDDEN, cautious, stands_apart
from enclave.linkage.tail import PASS_NAME
from enclave.measured import ReplayCount

RIGHT, WRONG, MISSED, NOT_RIGHT = LINKED, REVIEW, UNLINKED, NOT_LINKED
"""What became of a replayed pupil, by the outcomes of which it is a case."""

_ORDER = [*(step.name for step in PASSES), PASS_NAME, NO_PASS]


def shown_replay(
    counts: Sequence[ReplayCount], visible: Collection[int]
) -> tuple[ReplayGroup, ...]:
    """The rows that may be shown, passes first; the level ``[total]`` is all replayed pupils.

    Args:
        counts: by pass and by characteristic.
        visible: counts that are shown of all delivered pupils. A sample that is nearly as large as
            one of them is not shown; then only the precision of each pass is.

    Raises:
        FindingsError: the counts cannot be protected, or the protection does not hold.
    """
    passes = sorted(
        (one for one in counts if one.characteristic == BY_PASS),
        key=lambda one: (_ORDER.index(one.level) if one.level in _ORDER else 0, one.level),
    )
    pupils = sum(one.pupils for one in passes)
    if not stands_apart(pupils, visible) or pupils < MINIMUM_UNITS:
        return tuple(_precision_alone(one) for one in passes if one.level != NO_PASS)
    names = dict.fromkeys(one.characteristic for one in counts if one.characteristic != BY_PASS)
    margins = [_pass_margin(passes)]
    margins += [_margin(name, [c for c in counts if c.characteristic == name]) for name in names]
    few = sum(one.wrong for one in passes) < MINIMUM_UNITS
    every = zip(margins, protected_cells(margins), strict=True)
    return tuple(row for margin, cells in every for row in _rows(margin.name, cells, few=few))


def _precision_alone(one: ReplayCount) -> ReplayGroup:
    precision = cautious(one.right, one.right + one.wrong)
    return ReplayGroup(BY_PASS, one.level, None, None, None, None, precision, None)


def _pass_margin(passes: Sequence[ReplayCount]) -> Margin:
    linked = [one for one in passes if one.level != NO_PASS]
    missed = sum(one.pupils for one in passes if one.level == NO_PASS)
    cells = [(one.level, kind, n) for one in linked for kind, n in _linked(one)]
    never = [(one.level, MISSED) for one in linked]
    return Margin(
        BY_PASS,
        cells_frame([*cells, (NO_PASS, MISSED, missed)]),
        whole=True,
        impossible=(*never, (NO_PASS, RIGHT), (NO_PASS, WRONG)),
    )


def _margin(name: str, rows: Sequence[ReplayCount]) -> Margin:
    cells = [
        (one.level, kind, n)
        for one in rows
        for kind, n in (*_linked(one), (MISSED, one.pupils - one.right - one.wrong))
    ]
    return Margin(name, cells_frame(cells), whole=True)


def _linked(one: ReplayCount) -> tuple[tuple[str, int], tuple[str, int]]:
    return (RIGHT, one.right), (WRONG, one.wrong)


def _rows(name: str, cells: Cells, *, few: bool) -> Iterator[ReplayGroup]:
    """The levels of one characteristic.

    Args:
        name: of the characteristic.
        cells: as protected.
        few: whether fewer than the minimum were linked wrongly in all.
    """
    for level in dict.fromkeys(level for level, _ in cells):
        pupils, right, not_right, wrong = (
            cells[level, kind] for kind in (dc.TOTAL, RIGHT, NOT_RIGHT, WRONG)
        )
        precision = found = None
        if level != NO_PASS:
            rights, (least, most) = _ends(cells, level, RIGHT), _ends(cells, level, WRONG)
            if few:
                most = MOST_HIDDEN if most is None else min(most, MOST_HIDDEN)
            precision = _precision(rights, (least, most))
            found = _found(rights, cells[dc.TOTAL, dc.TOTAL] if name == BY_PASS else pupils)
        yield ReplayGroup(name, level, pupils, right, not_right, wrong, precision, found)


Ends = tuple[int, int | None]


def _ends(cells: Cells, level: str, kind: str) -> Ends:
    """The smallest and the largest count that the shown ones leave; null when nothing limits it."""
    shown = cells[level, kind]
    if shown is not None:
        return shown, shown
    whole, complement = cells[level, dc.TOTAL], NOT_RIGHT if kind == RIGHT else RIGHT
    levels = [one for one in dict.fromkeys(one for one, _ in cells) if one != dc.TOTAL]
    limits = [whole, _spare(cells, levels, kind)]
    rest = cells[level, complement]
    if whole is not None and rest is not None:
        limits.append(whole - rest)
    if kind == WRONG:
        limits.append(cells[level, NOT_RIGHT])
    known = [limit for limit in limits if limit is not None]
    high = min(known) if known else None
    if kind == WRONG or whole is None:
        return 0, high
    # Who is not right is at most as many as all levels with a hidden count have together.
    most = rest if rest is not None else _spare(cells, levels, complement)
    return max(0, whole - most) if most is not None else 0, high


def _spare(cells: Cells, levels: Sequence[str], kind: str) -> int | None:
    """How many of one kind the levels with a hidden count have together; null when not shown."""
    whole = cells[dc.TOTAL, kind]
    return None if whole is None else whole - sum(cells.get((one, kind)) or 0 for one in levels)


def _precision(rights: Ends, wrongs: Ends) -> Share | None:
    low, high = rights
    least, most = wrongs
    if most is None or low + most < 2 * MINIMUM_UNITS:
        return None
    if low == high and least == most:
        return wilson(low, low + most)
    # Nothing limits how many were right: all but a few of the links may be.
    best = None if high is None else wilson(high, high + least).high
    return Share(None, low + most, None, wilson(low, low + most).low, 1.0 if best is None else best)


def _found(rights: Ends, whole: int | None) -> Share | None:
    low, high = rights
    if whole is None or high is None or whole < 2 * MINIMUM_UNITS:
        return None
    return wilson(low, whole) if low == high else between(low, min(high, whole), whole)
