"""The order of the spine file: BSN (nulls last), person, start; ties by all other columns."""

from pathlib import Path

import polars as pl

from enclave.errors import FindingsError
from enclave.linkage.spells.extract import COLUMNS

ORDER = ("bsn", "person_id", "valid_from")
TIES = tuple(name for name in COLUMNS if name not in ORDER)
_BLOCK = 2_000_000


def write_sorted(parts: list[Path], folder: Path, target: Path, as_of: str) -> None:
    """The rows of ``parts`` as one sorted Parquet file, in as many ranges as there are parts.

    Raises:
        FindingsError: a BSN belongs to two persons.
    """
    rows = pl.scan_parquet(parts, glob=False)
    sorted_pieces = []
    shared = 0
    for number, piece in enumerate(_pieces(rows, len(parts))):
        frame = piece.collect(engine="streaming").sort(*ORDER, *TIES, nulls_last=True)
        shared += _shared_numbers(frame)
        sorted_pieces.append(folder / f"sorted-{number}.parquet")
        frame.write_parquet(sorted_pieces[-1])
    refuse_shared(shared)
    pl.scan_parquet(sorted_pieces, glob=False).sink_parquet(
        target, metadata={AS_OF: as_of}, maintain_order=True
    )


AS_OF = "enclave.spine.as_of"
"""Key in the file's metadata: the day up to which the register is known, as YYYY-MM-DD."""


def refuse_shared(numbers: int) -> None:
    """Refuses numbers that belong to several persons.

    Raises:
        FindingsError: there are any.
    """
    if numbers:
        raise FindingsError(
            "A BSN belongs to one person, now and ever.",
            where=f"{numbers:,} numbers belong to two or more",
            next_step="let the register's owner mend it; no spine was written",
        )


def verify_sorted(path: Path) -> bool:
    """Whether every row of the file stands where the order puts it, by comparing all neighbours."""
    rows = pl.scan_parquet(path, glob=False).select(ORDER)
    total = rows.select(pl.len()).collect(engine="streaming").item()
    return all(
        _in_order(rows.slice(start, _BLOCK + 1).collect(engine="streaming"))
        for start in range(0, total, _BLOCK)
    )


def shared_numbers(path: Path) -> int:
    """How many BSNs of a sorted spine belong to two or more persons."""
    bsn, person = pl.col("bsn"), pl.col("person_id").hash()
    return int(
        pl.scan_parquet(path, glob=False)
        .filter(bsn.is_not_null())
        .group_by("bsn")
        .agg((person.min() != person.max()).alias("shared"))
        .select(pl.col("shared").sum())
        .collect(engine="streaming")
        .item()
    )


def _pieces(rows: pl.LazyFrame, pieces: int) -> list[pl.LazyFrame]:
    """Ranges of first digits of about equal size, then the rows without a number."""
    prefix = pl.col("bsn").str.slice(0, 3)
    sizes = rows.group_by(prefix).len().collect(engine="streaming").drop_nulls().sort("bsn")
    share = pl.col("len").cum_sum() * pieces // (pl.col("len").sum() + 1)
    ranges = sizes.group_by(share.alias("piece"), maintain_order=True).agg(
        pl.col("bsn").min().alias("low"), pl.col("bsn").max().alias("high")
    )
    numbered = [
        rows.filter(prefix.is_between(pl.lit(low), pl.lit(high)))
        for _, low, high in ranges.iter_rows()
    ]
    return [*numbered, rows.filter(pl.col("bsn").is_null())]


def _shared_numbers(frame: pl.DataFrame) -> int:
    pairs = frame.select("bsn", "person_id").drop_nulls().unique()
    return pairs.group_by("bsn").len().filter(pl.col("len") > 1).height


def _in_order(frame: pl.DataFrame) -> bool:
    bsn, person, start = (pl.col(name) for name in ORDER)
    later = (bsn.shift(1) < bsn) | (bsn.is_null() & bsn.shift(1).is_not_null())
    later_person = (person.shift(1) < person) | (
        (person.shift(1) == person) & (start.shift(1) <= start)
    )
    same = bsn.shift(1).eq_missing(bsn)
    right = later.fill_null(value=False) | (same & later_person.fill_null(value=False))
    return bool(frame.select(right.slice(1).all()).item())
