"""Pupils and schools of all rounds: what the registers know of them now, or knew last."""

from collections.abc import Sequence

import polars as pl

from enclave.linkage.education.history import apply_history
from enclave.linkage.education.numbers import MATCHED
from enclave.linkage.registers import BACKGROUND, SCHOOLS

WHO = ("person_key", "person_status")
KNOWN = tuple(name for name in BACKGROUND if name != "person_id")


def round_pupils(keys: pl.DataFrame, background: pl.LazyFrame) -> pl.DataFrame:
    """One row per person of a round: what the register knows of R, null for S and the unknown."""
    persons = keys.lazy().select(WHO).unique()
    return _joined(persons, background).collect(engine="streaming").sort("person_key")


def all_pupils(
    rounds: Sequence[pl.LazyFrame], background: pl.LazyFrame, history: pl.DataFrame
) -> pl.DataFrame:
    """One row per person of all rounds.

    The background is that of the present register; of a person who is not in it any more, that of
    the latest round in which it was.

    Args:
        rounds: ``round_pupils`` of every round, oldest first.
        background: the present register.
        history: old_key, new_key of S numbers that became R.
    """
    there = [apply_history(frame, history.lazy()) for frame in rounds]
    persons = pl.concat([frame.select(WHO) for frame in there]).unique()
    now = _joined(persons, background)
    sources = [now, *reversed(there)]
    known = pl.any_horizontal(pl.col(name).is_not_null() for name in KNOWN)
    best = (
        pl.concat(
            [frame.select(*WHO, *KNOWN, pl.lit(n).alias("turn")) for n, frame in enumerate(sources)]
        )
        .filter(known)
        .sort("person_key", "turn")
        .unique("person_key", keep="first", maintain_order=True)
        .drop("turn")
    )
    return (
        persons.join(best, on=WHO, how="left")
        .select(*WHO, *KNOWN)
        .collect(engine="streaming")
        .sort("person_key")
    )


def all_schools(rounds: Sequence[pl.LazyFrame], schools: pl.LazyFrame) -> pl.DataFrame:
    """One row per school that some round's register had, as the latest of them knew it."""
    sources = [frame.select(list(SCHOOLS)) for frame in (schools, *reversed(rounds))]
    return (
        pl.concat(sources)
        .collect()
        .unique("school_code", keep="first", maintain_order=True)
        .sort("school_code")
    )


def _joined(persons: pl.LazyFrame, background: pl.LazyFrame) -> pl.LazyFrame:
    known = background.rename({"person_id": "person_key"}).with_columns(
        pl.lit(MATCHED).alias("person_status")
    )
    return persons.join(known, on=WHO, how="left").select(*WHO, *KNOWN)
