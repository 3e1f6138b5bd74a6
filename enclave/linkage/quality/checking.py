"""The post-condition of a report: no small count stands in it, none is found by calculating.

It looks at the finished record alone and knows nothing of how counts were hidden: all equations
between its counts are solved at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from enclave.errors import FindingsError
from enclave.linkage.quality.estimates import Share
from enclave.linkage.quality.groups import TOTAL, GroupCount
from enclave.linkage.quality.policy import MINIMUM_UNITS, is_small
from enclave.linkage.quality.report import Quality, ReplayGroup

_CERTAIN, _HALF = 1e-9, 0.5


@dataclass
class _Equations:
    """Sums of counts: each whole is the sum of its parts; counts have numbers."""

    counts: list[int | None] = field(default_factory=list)
    sums: list[tuple[int, list[int]]] = field(default_factory=list)

    def count(self, value: int | None) -> int:
        self.counts.append(value)
        return len(self.counts) - 1

    def add(self, whole: int, parts: Sequence[int]) -> None:
        self.sums.append((whole, list(parts)))


def check_quality(quality: Quality) -> None:
    """Raises unless the record may be shown.

    Raises:
        FindingsError: a count below the minimum is shown, or follows from what is shown; or counts
            contradict each other, and then nothing is known about what follows.
    """
    equations = _equations(quality)
    derived, broken = _solve(equations)
    small = sum(is_small(count) for count in equations.counts if count is not None)
    small += sum(is_small(count) for share in _shares(quality) for count in _told(share))
    small += sum(is_small(count) for count in _told_by_routes(quality))
    small += sum(is_small(abs(count)) for count in derived)
    if small:
        raise FindingsError(
            f"No count below {MINIMUM_UNITS} is shown or can be computed.",
            where=f"quality report: {small} counts",
            next_step="report this; no report was written",
        )
    if broken:
        raise FindingsError(
            "The counts of a report add up.",
            where=f"quality report: {broken} sums",
            next_step="report this; no report was written",
        )


def _equations(quality: Quality) -> _Equations:
    made = _Equations()
    totals = quality.totals
    delivered, linked, rest, review, unlinked = (
        made.count(one)
        for one in (
            totals.delivered, totals.linked, totals.not_linked, totals.review, totals.unlinked
        )
    )  # fmt: skip
    made.add(delivered, [linked, rest])
    made.add(rest, [review, unlinked])
    made.add(linked, [made.count(one.linked) for one in quality.passes])
    made.add(review, [made.count(one.review) for one in quality.passes])
    for name in dict.fromkeys(row.characteristic for row in quality.groups):
        rows = [row for row in quality.groups if row.characteristic == name]
        _add_groups(made, rows, (delivered, linked, rest))
    if quality.coverage is not None:
        _add_coverage(made, quality.coverage.groups, linked)
    _add_replay(made, quality.replay)
    _add_others(made, quality)
    _add_rounds(made, quality, (delivered, linked))
    _add_truth(made, quality, (delivered, linked))
    return made


def _add_rounds(made: _Equations, quality: Quality, totals: tuple[int, int]) -> None:
    """Every round, of which the last one is this."""
    for one in quality.rounds:
        places = [made.count(one.delivered), made.count(one.linked)]
        made.add(places[0], [places[1], made.count(None)])
        if one.round_id == quality.round_id:
            for place, total in zip(places, totals, strict=True):
                made.add(place, [total])


def _add_truth(made: _Equations, quality: Quality, totals: tuple[int, int]) -> None:
    """All links were compared with the truth; of the delivered some could not be linked."""
    truth, (delivered, linked) = quality.truth, totals
    if truth is not None and truth.precision is not None:
        made.add(linked, [made.count(truth.precision.whole)])
    if truth is not None and truth.recall is not None:
        made.add(delivered, [made.count(truth.recall.whole), made.count(None)])


def _add_groups(made: _Equations, rows: Sequence[GroupCount], totals: tuple[int, ...]) -> None:
    """The levels of one characteristic, each a sum, and together the totals."""
    columns: list[list[int]] = [[], [], []]
    for row in rows:
        places = [made.count(one) for one in (row.pupils, row.linked, row.not_linked)]
        made.add(places[0], places[1:])
        for place, total, column in zip(places, totals, columns, strict=True):
            if row.level == TOTAL:
                made.add(place, [total])
            else:
                column.append(place)
    for total, column in zip(totals, columns, strict=True):
        made.add(total, column)


def _add_coverage(made: _Equations, groups: Sequence[GroupCount], linked: int) -> None:
    """Enrolled persons who were linked, and the linked who are not enrolled there."""
    wholes = [row for row in groups if row.level == TOTAL]
    if not wholes:
        return
    first = wholes[0]
    totals = tuple(made.count(one) for one in (first.pupils, first.linked, first.not_linked))
    made.add(totals[0], totals[1:])
    made.add(linked, [totals[1], made.count(None)])
    for name in dict.fromkeys(row.characteristic for row in groups):
        _add_groups(made, [row for row in groups if row.characteristic == name], totals)


def _add_replay(made: _Equations, rows: Sequence[ReplayGroup]) -> None:
    """Right, wrong and missed by level; their totals are those of every other characteristic."""
    counted = [row for row in rows if any(row.level == TOTAL for row in rows)]
    totals = [made.count(None) for _ in range(5)]
    for name in dict.fromkeys(row.characteristic for row in counted):
        levels = [row for row in counted if row.characteristic == name]
        columns: list[list[int]] = [[] for _ in totals]
        for row in levels:
            counts = (row.pupils, row.right, row.not_right, row.wrong, None)
            places = [made.count(one) for one in counts]
            made.add(places[0], places[1:3])
            made.add(places[2], places[3:])
            for place, total, column in zip(places, totals, columns, strict=True):
                if row.level == TOTAL:
                    made.add(place, [total])
                else:
                    column.append(place)
        for total, column in zip(totals, columns, strict=True):
            made.add(total, column)


def _add_others(made: _Equations, quality: Quality) -> None:
    """Linked persons of a group who were not replayed."""
    rows = quality.coverage.groups if quality.coverage else ()
    linked = {(row.characteristic, row.level): row.linked for row in rows}
    for row in quality.replay:
        whole = linked.get((row.characteristic, row.level))
        for part in (row.pupils, row.right):
            made.add(made.count(whole), [made.count(part), made.count(None)])


def _solve(equations: _Equations) -> tuple[list[int], int]:
    """The hidden counts that the equations determine, and how many equations do not hold."""
    unknown = [place for place, count in enumerate(equations.counts) if count is None]
    column = {place: number for number, place in enumerate(unknown)}
    matrix = np.zeros((len(equations.sums), len(unknown)))
    known = np.zeros(len(equations.sums))
    for number, (whole, parts) in enumerate(equations.sums):
        for place, sign in ((whole, -1.0), *((part, 1.0) for part in parts)):
            count = equations.counts[place]
            if count is None:
                matrix[number, column[place]] += sign
            else:
                known[number] -= sign * count
    inverse = np.linalg.pinv(matrix)
    found = inverse @ known
    certain = np.diag(inverse @ matrix) > 1 - _CERTAIN
    broken = np.abs(matrix @ found - known) > _HALF
    return [round(float(value)) for value in found[certain]], int(broken.sum())


def _shares(quality: Quality) -> Iterator[Share]:
    found = [quality.totals.rate]
    found += [row.rate for row in quality.groups] + [one.rate for one in quality.verdicts]
    found += [share for one in quality.replay for share in (one.precision, one.found)]
    if quality.coverage is not None:
        found += [row.rate for row in quality.coverage.groups]
    found += [one.rate for one in quality.rounds]
    if quality.absent is not None:
        found.append(quality.absent.wrong)
    if quality.routes is not None:
        found.append(quality.routes.agreement)
    if quality.truth is not None:
        found += [quality.truth.precision, quality.truth.recall]
    return (share for share in found if share is not None)


def _told(share: Share) -> tuple[int, ...]:
    if share.part is None:
        return (share.whole,)
    return share.whole, share.part, share.whole - share.part


def _told_by_routes(quality: Quality) -> tuple[int, ...]:
    routes = quality.routes
    if routes is None:
        return ()
    counts = (routes.by_bsn, routes.by_education_number, routes.by_both)
    first, second, both = (count or 0 for count in counts)
    return first, second, both, first - both, second - both
