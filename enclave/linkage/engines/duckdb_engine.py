"""DuckDB: the least memory, and it spills to disk by itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from enclave.files import atomic_path
from enclave.linkage.engines.base import Frame, Keying
from enclave.linkage.engines.polars_engine import keyed_file


class DuckdbEngine:
    """Works in ``folder``, on a database in memory that spills into it.

    Args:
        folder: for intermediate results.
        memory_limit: as DuckDB writes it ("4GB"); null for its own choice.
    """

    name = "duckdb"

    def __init__(self, folder: Path, memory_limit: str | None = None) -> None:
        import duckdb

        settings: dict[str, Any] = {"temp_directory": str(folder / "spill")}
        if memory_limit is not None:
            settings["memory_limit"] = memory_limit
        self.folder = folder
        self._connection = duckdb.connect(":memory:", config=settings)

    def scan(self, paths: Sequence[Path]) -> Frame:
        """The rows of Parquet files, lazily."""
        return nw.from_native(self._connection.read_parquet([str(path) for path in paths]))

    def keyed(self, paths: Sequence[Path], keying: Keying, name: str) -> Frame:
        """Hashes block by block, outside the database: no key comes near its plans."""
        return self.scan([keyed_file(self.folder, paths, keying, name)])

    def checkpoint(self, frame: Frame, name: str) -> Frame:
        """Writes the frame into a file."""
        target = self.folder / f"{name}.parquet"
        with atomic_path(target) as temporary:
            frame.to_native().write_parquet(str(temporary), compression="lz4")
        return self.scan([target])

    def parts(self, ours: Frame, theirs: Frame, key: str) -> Sequence[tuple[Frame, Frame]]:
        """One part: joins that do not fit in memory are spilled."""
        known = ~nw.col(key).is_null()
        return [(ours.filter(known), theirs.filter(known))]

    def fetch(self, frame: Frame) -> pl.DataFrame:
        """The result."""
        found: pl.DataFrame = frame.collect(backend="polars").to_native()
        return found
