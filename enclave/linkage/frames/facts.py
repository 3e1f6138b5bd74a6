"""What must be known of both files before they are hashed."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from enclave import identifiers as normal
from enclave.errors import FindingsError, InputError
from enclave.identifiers.birth_date import YEAR_FIRST
from enclave.identifiers.numbers import is_sound_bsn
from enclave.linkage.frames.inputs import LONG_AGO, Source
from enclave.linkage.keying import delivered_years
from enclave.linkage.period import Period, later, period_of
from enclave.linkage.prepared import IDENTIFIERS, Forms, normal_forms, whole_birth

SOUND_SHARE = 0.99
_SAMPLED = 200_000
FEW_SHARED, MAXIMUM_SHARED = 4, 0.001
"""Rows whose number another person has too: so many, and such a share, are errors of a register."""

MINIMUM_UNREAD, MINIMUM_UNREAD_SHARE = 10, 0.05
"""From so many values and this share on, a column is said not to be readable."""

_FORMS = {
    "bsn": r"^[0-9]{9}$",
    "education_number": r"^[0-9]{9}$",
    "birth_date": r"^[0-9]{8}$",
    "sex": r"^[MV]$",
    "postcode": r"^[1-9][0-9]{3}[A-Z]{2}$",
    "house_number": r"^[1-9][0-9]{0,4}$",
}
_PLACEHOLDERS = {
    "bsn": ("123456782", "111222333", "999999990", "000000000", "999999999"),
    "postcode": ("9999XX", "9999ZZ", "1000AA"),
}


@dataclass(frozen=True)
class Facts:
    """Forms of both files, and what was delivered.

    ``births``: birth dates. ``years``: years of birth. ``days``: reference dates with whether the
    spine covers them. ``shared``: numbers of the spine that belong to two or more persons.
    ``unread``: columns of the delivery with many values in no known form. ``period``: the days of
    which the spine tells.
    """

    delivery: Forms
    spine: Forms
    births: pl.Series
    years: frozenset[str]
    covered: frozenset[date]
    shared: int
    unread: tuple[str, ...]
    period: Period


def find_facts(delivery: Source, spine: Source) -> Facts:
    """The facts of two files.

    Raises:
        InputError: the spine covers no reference date.
        FindingsError: numbers of the spine belong to several persons, or spells end before they
            begin, too many to be errors.
    """
    period = period_of(spine.scan(), LONG_AGO)
    _refuse_backwards(period, spine)
    sound = _sound(spine)
    forms = Forms(normalised=False, sound_numbers=sound)
    births = _births(delivery).drop_nulls()
    return Facts(
        delivery=forms,
        spine=Forms(normalised=_is_normal(spine), sound_numbers=False),
        births=births["birth"],
        years=delivered_years(births),
        covered=_covered(delivery, period),
        shared=_shared(spine) + _sharing(spine, "education_number")[0],
        unread=_unread(delivery),
        period=period,
    )


def _sound(spine: Source) -> bool:
    """Whether the spine's BSNs pass the eleven-test; made-up ones need not."""
    numbers = spine.scan().select("bsn").drop_nulls().head(_SAMPLED).collect()["bsn"]
    sound = numbers.to_frame().select(is_sound_bsn(pl.col("bsn")).mean()).item()
    return sound is not None and sound >= SOUND_SHARE


def _births(delivery: Source) -> pl.DataFrame:
    """Whole birth dates and how often each was delivered."""
    born = normal.birth_date("birth_date", YEAR_FIRST).alias("birth_date")
    return delivery.scan().select(born).group_by(whole_birth()).len().collect(engine="streaming")


def _is_normal(spine: Source) -> bool:
    """Whether every identifier of the spine is in its normal form already."""
    wrong = [(~pl.col(name).str.contains(form)).any().alias(name) for name, form in _FORMS.items()]
    fillers = [
        pl.col(name).is_in(values).any().alias(f"{name} filler")
        for name, values in _PLACEHOLDERS.items()
    ]
    found = spine.scan().select(*wrong, *fillers).collect(engine="streaming")
    return not any(found.row(0))


def _refuse_backwards(period: Period, spine: Source) -> None:
    rows = spine.scan().select(pl.len()).collect(engine="streaming").item()
    if period.backwards > FEW_SHARED and period.backwards > MAXIMUM_SHARED * rows:
        raise FindingsError(
            "An address is left after it was moved to.",
            where=f"--spine, valid_to lies before valid_from: {period.backwards:,} rows",
            next_step="see that the two columns are not exchanged; nothing was linked",
        )


def _covered(delivery: Source, period: Period) -> frozenset[date]:
    days = delivery.scan().select("reference_date").unique().collect(engine="streaming")
    first, last = period.first, period.last
    known = [day for day in days["reference_date"].to_list() if day is not None]
    if last is None:
        covered = known
    else:
        covered = [day for day in known if (first or last) <= day <= later(last)]
    if not covered:
        raise InputError(
            "The spine covers the reference date: from its first date until a year after its last.",
            where=f"--delivery, reference_date: {len(days):,} dates, none of them covered",
            next_step="link with the spine of that time, or mend the dates",
        )
    return frozenset(covered)


def _unread(delivery: Source) -> tuple[str, ...]:
    """Columns of which many values are in no form that can be read."""
    given = delivery.scan().select(IDENTIFIERS)
    read = given.select(*normal_forms())
    counts = [
        frame.select(pl.col(*IDENTIFIERS).count()).collect(engine="streaming").row(0, named=True)
        for frame in (given, read)
    ]
    lost = {name: counts[0][name] - counts[1][name] for name in IDENTIFIERS}
    return tuple(
        name
        for name, count in lost.items()
        if count >= MINIMUM_UNREAD and count > MINIMUM_UNREAD_SHARE * counts[0][name]
    )


def _shared(spine: Source) -> int:
    """BSNs of two or more persons; they link nobody. Many mean that a column is not in place."""
    shared, count, held, rows = _sharing(spine, "bsn")
    if held > FEW_SHARED and held > MAXIMUM_SHARED * rows:
        raise FindingsError(
            "A BSN belongs to one person of the spine.",
            where=f"--spine, {shared:,} of {count:,} numbers belong to two or more",
            next_step="let the register's owner mend it; nothing was linked",
        )
    return shared


def _sharing(spine: Source, column: str) -> tuple[int, int, int, int]:
    """Numbers of two or more persons, all numbers, rows with one of the first, and with any."""
    numbers = (
        spine.scan()
        .select(column, pl.col("person_id").hash().alias("person"))
        .drop_nulls(column)
        .group_by(pl.col(column).hash())
        .agg(
            (pl.col("person").min() != pl.col("person").max()).alias("shared"),
            pl.len().alias("rows"),
        )
        .select(
            pl.col("shared").sum(),
            pl.len().alias("numbers"),
            pl.col("rows").filter("shared").sum().alias("with"),
            pl.col("rows").sum(),
        )
        .collect(engine="streaming")
    )
    shared, count, held, rows = (int(one or 0) for one in numbers.row(0))
    return shared, count, held, rows
