"""Perturbation tables: the noise that a count gets for a cell key.

A p-table has one row per count (``pcv`` 1 to 750) and cell key (``ckey`` 0 to the largest), with
the noise ``pvalue``. Larger counts use the rows 501 to 750 again. An empty cell stays empty. Source
of the form: the package cell-key-perturbation 3.1 of the Office for National Statistics.
"""

from dataclasses import dataclass
from hashlib import shake_256
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import as_lazy, collect

LARGEST_COUNT = 750
FIRST_REUSED = 501
LARGEST_KEY = 4095
COLUMNS = ("pcv", "ckey", "pvalue")
_SMALL, _BASE = 10, 5
_WORD = 8

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Noise:
    """A checked p-table: ``values`` has one row per count from 0, one column per cell key."""

    values: Whole

    @property
    def keys(self) -> int:
        """How many cell keys there are."""
        return int(self.values.shape[1])

    def of(self, counts: Whole, keys: Whole) -> Whole:
        """The noise of every count with its cell key."""
        reused = (counts - 1) % (LARGEST_COUNT - FIRST_REUSED + 1) + FIRST_REUSED
        rows = np.where(counts > LARGEST_COUNT, reused, counts)
        return np.asarray(self.values[rows, keys], dtype=np.int64)


def ptable_10_5(
    maximum_key: int = 255, *, secret: bytes = b"", nearest: bool = False
) -> pl.DataFrame:
    """The p-table of the 10-5 rule: counts below 10 become 0, others multiples of 5.

    Which of the two neighbouring multiples depends on the cell key: for a count r above a multiple,
    r in 5 keys go up. So from 10 on the noise has mean 0 (to within half a key) and variance
    r (5 - r): 0, 4, 6, 6, 4, and never exceeds 4. Counts below 10 lose all.

    Args:
        maximum_key: the largest cell key, 1 to 4095; the same as of the record keys.
        secret: makes which keys go up unknown to who knows this method; empty: a public table.
        nearest: always the nearest multiple, whatever the key. This is the rule as the Office for
            National Statistics ships it; it is plain rounding and adds no uncertainty of its own.

    Returns:
        One row per ``pcv`` (1 to 750) and ``ckey`` (0 to ``maximum_key``), in this order.
    """
    if type(maximum_key) is not int or not 1 <= maximum_key <= LARGEST_KEY:
        raise InvalidInputError(f"The largest cell key is a whole number from 1 to {LARGEST_KEY}.")
    if not isinstance(secret, bytes):
        raise InvalidInputError("The secret of a p-table is bytes.")
    keys = maximum_key + 1
    counts = np.arange(1, LARGEST_COUNT + 1)
    above = counts % _BASE
    if nearest:
        up = np.repeat(2 * above[:, None] > _BASE, keys, axis=1)
    else:
        rank = np.stack([_ranks(secret, int(count), keys) for count in counts])
        up = rank < np.round(keys * above / _BASE)[:, None]
    noise = np.where(up, _BASE, 0) - above[:, None]
    noise = np.where(counts[:, None] < _SMALL, -counts[:, None], noise)
    grid = np.indices(noise.shape)
    columns = (grid[0].ravel() + 1, grid[1].ravel(), noise.ravel())
    return pl.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def _ranks(secret: bytes, count: int, keys: int) -> Whole:
    """A permutation of the keys, made from the secret and the count."""
    seed = len(secret).to_bytes(_WORD, "big") + secret + count.to_bytes(_WORD, "big")
    words = np.frombuffer(shake_256(b"10-5 rule" + seed).digest(_WORD * keys), dtype=">u8")
    return np.argsort(np.argsort(words, kind="stable"), kind="stable").astype(np.int64)


def check_ptable(ptable: Any) -> Noise:
    """The noise of a p-table.

    Raises:
        InvalidInputError: columns, types, gaps, doubles, an empty cell that gets noise, or a
            result below 0.
    """
    frame = collect(as_lazy(ptable, COLUMNS).select(COLUMNS))
    if not all(kind.is_integer() for kind in frame.dtypes) or sum(frame.null_count().row(0)):
        raise InvalidInputError("A p-table has whole numbers in pcv, ckey and pvalue, none null.")
    if frame.filter((pl.col("pcv") == 0) & (pl.col("pvalue") != 0)).height:
        raise InvalidInputError("A p-table leaves an empty cell empty: pvalue is 0 where pcv is 0.")
    rows = frame.cast(pl.Int64).filter(pl.col("pcv") != 0).sort("pcv", "ckey")
    keys = rows.height // LARGEST_COUNT
    whole = keys * LARGEST_COUNT == rows.height and 1 < keys <= LARGEST_KEY + 1
    grid = np.indices((LARGEST_COUNT, keys)).reshape(2, -1)
    if not (
        whole
        and np.array_equal(rows["pcv"].to_numpy(), grid[0] + 1)
        and np.array_equal(rows["ckey"].to_numpy(), grid[1])
    ):
        raise InvalidInputError(
            f"A p-table has one row per pcv 1 to {LARGEST_COUNT} and ckey 0 to the largest (1 to "
            f"{LARGEST_KEY}), none missing and none twice."
        )
    below = rows.filter(pl.col("pcv") + pl.col("pvalue") < 0).height
    if below:
        raise InvalidInputError(f"A p-table makes no count negative; {below} of its rows do.")
    noise = rows["pvalue"].to_numpy().reshape(LARGEST_COUNT, keys)
    return Noise(np.vstack([np.zeros((1, keys), dtype=np.int64), noise]))
