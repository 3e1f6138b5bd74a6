"""What is shown of two routes and of a truth, beside the counts by group.

Their counts are of other sets of the same pupils. So each must differ by none or by ten or more
from every count that is shown; otherwise subtraction would tell the difference.
"""

from collections.abc import Collection, Sequence

from enclave.linkage.passes import PASSES
from enclave.linkage.quality.estimates import between, chapman, wilson
from enclave.linkage.quality.groups import TOTAL
from enclave.linkage.quality.measuring import BY_PASS, NO_PASS
from enclave.linkage.quality.policy import MINIMUM_UNITS, is_small
from enclave.linkage.quality.report import (
    AbsentQuality,
    PassLinks,
    ReplayGroup,
    RoutesQuality,
    Totals,
    TruthQuality,
)
from enclave.linkage.quality.small import cautious, possible, stands_apart
from enclave.measured import AbsentCount, RouteCount
from enclave.receipts import LinkageReceipt

BY_NUMBER = tuple(step.name for step in PASSES if step.by_number)


def shown_absent(
    counts: AbsentCount, totals: Totals, passes: Sequence[PassLinks], replay: Sequence[ReplayGroup]
) -> AbsentQuality | None:
    """The share of wrong links of absent persons, and what it can do at worst.

    All of it follows from the share and from counts that are shown. Null for a small sample.
    """
    if counts.pupils < 2 * MINIMUM_UNITS:
        return None
    none = wilson(0, counts.pupils)
    wrong = cautious(counts.linked, counts.pupils) if counts.linked else none
    if wrong is None or wrong.high is None:
        return None
    linked = [one.linked for one in passes if one.name not in BY_NUMBER]
    known = [count for count in linked if count is not None]
    precision = _lowest([row for row in replay if row.characteristic == BY_PASS])
    if len(known) < len(linked) or totals.not_linked is None or precision is None:
        return AbsentQuality(wrong, None)
    return AbsentQuality(wrong, _least(sum(known), totals.not_linked, wrong.high, precision))


def _lowest(passes: Sequence[ReplayGroup]) -> float | None:
    """The lower end of the precision of all passes, or else of the worst of them."""
    every = [row for row in passes if row.level == TOTAL] or passes
    ends = [row.precision.low if row.precision else None for row in every if row.level != NO_PASS]
    known = [end for end in ends if end is not None]
    return min(known) if known and len(known) == len(ends) else None


def _least(links: int, others: int, wrong: float, precision: float) -> float | None:
    """The least precision of ``links`` when all ``others`` are absent, as many as were not linked.

    Absent are the others and the wrongly linked ``w``; w is ``wrong`` of both together.
    """
    if not links or wrong >= 1:
        return None
    return max(0.0, links - others * wrong / (1 - wrong)) / links * precision


def shown_routes(
    routes: RouteCount, passes: Sequence[PassLinks], visible: Collection[int]
) -> RoutesQuality:
    """How far two numbers agree; nothing when it tells a count that is hidden elsewhere."""
    known = {one.name: one.linked is not None for one in passes}
    first, second, both = routes.by_bsn, routes.by_education_number, routes.by_both
    counts = (first, second, both)
    apart = all(stands_apart(count, visible) for count in counts)
    alone = is_small(first - both) or is_small(second - both)
    if not apart or alone or not both or not all(known.get(name, False) for name in BY_NUMBER):
        return RoutesQuality(None, None, None, None, None)
    return RoutesQuality(*counts, cautious(routes.agree, both), chapman(*counts))


def shown_truth(receipt: LinkageReceipt, visible: Collection[int]) -> TruthQuality:
    """Right links of all links and of all who could be linked, small counts hidden."""
    truth = receipt.truth
    split = is_small(receipt.linked) or is_small(receipt.delivered - receipt.linked)
    if truth is None or split:
        return TruthQuality(None, None)
    found = possible(truth.correct, receipt.linked)
    if found is None:
        return TruthQuality(None, None)
    precision = cautious(truth.correct, receipt.linked)
    if not stands_apart(truth.linkable, visible):
        return TruthQuality(precision, None)
    low, high = found
    if low < high:
        return TruthQuality(precision, between(low, min(high, truth.linkable), truth.linkable))
    told = is_small(truth.linkable - truth.correct)
    return TruthQuality(precision, None if told else wilson(truth.correct, truth.linkable))
