"""Records by class as numbers: codes of the quasi-identifiers, and who stands in each class.

Everything that searches for a recoding works on classes; records are touched at both ends only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.frames import label
from disclosure_control.microdata.pairs import class_keys
from disclosure_control.microdata.recoding import NULL

Integers = npt.NDArray[np.int64]
NOBODY = -1
"""The unit of records whose unit is missing: they count for nobody."""
ROW, TEXT, CODE = "__row", "__text", "__code"
WIDEST = 2**62
SPARSE = 65_536


@dataclass(frozen=True, eq=False)
class Members:
    """Who stands in which group: one entry per group (per group and unit, when there are units).

    Args:
        groups: the group, ascending.
        rows: how many records.
        units: the unit, NOBODY where it is missing; null when every record is a unit.
    """

    groups: Integers
    rows: Integers
    units: Integers | None

    def sizes(self, key: Integers, number: int) -> Integers:
        """Distinct units per key; ``key`` gives each group's key, negative to leave it out."""
        own = key[self.groups]
        if self.units is None:
            return total(own[own >= 0], self.rows[own >= 0], number)
        counted = (own >= 0) & (self.units > NOBODY)
        span = int(self.units.max(initial=0)) + 1
        pairs = np.sort(own[counted] * span + self.units[counted])
        first = np.append(pairs[:1] >= 0, pairs[1:] != pairs[:-1])
        return np.bincount(pairs[first] // span, minlength=number).astype(np.int64)

    def entries(self, groups: Integers) -> Integers:
        """The places of the entries of ``groups``, one group after the other."""
        first = np.searchsorted(self.groups, groups, "left")
        last = np.searchsorted(self.groups, groups, "right")
        return np.concatenate(
            [np.arange(a, b) for a, b in zip(first, last, strict=True)] or [np.arange(0)]
        )

    def merged(self, group_of: Integers, number: int) -> "Members":
        """The members of larger groups; ``group_of`` gives the larger group of each group."""
        own = group_of[self.groups]
        if self.units is None:
            return Members(np.arange(number), total(own, self.rows, number), None)
        span = int(self.units.max(initial=0)) + 2
        pairs, place = np.unique(own * span + self.units + 1, return_inverse=True)
        rows = total(place, self.rows, pairs.size)
        return Members(pairs // span, rows, pairs % span - 1)


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes of a frame, ordered by their labels.

    Args:
        of_row: for each record its class.
        codes: classes by quasi-identifiers: the value's code, NULL where it is missing.
        labels: for each quasi-identifier the labels of the codes 1, 2, ...
        members: the records and units of each class.
    """

    of_row: Integers
    codes: Integers
    labels: tuple[tuple[str, ...], ...]
    members: Members


def total(key: Integers, amounts: Integers, number: int) -> Integers:
    """The sum of ``amounts`` per key, exact below 2**53."""
    return np.bincount(key, weights=amounts, minlength=number).astype(np.int64)


def grouped(key: Integers, number: int) -> tuple[Integers, Integers]:
    """The places of all entries of ``key`` by key, in their order; and where each key begins."""
    order = np.argsort(key, kind="stable")
    return order, np.searchsorted(key[order], np.arange(number + 1))


def ranks(codes: Integers) -> tuple[Integers, int]:
    """For each row of ``codes`` the rank of its combination among those present; their number."""
    key = np.zeros(len(codes), np.int64)
    span = 1
    for column in np.ascontiguousarray(codes.T):
        width = int(column.max(initial=0)) + 1
        if span > WIDEST // width:
            key, span = _dense(key, span)
        key = key * width + column
        span *= width
    return _dense(key, span)


def _dense(key: Integers, span: int) -> tuple[Integers, int]:
    if span > SPARSE + 4 * key.size:
        values, place = np.unique(key, return_inverse=True)
        return place.astype(np.int64), values.size
    present = np.zeros(span, bool)
    present[key] = True
    lookup = np.cumsum(present) - 1
    return lookup[key], int(lookup[-1]) + 1


def read_classes(data: pl.DataFrame, names: Sequence[str], unit: str | None) -> Classes:
    """The classes of ``data`` by the raw values of ``names``."""
    keys = class_keys(len(names))
    picked = [pl.col(name).alias(key) for name, key in zip(names, keys, strict=True)]
    found = data.select(picked).with_row_index(ROW).group_by(keys).agg(ROW)
    coded = [_code(found.select(key), key) for key in keys]
    codes = np.column_stack([column for column, _ in coded])
    order = np.lexsort(codes.T[::-1])
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    of_row = np.empty(data.height, np.int64)
    lengths = found[ROW].list.len().to_numpy()
    of_row[found[ROW].explode().to_numpy()] = np.repeat(place, lengths)
    members = _members(data, of_row, unit)
    return Classes(of_row, codes[order], tuple(texts for _, texts in coded), members)


def _code(column: pl.DataFrame, key: str) -> tuple[Integers, tuple[str, ...]]:
    """The codes of one column by the order of its labels, and these labels."""
    values = column.filter(pl.col(key).is_not_null()).unique()
    if values.is_empty():
        return np.full(column.height, NULL, np.int64), ()
    known = (
        values.lazy()
        .select(pl.col(key), label(key, column.schema[key]).alias(TEXT))
        .sort(TEXT)
        .with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(CODE))
        .collect()
    )
    joined = column.join(known, on=key, how="left", maintain_order="left")
    return joined[CODE].fill_null(NULL).to_numpy(), tuple(known[TEXT])


def _members(data: pl.DataFrame, of_row: Integers, unit: str | None) -> Members:
    number = int(of_row.max(initial=-1)) + 1
    if unit is None:
        rows = np.bincount(of_row, minlength=number).astype(np.int64)
        return Members(np.arange(number), rows, None)
    single = Members(of_row, np.ones(of_row.size, np.int64), unit_codes(data, unit))
    return single.merged(np.arange(number), number)


def unit_codes(data: pl.DataFrame, unit: str) -> Integers:
    """For each record the code of its unit by the order of the units' labels, or NOBODY."""
    person = data.select(pl.col(unit).fill_nan(None) if data.schema[unit].is_float() else unit)
    codes, _ = _code(person, unit)
    return codes - 1
