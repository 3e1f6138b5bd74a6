"""t-closeness: how far the sensitive values of a class are from those of everybody.

Source: Li, Li and Venkatasubramanian, t-closeness: privacy beyond k-anonymity and l-diversity, ICDE
2007, section 4: the earth mover's distance with the ordered ground distance for values that have an
order (numbers, dates and times), with the equal ground distance for all others.

A missing value has no place in the order. It is tried before and behind all others, and the larger
distance counts: never better than the truth.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.microdata.pairs import RECORDS, VALUE, class_keys

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def closeness(pairs: pl.DataFrame, quasi_identifiers: int) -> float:
    """The largest distance of a class to the whole, from records by class and value."""
    whole = pairs.group_by(VALUE).agg(pl.col(RECORDS).sum().alias("all"))
    if whole.height <= 1:
        return 0.0
    keys = class_keys(quasi_identifiers)
    if not _has_order(pairs.schema[VALUE]):
        return _equal_distance(pairs, whole, keys)
    ends = [False] if pairs[VALUE].null_count() == 0 else [False, True]
    return max(_ordered_distance(pairs, whole.sort(VALUE, nulls_last=end), keys) for end in ends)


def _has_order(kind: pl.DataType) -> bool:
    return kind.is_numeric() or kind.is_temporal() or kind == pl.Boolean


def _equal_distance(pairs: pl.DataFrame, whole: pl.DataFrame, keys: list[str]) -> float:
    """Half the sum of absolute differences; values that a class lacks add their share."""
    shares = whole.select(VALUE, (pl.col("all") / pl.col("all").sum()).alias("share"))
    own = pl.col(RECORDS) / pl.col(RECORDS).sum()
    difference = ((own - pl.col("share")).abs() - pl.col("share")).sum()
    joined = pairs.join(shares, on=VALUE, nulls_equal=True).sort(RECORDS, "share")
    by_class = joined.group_by(keys).agg(difference)
    return _bounded(by_class.select(pl.col(RECORDS).max()).item() / 2 + 0.5)


def _ordered_distance(pairs: pl.DataFrame, whole: pl.DataFrame, keys: list[str]) -> float:
    """The sum of absolute differences of the cumulative distributions, over values less one.

    A class's cumulative distribution is a staircase with a step at each of its own values. Between
    two steps the sum follows from prefix sums of the whole's distribution, so that the work grows
    with the number of pairs and not with classes times values.
    """
    places = whole.select(VALUE, pl.int_range(pl.len(), dtype=pl.Int64).alias("place"))
    classes = (
        pairs.join(places, on=VALUE, nulls_equal=True)
        .sort("place")
        .group_by(keys)
        .agg("place", pl.col(RECORDS))
        .select("place", RECORDS)
    )
    first = _starts(classes)
    steps = classes.explode("place", RECORDS)
    place, heights = steps["place"].to_numpy(), _staircase(steps[RECORDS].to_numpy(), first)
    total = whole["all"].cum_sum().to_numpy() / whole["all"].sum()
    ends = np.append(place[1:], 0)
    ends[np.append(first[1:], place.size) - 1] = total.size
    area = _area(total, heights, place, ends)
    before = np.concatenate([[0.0], np.cumsum(total)])[place[first]]
    areas = np.add.reduceat(area, first) + before
    return _bounded(float(areas.max()) / (total.size - 1))


def _starts(classes: pl.DataFrame) -> Integers:
    """Where each class begins when the lists of ``classes`` are laid end to end."""
    lengths = classes["place"].list.len().cast(pl.Int64).to_numpy()
    return np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)


def _staircase(records: Integers, first: Integers) -> Floats:
    """The share of a class at or below each of its own values."""
    lengths = np.diff(np.append(first, records.size))
    running = np.cumsum(records)
    below = np.repeat(running[first] - records[first], lengths)
    sizes = np.repeat(np.add.reduceat(records, first), lengths)
    shares: Floats = (running - below) / sizes
    return shares


def _area(total: Floats, height: Floats, start: Integers, end: Integers) -> Floats:
    """The sum of ``|height - total|`` over the places from ``start`` up to ``end``."""
    sums = np.concatenate([[0.0], np.cumsum(total)])
    cross = np.clip(np.searchsorted(total, height), start, end)
    below = height * (cross - start) - (sums[cross] - sums[start])
    above = (sums[end] - sums[cross]) - height * (end - cross)
    area: Floats = below + above
    return area


def _bounded(distance: float) -> float:
    """``distance`` without the last bits that rounding adds beyond 0 and 1."""
    return min(max(float(distance), 0.0), 1.0)
