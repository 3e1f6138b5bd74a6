"""What the linkage asks of an engine; everything else is written once, in narwhals.

Five things differ between polars, DuckDB and Spark and are behind this wall: reading files, keeping
an intermediate result, hashing identifiers, the type in which keys are joined, and fetching a
result. An engine never gets a key to keep: it is given a function that hashes one block of rows.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import narwhals as nw
import polars as pl

from enclave.files import atomic_path

Frame = nw.LazyFrame[Any]
Keying = Callable[[pl.DataFrame], pl.DataFrame]
"""From a block of rows with identifiers to one with keys. Pickles without key material. It may say
in ``columns`` which columns it needs; others are not even read."""


def columns_of(keying: Keying) -> list[str] | None:
    """The columns that a keying needs; null for all."""
    columns = getattr(keying, "columns", None)
    return None if columns is None else list(columns)


class Engine(Protocol):
    """One engine at work in a folder of its own, which holds its intermediate results."""

    @property
    def name(self) -> str:
        """As on the command line and in reports."""

    @property
    def folder(self) -> Path:
        """Where it keeps its results."""

    def scan(self, paths: Sequence[Path]) -> Frame:
        """The rows of Parquet files, lazily; their order means nothing."""

    def keyed(self, paths: Sequence[Path], keying: Keying, name: str) -> Frame:
        """The rows of files with identifiers after ``keying``, kept under ``name``."""

    def checkpoint(self, frame: Frame, name: str) -> Frame:
        """The frame after it was worked out and kept under ``name``, so that it is made once."""

    def parts(self, ours: Frame, theirs: Frame, key: str) -> Sequence[tuple[Frame, Frame]]:
        """The rows of both that have a key, split by its first byte where memory asks for it.

        The key is in the type that the engine joins quickest. Rows that share a key are in the same
        part. ``ours`` is the side whose size decides: the other one is read past it.
        """

    def fetch(self, frame: Frame) -> pl.DataFrame:
        """A result as polars frame."""


def take(engine: Engine, frame: pl.DataFrame, name: str) -> Frame:
    """A polars frame as one of the engine's, kept under ``name``."""
    target = engine.folder / f"{name}.parquet"
    with atomic_path(target) as temporary:
        frame.write_parquet(temporary)
    return engine.scan([target])
