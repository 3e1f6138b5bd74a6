"""Working through persons in blocks, so that memory is bounded by a block and not by a nation."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from enclave.files import atomic_path

BLOCK_PERSONS = 50_000
"""With 36 tests each a block takes some 0.9 GB while its panel is made."""


@dataclass(frozen=True)
class PersonRange:
    """Persons from ``first`` on (null: from the start) and before ``end`` (null: to the end)."""

    first: str | None
    end: str | None

    def holds(self, key: str = "person_key") -> pl.Expr:
        """Whether the person in column ``key`` is in the range."""
        inside = pl.lit(value=True)
        if self.first is not None:
            inside &= pl.col(key) >= self.first
        if self.end is not None:
            inside &= pl.col(key) < self.end
        return inside


def ranges_of(persons: pl.Series, size: int) -> list[PersonRange]:
    """Ranges of ``size`` persons each that cover everybody; ``persons`` is sorted and distinct."""
    starts = persons.gather_every(size).to_list()[1:]
    return [
        PersonRange(first, end) for first, end in zip([None, *starts], [*starts, None], strict=True)
    ]


def write_blocks(target: Path, blocks: Iterable[pl.DataFrame]) -> int:
    """Writes frames of one schema to one Parquet file, which is whole or not there; counts rows.

    Raises:
        ValueError: there is no block, so nobody knows the columns.
    """
    rows, writer = 0, None
    with atomic_path(target) as temporary:
        try:
            for block in blocks:
                table = block.rechunk().to_arrow()
                if writer is None:
                    writer = pq.ParquetWriter(temporary, table.schema, compression="zstd")
                writer.write_table(table)
                rows += block.height
        finally:
            if writer is not None:
                writer.close()
        if writer is None:
            raise ValueError("at least one block")
    return rows
