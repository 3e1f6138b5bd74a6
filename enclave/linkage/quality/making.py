"""From what is known of a linkage to what may be shown of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

import disclosure_control as dc
from enclave.linkage.passes import LINKED, REVIEW, UNLINKED
from enclave.linkage.quality.estimates import CANNOT_BE_JUDGED, difference, judge_yardstick, wilson
from enclave.linkage.quality.extras import Routes, shown_replay, shown_routes, shown_truth
from enclave.linkage.quality.groups import GroupCount, shown_groups
from enclave.linkage.quality.margins import NOT_LINKED, Cells, Margin, protected_cells
from enclave.linkage.quality.policy import POLICY, is_small
from enclave.linkage.quality.report import (
    PassLinks,
    Quality,
    ReasonCount,
    RoundRate,
    Totals,
    Verdict,
)
from enclave.receipts import LevelCount, LinkageReceipt

PASS, NO_PASS = "pass", "no pass"
YARDSTICKS = (
    ("pupils with a BSN", "BSN", 0.999),
    ("pupils without a number, linked by address", "no number", 0.95),
)
"""Name, level of ``number``, and the share that Statistics Netherlands reaches."""


@dataclass(frozen=True)
class Inputs:
    """What a report is made from.

    Args:
        receipt: of the round. Its rates are counts by group, small groups already joined.
        earlier: receipts of rounds before.
        replay: see ``replayed_passes``; null when nobody was linked again.
        routes: what BSN and education number each found; null when not known.
        table: name of the pattern table; null when it is not known.
        source: in words, for the reader.
    """

    receipt: LinkageReceipt
    earlier: tuple[LinkageReceipt, ...] = ()
    replay: pl.DataFrame | None = field(default=None, repr=False)
    routes: Routes | None = None
    table: str | None = None
    source: str = "receipts"


def make_quality(inputs: Inputs) -> Quality:
    """The record that may be shown; the same inputs give the same record.

    Raises:
        FindingsError: the counts cannot be protected, or the protection does not hold.
    """
    receipt = inputs.receipt
    margins = [*_group_margins(receipt), _pass_margin(receipt)]
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
    visible = {count for count in every if count is not None}
    return Quality(
        round_id=str(receipt.round_id),
        reference_date=receipt.reference_date,
        policy=POLICY.name,
        source=inputs.source,
        table=inputs.table,
        totals=_totals(pass_cells),
        passes=passes,
        groups=groups,
        replay=shown_replay(inputs.replay, visible) if inputs.replay is not None else (),
        routes=shown_routes(inputs.routes, passes, visible) if inputs.routes else None,
        truth=shown_truth(receipt, visible) if receipt.truth else None,
        verdicts=tuple(_verdicts(groups)),
        rounds=_rounds(inputs),
        doubted=_reasons(one.reason for one in receipt.doubted),
    )


def _group_margins(receipt: LinkageReceipt) -> list[Margin]:
    names = dict.fromkeys(row.characteristic for row in receipt.rates)
    return [_group_margin(name, receipt) for name in names]


def _group_margin(name: str, receipt: LinkageReceipt) -> Margin:
    rows = [row for row in receipt.rates if row.characteristic == name]
    label = "age" if name == "birth_year" else name
    levels = [_age(row, receipt.reference_date.year) for row in rows]
    if label == "age":
        order = sorted(range(len(rows)), key=lambda place: (len(levels[place]), levels[place]))
        rows, levels = [rows[place] for place in order], [levels[place] for place in order]
    cells = [
        (level, kind, count)
        for level, row in zip(levels, rows, strict=True)
        for kind, count in ((LINKED, row.linked), (NOT_LINKED, row.pupils - row.linked))
    ]
    return Margin(label, _frame(cells))


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
        PASS,
        _frame([*cells, (NO_PASS, UNLINKED, receipt.unlinked)]),
        whole=True,
        impossible=(*never, (NO_PASS, LINKED), (NO_PASS, REVIEW)),
    )


def _frame(cells: Sequence[tuple[str, str, int]]) -> pl.DataFrame:
    kinds = {"level": pl.String, "outcome": pl.String, "pupils": pl.Int64}
    return pl.DataFrame(cells, schema=kinds, orient="row")


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
