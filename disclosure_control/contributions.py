"""From records to contributions: one pass, grouped on raw columns, labels put on afterwards.

Large inputs with a unit column are read in shards by the unit's hash: memory stays bounded, and no
unit lies in two shards.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import collect, label, number
from disclosure_control.policy import TOP_UNITS

SHARD_ROWS = 8_000_000
UNIT, ENTITY, VALUE, WEIGHT = "__unit", "__entity", "__value", "__weight"
TOPS = tuple(f"top_{place}" for place in range(1, TOP_UNITS + 1))
SUMS = ("records", "sum", "absolute", "weight")


@dataclass(frozen=True)
class Source:
    """Where the figures of a table come from.

    Args:
        dimensions: columns to break down by.
        value: what is summed; null for counts.
        unit: the protected person; null: every record is its own.
        entity: what stands above the unit; null: unknown.
        weight: sampling weight; null: every record counts once.
        labelled: whether the dimensions hold labels already, as evidence does.
        squares: whether the spread of values is needed.
    """

    dimensions: tuple[str, ...]
    value: str | None = None
    unit: str | None = None
    entity: str | None = None
    weight: str | None = None
    labelled: bool = False
    squares: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        others = (self.value, self.unit, self.entity, self.weight)
        return (*self.dimensions, *(name for name in others if name is not None))

    @property
    def keys(self) -> tuple[str, ...]:
        """Fixed names of the raw dimensions inside the pass."""
        return tuple(f"__d{place}" for place in range(len(self.dimensions)))

    @property
    def counts_records(self) -> bool:
        """Whether the figure is the plain number of records."""
        return self.value is None and self.weight is None


@dataclass(frozen=True)
class Contributions:
    """What the cells are made of; the dimensions are labels in every frame.

    Args:
        figures: one row per finest cell: SUMS (records with a value; the sum; the sum of absolute
            contributions; of weights), mean and deviation (the sum of squares about that mean;
            nothing unless the spread is needed), lowest and highest value and how many records
            have them (low_records, high_records).
        lone: one row per finest cell: units, active (units that contribute other than 0) and TOPS
            (largest absolute contributions) of the units that occur in that cell only.
        shared: frames with one row per finest cell and unit, for units that occur in several
            cells: UNIT, absolute. No unit lies in two of the frames.
        entities: one row per finest cell and entity: ENTITY, absolute; null when unknown.
    """

    figures: pl.DataFrame
    lone: pl.DataFrame
    shared: tuple[pl.DataFrame, ...]
    entities: pl.DataFrame | None


def contributions(lazy: pl.LazyFrame, source: Source) -> Contributions:
    """The contributions of the records ``lazy``.

    Raises:
        InvalidInputError: weights that are null, negative or not finite.
    """
    rows = int(collect(lazy.select(pl.len())).item())
    parts = [_part(shard, source, rows) for shard in _shards(lazy, source, rows)]
    whole = parts[0] if len(parts) == 1 else _joined(parts, source)
    if whole.figures["bad_weights"].sum():
        raise InvalidInputError(
            f"Weights in {source.weight} are numbers of at least 0; "
            f"{whole.figures['bad_weights'].sum()} are missing, negative or not finite."
        )
    return whole


def _shards(lazy: pl.LazyFrame, source: Source, rows: int) -> Iterator[pl.LazyFrame]:
    shards = -(-rows // SHARD_ROWS)
    if source.unit is None or shards <= 1:
        yield lazy
        return
    for shard in range(shards):
        yield lazy.filter(pl.col(source.unit).hash(seed=0) % shards == shard)


def _part(lazy: pl.LazyFrame, source: Source, rows: int) -> Contributions:
    records = _records(lazy, source)
    own = source.unit is None or (rows <= SHARD_ROWS and _every_unit_once(lazy, source.unit))
    who = [ENTITY] if source.entity is not None else []
    names = list(source.dimensions)
    if own:
        grouped = _labelled(
            collect(records.group_by(*source.keys, *who).agg(_sums(source, tops=True))),
            source,
            lazy,
        )
        lone = grouped.select(*names, pl.col("records").alias("units"), "active", "tops")
        shared: tuple[pl.DataFrame, ...] = ()
    else:
        found = records.group_by(*source.keys, UNIT, *who).agg(_sums(source, tops=False))
        grouped = _labelled(collect(found), source, lazy)
        lone, several = _by_unit(grouped, names)
        shared = () if several.is_empty() else (several,)
    entities = None
    if source.entity is not None:
        entities = grouped.group_by(*names, ENTITY).agg(pl.col("absolute").sum())
    return Contributions(_figures(grouped, names), _tops(lone, names), shared, entities)


def _every_unit_once(lazy: pl.LazyFrame, unit: str) -> bool:
    who = pl.col(unit)
    return bool(collect(lazy.select((who.n_unique() == pl.len()) & (who.null_count() == 0))).item())


def _records(lazy: pl.LazyFrame, source: Source) -> pl.LazyFrame:
    """The columns that are needed, under fixed names; records without a value are left out."""
    dimensions = zip(source.dimensions, source.keys, strict=True)
    picked = [pl.col(name).alias(key) for name, key in dimensions]
    for name, key in ((source.unit, UNIT), (source.entity, ENTITY)):
        picked += [_member(lazy, name).alias(key)] if name is not None else []
    if source.weight is not None:
        weight = number(lazy, source.weight)
        picked.append(pl.when(weight >= 0).then(weight).alias(WEIGHT))
    if source.value is not None:
        picked.append(number(lazy, source.value).alias(VALUE))
    records = lazy.select(picked)
    if source.weight is not None:
        # Nobody with weight 0 is in the figure; a missing weight stays, to be reported.
        records = records.filter(pl.col(WEIGHT).is_null() | (pl.col(WEIGHT) > 0))
    if source.value is not None:
        records = records.filter(pl.col(VALUE).is_not_null())
    return records


def _member(lazy: pl.LazyFrame, name: str) -> pl.Expr:
    """A unit or entity as a number. Texts are hashed: shorter, and quicker to compare.

    Two that collide (64 bits) count as one, so a collision can only make a cell less safe.
    """
    who = pl.col(name)
    if lazy.collect_schema()[name] not in (pl.String, pl.Categorical):
        return who
    return pl.when(who.is_not_null()).then(who.cast(pl.String).hash(seed=0))


def _sums(source: Source, *, tops: bool) -> list[pl.Expr]:
    """Aggregations of one group of records. Plain counts cost nothing but the counting."""
    found = [pl.len().cast(pl.Int64).alias("records")]
    if source.weight is not None:
        found += [pl.col(WEIGHT).sum().alias("weight")]
        found += [pl.col(WEIGHT).null_count().cast(pl.Int64).alias("bad_weights")]
    if source.counts_records:
        return found
    own = pl.lit(1.0) if source.value is None else pl.col(VALUE)
    own = own if source.weight is None else own * pl.col(WEIGHT)
    found += [own.sum().alias("sum"), own.abs().sum().alias("absolute")]
    found += [(own != 0).sum().cast(pl.Int64).alias("active")]
    if source.value is not None:
        value = pl.col(VALUE)
        found += [value.min().alias("lowest"), value.max().alias("highest")]
        found += [(value == value.min()).sum().cast(pl.Int64).alias("low_records")]
        found += [(value == value.max()).sum().cast(pl.Int64).alias("high_records")]
    if source.squares:
        deviation = pl.col(VALUE).var(ddof=0) * pl.len()
        found += [pl.col(VALUE).mean().alias("mean"), deviation.alias("deviation")]
    return [*found, own.abs().top_k(TOP_UNITS).alias("tops")] if tops else found


def _labelled(frame: pl.DataFrame, source: Source, lazy: pl.LazyFrame) -> pl.DataFrame:
    """Raw keys replaced by labels, and the same columns whatever the statistic."""
    schema = lazy.collect_schema()
    pairs = zip(source.dimensions, source.keys, strict=True)
    text = [
        (pl.col(key) if source.labelled else label(key, schema[name])).alias(name)
        for name, key in pairs
    ]
    records, have = pl.col("records").cast(pl.Float64), set(frame.columns)
    ones = [pl.when(pl.col("records") > place).then(1.0) for place in range(TOP_UNITS)]
    defaults = {
        "bad_weights": pl.lit(0, pl.Int64),
        "sum": records,
        "absolute": records,
        "weight": records,
        "mean": pl.lit(0.0),
        "deviation": pl.lit(0.0),
        "active": pl.col("records"),
        "low_records": pl.col("records"),
        "high_records": pl.col("records"),
        "lowest": pl.lit(1.0),
        "highest": pl.lit(1.0),
        "tops": pl.concat_list(ones).list.drop_nulls(),
    }
    added = [default.alias(name) for name, default in defaults.items() if name not in have]
    return frame.with_columns(text).with_columns(added).drop(source.keys)


def _figures(grouped: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """One row per cell from several; spreads are joined about the common mean."""
    records, mean = pl.col("records"), pl.col("mean")
    common = (records * mean).sum() / records.sum()
    between = (records * (mean - common).pow(2)).sum()
    return grouped.group_by(names).agg(
        pl.col(*SUMS, "bad_weights").sum(),
        common.alias("mean"),
        (pl.col("deviation").sum() + between).alias("deviation"),
        _at("lowest", pl.col("lowest").min(), "low_records"),
        _at("highest", pl.col("highest").max(), "high_records"),
        pl.col("lowest").min(),
        pl.col("highest").max(),
    )


def _at(column: str, extreme: pl.Expr, counted: str) -> pl.Expr:
    """How many records have the extreme value, from groups that each know their own."""
    return pl.col(counted).filter(pl.col(column) == extreme).sum()


def _by_unit(grouped: pl.DataFrame, names: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Units in one finest cell only, made ready for ``_tops``; and the rows of the others."""
    rows = grouped.group_by(*names, UNIT).agg(pl.col("absolute").sum())
    rows = rows.with_columns(pl.len().over(UNIT).alias("cells"))
    lone = rows.filter(pl.col("cells") == 1).group_by(names)
    tops = pl.col("absolute").top_k(TOP_UNITS).alias("tops")
    active = (pl.col("absolute") > 0).sum().cast(pl.Int64).alias("active")
    return (
        lone.agg(pl.len().cast(pl.Int64).alias("units"), active, tops),
        rows.filter(pl.col("cells") > 1).drop("cells"),
    )


def _tops(lone: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """One row per cell: units, and the largest contributions in columns."""
    whole = lone.group_by(names).agg(
        pl.col("units", "active").sum(),
        pl.col("tops").explode(empty_as_null=False).top_k(TOP_UNITS).alias("tops"),
    )
    # The largest values come in no order; their places matter.
    ordered = pl.col("tops").list.sort(descending=True)
    return whole.with_columns(
        ordered.list.get(place, null_on_oob=True).fill_null(0.0).alias(name)
        for place, name in enumerate(TOPS)
    ).drop("tops")


def _joined(parts: list[Contributions], source: Source) -> Contributions:
    """The shards of one input together."""
    names = list(source.dimensions)
    lone = pl.concat([part.lone for part in parts]).with_columns(pl.concat_list(TOPS).alias("tops"))
    entities = [part.entities for part in parts if part.entities is not None]
    return Contributions(
        _figures(pl.concat([part.figures for part in parts]), names),
        _tops(lone.drop(TOPS), names),
        tuple(frame for part in parts for frame in part.shared),
        pl.concat(entities).group_by(*names, ENTITY).agg(pl.col("absolute").sum())
        if entities
        else None,
    )
