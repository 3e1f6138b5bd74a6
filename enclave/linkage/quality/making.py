"""From what is known of a linkage to what may be shown of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import disclosure_control as dc
from enclave.linkage.passes import LINKED, REVIEW, UNLINKED
from enclave.linkage.quality.estimates import CANNOT_BE_JUDGED, difference, judge_yardstick, wilson
from enclave.linkage.quality.extras import shown_absent, shown_routes, shown_truth
from enclave.linkage.quality.groups import GroupCount, shown_groups
from enclave.linkage.quality.margins import (
    NOT_LINKED,
    Cells,
    Margin,
    cells_frame,
    protected_cells,
)
from enclave.linkage.quality.measuring import BY_PASS, NO_PASS
from enclave.linkage.quality.persons import MOVER_MONTHS, NEWCOMER_MONTHS
from enclave.linkage.quality.policy import POLICY, is_small
from enclave.linkage.quality.replayed import shown_replay
from enclave.linkage.quality.report import (
    Coverage,
    PassLinks,
    Quality,
    ReasonCount,
    ReplayGroup,
    RoundRate,
    Totals,
    Verdict,
)
from enclave.linkage.quality.small import stands_apart
from enclave.measured import LevelCount, MeasuredLinks
from enclave.receipts import LinkageReceipt

YARDSTICKS = (
    ("pupils with a BSN", "BSN", 0.999),
    ("pupils without a number, linked by address", "no number", 0.95),
)
"""Name, level of ``number``, and the share that Statistics Netherlands reaches."""


@dataclass(frozen=True)
class Inputs:
    """What a report is made from.

    Args:
        receipt: of the round. Its counts are by group, small groups already joined.
        earlier: receipts of rounds before.
    """

    receipt: LinkageReceipt
    earlier: tuple[LinkageReceipt, ...] = ()


def make_quality(inputs: Inputs) -> Quality:
    """The record that may be shown; the same inputs give the same record.

    Raises:
        FindingsError: the counts cannot be protected, or the protection does not hold.
    """
    receipt = inputs.receipt
    margins = [*_group_margins(receipt.rates, receipt.reference_date.year), _pass_margin(receipt)]
    *group_cells, pass_cells = protected_cells(margins)
    groups = tuple(
        row
        for margin, cells in zip(margins[:-1], group_cells, strict=True)
        for row in shown_groups(margin.name, cells)
    )
    passes = tuple(
        PassLinks(one.name, pass_cells[one.name, LINKED], pass_cells[one.name, REVIEW])
        for one in receipt.passes
    )
    every = [count for cells in (*group_cells, pass_cells) for count in cells.values()]
    rounds = _rounds(inputs)
    told = [*every, rounds[-1].delivered, rounds[-1].linked]
    visible = {count for count in told if count is not None}
    measured = receipt.measured
    totals = _totals(pass_cells)
    seen = _coverage(receipt)
    replay = _replay(measured, visible, seen) if measured else ()
    replayed = {
        count
        for row in replay
        for count in (row.pupils, row.right, row.not_right, row.wrong)
        if count is not None
    }
    return Quality(
        round_id=str(receipt.round_id),
        reference_date=receipt.reference_date,
        policy=POLICY.name,
        table=receipt.table_name,
        totals=totals,
        passes=passes,
        groups=groups,
        coverage=seen,
        replay=replay,
        absent=shown_absent(measured.absent, totals, passes, replay) if measured else None,
        routes=shown_routes(measured.routes, passes, visible | replayed) if measured else None,
        truth=shown_truth(receipt, visible) if receipt.truth else None,
        verdicts=tuple(_verdicts(groups)),
        rounds=rounds,
        doubted=_reasons(one.reason for one in receipt.doubted),
    )


def _coverage(receipt: LinkageReceipt) -> Coverage | None:
    """Null when not counted, or when it would tell who was linked and is not enrolled there."""
    measured = receipt.measured
    if measured is None or not measured.coverage:
        return None
    margins = _group_margins(measured.coverage, receipt.reference_date.year)
    every = zip(margins, protected_cells(margins), strict=True)
    groups = tuple(row for margin, cells in every for row in shown_groups(margin.name, cells))
    linked = [row.linked for row in groups if row.level == dc.TOTAL and row.linked is not None]
    if any(not stands_apart(count, [receipt.linked]) for count in linked):
        return None
    return Coverage(measured.school_year, NEWCOMER_MONTHS, MOVER_MONTHS, groups)


def _replay(
    measured: MeasuredLinks, visible: Collection[int], seen: Coverage | None
) -> tuple[ReplayGroup, ...]:
    """What may be shown beside the coverage.

    The replayed of a group are nearly all among its linked persons. Where they are nearly as many,
    the characteristic is left out: the difference would tell who was linked in another way.
    """
    linked = {(row.characteristic, row.level): row.linked for row in seen.groups} if seen else {}
    totals = [n for (_, level), n in linked.items() if level == dc.TOTAL and n is not None]
    rows = shown_replay(measured.replay, {*visible, *totals})
    near = {
        row.characteristic
        for row in rows
        for count in (row.pupils, row.right)
        if count is not None
        and is_small(abs(count - (linked.get((row.characteristic, row.level)) or count)))
    }
    return tuple(row for row in rows if row.characteristic not in near)


def _group_margins(counts: Sequence[LevelCount], year: int) -> list[Margin]:
    names = dict.fromkeys(row.characteristic for row in counts)
    return [
        _group_margin(name, [row for row in counts if row.characteristic == name], year)
        for name in names
    ]


def _group_margin(name: str, rows: Sequence[LevelCount], year: int) -> Margin:
    label = "age" if name == "birth_year" else name
    levels = [_age(row, year) for row in rows]
    if label == "age":
        order = sorted(range(len(rows)), key=lambda place: (len(levels[place]), levels[place]))
        rows, levels = [rows[place] for place in order], [levels[place] for place in order]
    cells = [
        (level, kind, count)
        for level, row in zip(levels, rows, strict=True)
        for kind, count in ((LINKED, row.linked), (NOT_LINKED, row.pupils - row.linked))
    ]
    return Margin(label, cells_frame(cells))


def _age(row: LevelCount, year: int) -> str:
    """The age that somebody born in the year reaches in the year of the reference date."""
    born = row.characteristic == "birth_year" and row.level.isdigit()
    return str(year - int(row.level)) if born else row.level


def _pass_margin(receipt: LinkageReceipt) -> Margin:
    cells = [
        (one.name, kind, count)
        for one in receipt.passes
        for kind, count in ((LINKED, one.linked), (REVIEW, one.review))
    ]
    never = [(one.name, UNLINKED) for one in receipt.passes]
    return Margin(
        BY_PASS,
        cells_frame([*cells, (NO_PASS, UNLINKED, receipt.unlinked)]),
        whole=True,
        impossible=(*never, (NO_PASS, LINKED), (NO_PASS, REVIEW)),
    )


def _totals(cells: Cells) -> Totals:
    delivered, linked, not_linked, review, unlinked = (
        cells[dc.TOTAL, kind] for kind in (dc.TOTAL, LINKED, NOT_LINKED, REVIEW, UNLINKED)
    )
    known = delivered is not None and linked is not None
    rate = wilson(linked or 0, delivered or 0) if known else None
    return Totals(delivered, linked, not_linked, review, unlinked, rate)


def _verdicts(groups: Collection[GroupCount]) -> Iterable[Verdict]:
    for name, level, yardstick in YARDSTICKS:
        found = [row for row in groups if (row.characteristic, row.level) == ("number", level)]
        rate = found[0].rate if found else None
        verdict = CANNOT_BE_JUDGED if rate is None else judge_yardstick(rate, yardstick)
        yield Verdict(name, yardstick, rate, verdict)


def _rounds(inputs: Inputs) -> tuple[RoundRate, ...]:
    before = sorted(inputs.earlier, key=lambda one: (one.reference_date, one.finished_at))
    found: list[RoundRate] = []
    for one in (*before, inputs.receipt):
        hidden = is_small(one.linked) or is_small(one.delivered - one.linked)
        rate = None if hidden else wilson(one.linked, one.delivered)
        last = found[-1].rate if found else None
        change = difference(rate, last) if rate and last else None
        found.append(
            RoundRate(
                str(one.round_id),
                None if is_small(one.delivered) else one.delivered,
                None if hidden else one.linked,
                rate,
                change,
                change is not None and change.fell,
            )
        )
    return tuple(found)


def _reasons(reasons: Iterable[str]) -> tuple[ReasonCount, ...]:
    return tuple(ReasonCount(*pair) for pair in sorted(Counter(reasons).items()))
