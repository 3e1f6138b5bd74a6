"""Polars, the default: streams, and joins 128 bits as one number."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import narwhals as nw
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from enclave.errors import UsageError
from enclave.files import atomic_path
from enclave.linkage.engines.base import Frame, Keying, columns_of

BLOCK_ROWS = 500_000
HASHED_AT_ONCE = 2
"""Blocks in memory beside the one that is written. Hashing uses one core a block."""

PART_ROWS = 2_500_000
"""A join of so many delivered rows takes about 1 GiB; what is more is joined in parts."""
_BYTES = 256
_SHARDS = tuple(1 << power for power in range(9))


@dataclass(frozen=True)
class PolarsEngine:
    """Works in ``folder``.

    ``shards``: into how many parts a join is split, a power of two; null: by the number of rows.
    """

    folder: Path
    shards: int | None = None
    name: str = "polars"

    def __post_init__(self) -> None:
        """Refuses a number of parts that the first byte cannot be split into."""
        if self.shards is not None and self.shards not in _SHARDS:
            raise UsageError(
                f"The number of shards is one of {', '.join(map(str, _SHARDS))}.",
                next_step="give another number of shards",
            )

    def scan(self, paths: Sequence[Path]) -> Frame:
        """The rows of Parquet files, lazily."""
        return nw.from_native(pl.scan_parquet(list(paths), glob=False))

    def keyed(self, paths: Sequence[Path], keying: Keying, name: str) -> Frame:
        """Hashes block by block; memory holds one block."""
        return self.scan([keyed_file(self.folder, paths, keying, name)])

    def checkpoint(self, frame: Frame, name: str) -> Frame:
        """Streams the frame into a file."""
        target = self.folder / f"{name}.parquet"
        with atomic_path(target) as temporary:
            frame.to_native().sink_parquet(temporary, compression="uncompressed")
        return self.scan([target])

    def parts(self, ours: Frame, theirs: Frame, key: str) -> Sequence[tuple[Frame, Frame]]:
        """One part for each range of the key's first byte."""
        shards = self.shards or _shards(ours.select(nw.len()).collect().item())
        width = _BYTES // shards
        return [
            (_part(ours, key, first, width), _part(theirs, key, first, width))
            for first in range(0, _BYTES, width)
        ]

    def fetch(self, frame: Frame) -> pl.DataFrame:
        """The result, streamed."""
        found: pl.DataFrame = frame.to_native().collect(engine="streaming")
        return found


def _shards(rows: int) -> int:
    """As few parts as keep each within ``PART_ROWS``."""
    return next((number for number in _SHARDS if rows <= number * PART_ROWS), _SHARDS[-1])


def _part(frame: Frame, key: str, first: int, width: int) -> Frame:
    """The rows whose key begins with one of ``width`` bytes; the key as one number."""
    part: pl.LazyFrame = frame.to_native().filter(pl.col(key).is_not_null())
    if first > 0:
        part = part.filter(pl.col(key) >= pl.lit(bytes([first])))
    if first + width < _BYTES:
        part = part.filter(pl.col(key) < pl.lit(bytes([first + width])))
    number = pl.col(key).bin.reinterpret(dtype=pl.UInt128, endianness="big")
    return nw.from_native(part.with_columns(number))


def keyed_file(folder: Path, paths: Sequence[Path], keying: Keying, name: str) -> Path:
    """The file in ``folder`` with the rows of others after ``keying``."""
    target = folder / f"{name}.parquet"
    with atomic_path(target) as temporary:
        write_blocks(paths, keying, temporary)
    return target


def write_blocks(paths: Sequence[Path], keying: Keying, target: Path) -> None:
    """Reads files in blocks, hashes each, and writes them into one file in the same order."""
    write_keyed(_blocks(paths, columns_of(keying)), keying, target)


def write_keyed(blocks: Iterable[pl.DataFrame], keying: Keying, target: Path) -> None:
    """Hashes blocks of rows and writes them into one file in the same order."""
    writer: pq.ParquetWriter | None = None
    try:
        for table in _hashed(blocks, keying):
            # Hashes do not shrink; trying costs more than the hashing of some.
            writer = writer or pq.ParquetWriter(
                target, table.schema, compression="none", use_dictionary=False
            )
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def _blocks(paths: Sequence[Path], columns: list[str] | None) -> Iterator[pl.DataFrame]:
    for path in paths:
        rows = pl.scan_parquet(path, glob=False)
        wanted = rows if columns is None else rows.select(columns)
        yield from wanted.collect_batches(chunk_size=BLOCK_ROWS, maintain_order=True)


def _hashed(blocks: Iterable[pl.DataFrame], keying: Keying) -> Iterator[pa.Table]:
    """Every block after ``keying``; some are hashed while another one is written."""
    with ThreadPoolExecutor(HASHED_AT_ONCE) as pool:
        waiting: deque[Future[pa.Table]] = deque()
        for block in blocks:
            waiting.append(pool.submit(_one, block, keying))
            if len(waiting) > HASHED_AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _one(block: pl.DataFrame, keying: Keying) -> pa.Table:
    return keying(block).to_arrow()
