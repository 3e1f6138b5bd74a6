"""What is shown of a replay, of two routes and of a truth, beside the counts by group.

Their counts are of other sets of the same pupils. So each must differ by none or by ten or more
from every count that is shown; otherwise subtraction would tell the difference.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from enclave.linkage.passes import PASSES
from enclave.linkage.quality.estimates import Share, between, chapman, wilson
from enclave.linkage.quality.policy import is_small
from enclave.linkage.quality.replay import replayed_passes
from enclave.linkage.quality.report import PassLinks, PassQuality, RoutesQuality, TruthQuality
from enclave.linkage.quality.small import cautious, possible, stands_apart
from enclave.linkage.tail import PASS_NAME
from enclave.receipts import LinkageReceipt

BY_NUMBER = tuple(step.name for step in PASSES if step.by_number)
_ORDER = [*(step.name for step in PASSES), PASS_NAME]


@dataclass(frozen=True)
class Routes:
    """Pupils for whom each number points at one person: raw counts, not fit to publish.

    ``agree``: of those found by both, how many are one and the same person.
    """

    by_bsn: int
    by_education_number: int
    by_both: int
    agree: int


def shown_replay(replay: pl.DataFrame, visible: Collection[int]) -> tuple[PassQuality, ...]:
    """Precision and recall by pass in a replay, in the order of passes, small counts hidden."""
    found = {one.name: one.precision for one in replayed_passes(replay)}
    names = sorted(found, key=lambda name: (_ORDER.index(name) if name in _ORDER else 0, name))
    counted = [(name, found[name].part or 0, found[name].whole) for name in names]
    rest = replay.height - sum(links for _, _, links in counted if possible(0, links))
    sample = stands_apart(replay.height, visible) and not is_small(rest)
    return tuple(
        PassQuality(
            name,
            cautious(right, links),
            _of_sample(possible(right, links), replay.height) if sample else None,
        )
        for name, right, links in counted
    )


def _of_sample(part: tuple[int, int] | None, whole: int) -> Share | None:
    if part is None:
        return None
    low, high = part
    return cautious(low, whole) if low == high else between(low, high, whole)


def shown_routes(
    routes: Routes, passes: Sequence[PassLinks], visible: Collection[int]
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
