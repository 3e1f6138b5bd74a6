"""From spells as delivered to spells of the spine: frames in, frames out.

A row of the spine is an address spell of a person with one combination of numbers, sex and birth
date that was recorded in it. Its dates are those of the address, not of the numbers. So a changed
number or a corrected birth date gets a row beside the old one, with the same dates.
"""

from datetime import date

import polars as pl

from enclave.errors import FindingsError
from enclave.linkage.spells.extract import COLUMNS, HOME, Extract

OPEN_END = date(9999, 12, 31)
ADDRESS = HOME[1:]


def spells_of(rows: pl.DataFrame, extract: Extract) -> pl.DataFrame:
    """The rows of an extract with ends: where it tells none, a spell ends when the next begins.

    Raises:
        FindingsError: without told ends, a person begins at two addresses on one day.
    """
    if extract.ends_told:
        return rows
    begun = rows.select(*HOME, "valid_from").unique()
    twice = begun.group_by("person_id", "valid_from").len().filter(pl.col("len") > 1).height
    if twice:
        raise FindingsError(
            "A person begins at one address on one day.",
            where=f"{twice:,} times at two or more addresses",
            next_step="let the register's owner mend it; no spine was written",
        )
    ended = begun.sort("person_id", "valid_from").with_columns(
        valid_to=pl.col("valid_from").shift(-1).over("person_id")
    )
    return rows.drop("valid_to").join(ended, on=[*HOME, "valid_from"], nulls_equal=True)


def merged(rows: pl.DataFrame) -> pl.DataFrame:
    """Spells of a person at one address that touch or overlap as one; no row twice.

    Returns ``COLUMNS``. All combinations recorded in a spell get the dates of the whole spell.
    """
    end = pl.col("valid_to").fill_null(OPEN_END)
    run = pl.col("valid_from") > pl.col("reached").shift(1).over("home")
    another = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in HOME)
    return (
        rows.with_columns(valid_to=end)
        .sort(*HOME, "valid_from")
        .with_columns(home=another.cum_sum())
        .with_columns(reached=pl.col("valid_to").cum_max().over("home"))
        .with_columns(run=run.fill_null(value=True).cum_sum())
        .with_columns(
            valid_from=pl.col("valid_from").min().over("run"),
            valid_to=pl.col("valid_to").max().over("run"),
        )
        .with_columns(valid_to=pl.when(pl.col("valid_to") < OPEN_END).then("valid_to"))
        .select(COLUMNS)
        .unique()
    )


def united(old: pl.DataFrame, new: pl.DataFrame, close_missing_on: date | None) -> pl.DataFrame:
    """The rows of a spine and of the spells of a newer extract, old open spells ended where told.

    An open spell of the spine stays open when the extract has it open or says nothing of the
    person. It ends where the extract ends it, else where the extract begins another address.

    Args:
        old: ``COLUMNS``, of the spine.
        new: ``COLUMNS``, of the extract with its ends.
        close_missing_on: the day on which to end the spells of persons the extract lacks.
    """
    told = new.select(*HOME, "valid_from", "valid_to").unique()
    ends = _ends(old.filter(pl.col("valid_to").is_null()), told)
    if close_missing_on is not None:
        gone = open_persons(old).join(told, on="person_id", how="anti")
        lost = pl.col("person_id").is_in(gone.to_series().implode())
        ends = ends.with_columns(end=pl.when(lost).then(pl.lit(close_missing_on)).otherwise("end"))
    closed = old.join(ends, on=[*HOME, "valid_from"], how="left", nulls_equal=True)
    closed = closed.with_columns(valid_to=pl.coalesce("valid_to", "end")).select(COLUMNS)
    return merged(pl.concat([closed, new.select(COLUMNS)]))


def open_persons(spine: pl.DataFrame) -> pl.DataFrame:
    """``person_id`` of everybody with an open spell, one row each."""
    return spine.filter(pl.col("valid_to").is_null()).select("person_id").unique()


def _ends(open_rows: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """``HOME``, valid_from and ``end`` (null: stays open) of the open spells of the spine."""
    spells = open_rows.select(*HOME, "valid_from").unique()
    same = spells.join(told, on=list(HOME), nulls_equal=True).filter(
        pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("valid_from"))
    )
    known = same.group_by(*HOME, "valid_from").agg(
        still=pl.col("valid_to").is_null().any(), told_end=pl.col("valid_to").max()
    )
    elsewhere = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(f"{name}_right")) for name in ADDRESS
    )
    left = (
        spells.join(told, on="person_id")
        .filter(elsewhere & (pl.col("valid_from_right") > pl.col("valid_from")))
        .group_by(*HOME, "valid_from")
        .agg(left=pl.col("valid_from_right").min())
    )
    keys = [*HOME, "valid_from"]
    both = spells.join(known, on=keys, how="left", nulls_equal=True).join(
        left, on=keys, how="left", nulls_equal=True
    )
    end = pl.when(pl.col("still").fill_null(value=False)).then(None)
    return both.select(*keys, end=end.otherwise(pl.coalesce("told_end", "left")))
