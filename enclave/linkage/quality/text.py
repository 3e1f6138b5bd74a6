"""The report as plain text: what the page says, without its charts."""

from collections.abc import Iterator

from enclave.linkage.quality.groups import TOTAL, GroupCount
from enclave.linkage.quality.plots import HIDDEN, at_least, in_words, percent
from enclave.linkage.quality.policy import MINIMUM_UNITS
from enclave.linkage.quality.report import Coverage, Quality
from enclave.linkage.quality.wording import level_of, name_of

_WIDE = 60


def as_text(quality: Quality) -> str:
    """The report for a terminal. Everything in it is in the checked record."""
    parts = (
        _head,
        _passes,
        _groups,
        _verdicts,
        _coverage,
        _replay,
        _absent,
        _truth,
        _rounds,
        _doubts,
    )
    return "\n".join(line for part in parts for line in part(quality)).rstrip() + "\n"


def _head(quality: Quality) -> Iterator[str]:
    totals = quality.totals
    counts = (totals.delivered, totals.linked, totals.review, totals.unlinked)
    delivered, linked, review, unlinked = (_number(one) for one in counts)
    yield f"Checked by policy {quality.policy}: no count of 1 to {MINIMUM_UNITS - 1} is shown,"
    yield "and none that would tell one by subtraction."
    yield ""
    yield f"Round {quality.round_id}, reference date {quality.reference_date.isoformat()}"
    yield f"pupils delivered: {delivered}; linked: {linked}; to review: {review};"
    yield f"not found: {unlinked}; link rate {in_words(totals.rate)}"


def _passes(quality: Quality) -> Iterator[str]:
    yield from _heading("pass", "linked", "review")
    for one in quality.passes:
        yield f"{one.name:<{_WIDE}}{_number(one.linked):>11}{_number(one.review):>11}"
    yield f"pattern table: {quality.table or 'none'}"


def _groups(quality: Quality) -> Iterator[str]:
    yield from _heading("delivered pupils", "pupils", "linked")
    yield from (_counts(row) for row in quality.groups if row.level != TOTAL)


def _verdicts(quality: Quality) -> Iterator[str]:
    yield ""
    for one in quality.verdicts:
        yard = f"yardstick {percent(one.yardstick)}: {one.verdict}"
        yield f"{one.name}: {in_words(one.rate)}; {yard}"


def _coverage(quality: Quality) -> Iterator[str]:
    found: Coverage | None = quality.coverage
    yield ""
    if found is None:
        yield "Seen from the registers: not counted, or it would tell a small count."
        return
    yield f"Seen from the registers, {found.school_year}: persons enrolled where delivered"
    yield from _heading("enrolled persons", "persons", "linked")
    yield from (_counts(row) for row in found.groups if row.level != TOTAL)


def _replay(quality: Quality) -> Iterator[str]:
    yield ""
    if not quality.replay:
        yield "Nobody was linked again without numbers, so precision was not estimated."
        return
    yield "Pupils with two numbers, linked again without them (estimate and 95 % interval)"
    for row in quality.replay:
        if row.precision is None and row.found is None:
            continue
        yield f"{_label(row.characteristic, row.level)}: "
        yield f"    right of its links {in_words(row.precision)}; found {in_words(row.found)}"


def _absent(quality: Quality) -> Iterator[str]:
    found = quality.absent
    if found is None:
        return
    yield f"with their person taken out of the spine, linked all the same: {in_words(found.wrong)}"
    if found.least is not None:
        yield "should everybody who was not linked be absent from the spine, and be like these,"
        yield f"    of the links without numbers are right at least {at_least(found.least)}"


def _truth(quality: Quality) -> Iterator[str]:
    if quality.truth is not None:
        yield ""
        yield f"against the truth: precision {in_words(quality.truth.precision)}; "
        yield f"recall {in_words(quality.truth.recall)}"


def _rounds(quality: Quality) -> Iterator[str]:
    yield ""
    for one in quality.rounds:
        fell = "; fell by more than chance" if one.fell else ""
        yield f"round {one.round_id}: link rate {in_words(one.rate)}{fell}"


def _doubts(quality: Quality) -> Iterator[str]:
    for one in quality.doubted:
        yield f"deliveries in doubt, {one.reason}: {one.deliveries}"


def _heading(*columns: str) -> Iterator[str]:
    first, *rest = columns
    yield ""
    yield f"{first:<{_WIDE}}" + "".join(f"{one:>11}" for one in rest)


def _counts(row: GroupCount) -> str:
    label = _label(row.characteristic, row.level)
    rate = in_words(row.rate)
    return f"{label:<{_WIDE}}{_number(row.pupils):>11}{_number(row.linked):>11}  {rate}"


def _label(characteristic: str, level: str) -> str:
    return f"{name_of(characteristic)}: {level_of(characteristic, level)}"


def _number(count: int | None) -> str:
    return HIDDEN if count is None else f"{count:,}"
