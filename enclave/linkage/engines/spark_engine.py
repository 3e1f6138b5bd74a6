"""Spark, for a history of many rounds on a cluster.

Identifiers are hashed by a function that runs in Python beside the executors. What travels with
the plan is where the key lies, never the key: it is in no plan, no event log and no page of the
Spark UI.
"""

import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl
import pyarrow as pa

from enclave.errors import UsageError
from enclave.linkage.engines.base import Frame, Keying, columns_of

_LOCAL = {
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "8",
    "spark.driver.memory": "4g",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


class SparkEngine:
    """Works in ``folder``, which every executor can reach.

    Args:
        folder: for intermediate results.
        session: an operator's session; null starts one on this machine.
        options: further settings of the session that is started.
    """

    name = "spark"

    def __init__(
        self, folder: Path, session: Any = None, options: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self._session = session if session is not None else _start(folder, options or {})

    def scan(self, paths: Sequence[Path]) -> Frame:
        """The rows of Parquet files, lazily."""
        found: Frame = nw.from_native(self._session.read.parquet(*map(_address, paths)))
        return found

    def keyed(self, paths: Sequence[Path], keying: Keying, name: str) -> Frame:
        """Hashes beside the executors, batch by batch."""
        rows = self._session.read.parquet(*map(_address, paths))
        columns = columns_of(keying)
        first = pl.scan_parquet(paths[0], glob=False).head(0)
        if columns is not None:
            rows, first = rows.select(*columns), first.select(columns)
        keyed = keying(first.collect()).to_arrow().schema

        def hashed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                yield from keying(pl.DataFrame(batch)).to_arrow().cast(keyed).to_batches()

        with _quiet():
            mapped = rows.mapInArrow(hashed, _spark_schema(keyed))
        return self._kept(mapped, name)

    def checkpoint(self, frame: Frame, name: str) -> Frame:
        """Writes the frame into files; Spark's own marker says that they are whole."""
        return self._kept(frame.to_native(), name)

    def parts(self, ours: Frame, theirs: Frame, key: str) -> Sequence[tuple[Frame, Frame]]:
        """One part: Spark splits joins itself."""
        known = ~nw.col(key).is_null()
        return [(ours.filter(known), theirs.filter(known))]

    def fetch(self, frame: Frame) -> pl.DataFrame:
        """The result, through Arrow."""
        return pl.DataFrame(frame.to_native().toArrow())

    def _kept(self, native: Any, name: str) -> Frame:
        place = _address(self.folder / name)
        native.write.mode("overwrite").parquet(place)
        kept: Frame = nw.from_native(self._session.read.parquet(place))
        return kept


def _start(folder: Path, options: dict[str, str]) -> Any:
    try:
        with _quiet():
            from pyspark.sql import SparkSession
    except ImportError:
        raise UsageError(
            "The engine spark needs the extra of that name, and Java 17.",
            where="--engine",
            next_step="pip install 'enclave-toolkit[spark]', or take another engine",
        ) from None
    builder = SparkSession.builder.master("local[*]").appName("linkage")
    # Spark looks for the workers' Python here and nowhere else when it starts on this machine.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings = {"spark.local.dir": str(folder / "spill"), **_LOCAL, **options}
    for key, value in settings.items():
        builder = builder.config(key, value)
    with _quiet():
        return builder.getOrCreate()


@contextmanager
def _quiet() -> Iterator[None]:
    """Spark warns of versions of pandas, which is not used here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _address(path: Path) -> str:
    return path.absolute().as_uri()


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)
