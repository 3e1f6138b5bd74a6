"""The design of a regression: response and columns of the complete records, in a fixed order.

Records are sorted by what enters the model, so that the order of the data changes no digit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import MISSING, as_lazy, collect, label, number
from disclosure_control.models.algebra import Floats, scales, triangle
from disclosure_control.models.coding import Column, columns_of
from disclosure_control.models.formula import CATEGORICAL, Factor, Formula

Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MAXIMUM_COLUMNS = 300
MAXIMUM_NUMBERS = 100_000_000
"""Records times columns; 800 MB."""
_RESPONSE, _UNIT, _ENTITY = "y", "unit", "entity"
_TEXT = (pl.String, pl.Categorical, pl.Enum, pl.Boolean)


@dataclass(frozen=True)
class Roles:
    """Which columns say whom a record is about, and which levels there are.

    Args:
        unit: the protected person; null: every record is its own. Records without a unit count as
            one unit together.
        entity: what stands above the unit, a school; null: unknown.
        levels: labels of categorical columns in their order, the baseline first.
    """

    unit: str | None = None
    entity: str | None = None
    levels: Mapping[str, Sequence[str]] | None = None


@dataclass(frozen=True, repr=False, eq=False)
class Design:
    """What a regression is fitted to: one row per complete record.

    Args:
        formula: what is explained by what.
        columns: the columns of ``matrix``.
        matrix: the design matrix.
        response: the response, transformed as the formula says.
        units: a number per row for the protected person, from 0.
        entities: the same for what stands above; null when unknown.
        factors: values of the numeric factors, or places in ``levels`` of the categorical ones.
        levels: the labels of each categorical factor that occur, the baseline first.
        complete: for every record of the data, whether it is in the model.
        groups: a number per row; rows with equal regressors share it.
        first: the first row of every group.
    """

    formula: Formula
    columns: tuple[Column, ...]
    matrix: Floats
    response: Floats
    units: Codes
    entities: Codes | None
    factors: Mapping[Factor, npt.NDArray[Any]]
    levels: Mapping[Factor, tuple[str, ...]]
    complete: Flags
    groups: Codes
    first: Codes

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def left_out(self) -> int:
        """How many records lack a value in some variable, or have none after a transform."""
        return int(len(self.complete) - self.complete.sum())

    @cached_property
    def sizes(self) -> Codes:
        """The number of rows of every group."""
        return np.bincount(self.groups, minlength=len(self.first)).astype(np.int64)

    @cached_property
    def scale(self) -> Floats:
        """The root mean square of every column, by which it is divided for precision."""
        return scales(self.matrix)

    @cached_property
    def rows(self) -> Floats:
        """The scaled row of every group."""
        return self.matrix[self.first] / self.scale

    @cached_property
    def upper(self) -> Floats:
        """The triangle (R of QR) of the scaled matrix."""
        return triangle(self.rows, self.sizes.astype(np.float64))

    @property
    def binary(self) -> bool:
        """Whether the response is 0 or 1 everywhere."""
        return bool(((self.response == 0) | (self.response == 1)).all())

    def name_of(self, numeric: frozenset[Factor], levels: Mapping[Factor, int]) -> str | None:
        """The column of these factors and levels; null where a baseline is among them."""
        for column in self.columns:
            if frozenset(column.numeric) == numeric and dict(column.levels) == levels:
                return column.name
        return None


def design(data: Any, formula: Formula, roles: Roles | None = None) -> Design:
    """The design of ``formula`` on the records ``data``.

    Text, boolean, enum and categorical columns are categorical by themselves, ``C()`` makes any
    other column so. Records with a null, ``MISSING``, NaN or infinity in a variable are left out,
    and so are those whose logarithm or root does not exist.

    Raises:
        InvalidInputError: missing columns, columns of the wrong type, no complete record, or too
            many columns.
    """
    who = roles or Roles()
    needed = [*formula.variables, *(name for name in (who.unit, who.entity) if name is not None)]
    lazy = as_lazy(data, needed)
    kinds = lazy.collect_schema()
    coded = [item for item in formula.factors if _is_categorical(item, kinds[item.name])]
    picked = [_values(formula.response, lazy).alias(_RESPONSE)]
    for place, item in enumerate(formula.factors):
        expression = _labels(item, kinds[item.name]) if item in coded else _values(item, lazy)
        picked.append(expression.alias(f"f{place}"))
    for name, alias in ((who.unit, _UNIT), (who.entity, _ENTITY)):
        picked += [identifier(name, kinds[name]).alias(alias)] if name is not None else []
    frame = collect(lazy.select(picked))
    used = [_RESPONSE, *(f"f{place}" for place in range(len(formula.factors)))]
    complete = frame.select(pl.all_horizontal(pl.col(used).is_not_null())).to_series()
    kept = frame.filter(complete).sort([*used[1:], _RESPONSE])
    if kept.is_empty():
        raise InvalidInputError("No record has a value in every column of the formula.")
    return _built(formula, coded, kept, who, complete.to_numpy())


def _is_categorical(item: Factor, kind: pl.DataType) -> bool:
    return item.transform == CATEGORICAL or (not item.transform and kind.base_type() in _TEXT)


def _labels(item: Factor, kind: pl.DataType) -> pl.Expr:
    """Labels, null where missing. Text columns hold labels already."""
    text = pl.col(item.name) if kind == pl.String else label(item.name, kind)
    return pl.when(text != MISSING).then(text)


def _values(item: Factor, lazy: pl.LazyFrame) -> pl.Expr:
    """Floats, null where the value or its transform does not exist."""
    value = number(lazy, item.name)
    changed = {
        "": value,
        "log": value.log(),
        "sqrt": value.sqrt(),
        "square": value * value,
    }[item.transform]
    return pl.when(changed.is_finite()).then(changed)


def identifier(name: str, kind: pl.DataType) -> pl.Expr:
    """An identifier in a form that can be ranked."""
    return pl.col(name) if kind.is_integer() else label(name, kind)


def _built(
    formula: Formula, coded: Sequence[Factor], kept: pl.DataFrame, who: Roles, complete: Flags
) -> Design:
    levels: dict[Factor, tuple[str, ...]] = {}
    factors: dict[Factor, npt.NDArray[Any]] = {}
    for place, item in enumerate(formula.factors):
        values = kept[f"f{place}"]
        if item in coded:
            levels[item] = _levels(values, (who.levels or {}).get(item.name, ()), item)
            places = values.cast(pl.Enum(levels[item])).to_physical()
            factors[item] = places.cast(pl.Int64).to_numpy()
        else:
            factors[item] = values.to_numpy() + 0.0  # no negative zeros: they break ties in two
    columns = _columns(formula, levels, kept.height)
    matrix = _matrix(columns, factors, kept.height)
    groups, first = _groups(factors.values(), matrix)
    return Design(
        formula=formula, columns=columns, matrix=matrix, response=kept[_RESPONSE].to_numpy() + 0.0,
        units=codes_of(kept[_UNIT]) if who.unit is not None else np.arange(kept.height),
        entities=codes_of(kept[_ENTITY]) if who.entity is not None else None,
        factors=factors, levels=levels, complete=complete, groups=groups, first=first,
    )  # fmt: skip


def _levels(values: pl.Series, declared: Sequence[str], item: Factor) -> tuple[str, ...]:
    """The labels that occur: declared ones in their order, then the others sorted."""
    seen = set(values.unique())
    if len(seen) > MAXIMUM_COLUMNS + 1:
        raise InvalidInputError(
            f"{item.text} has {len(seen):,} levels; join them to at most {MAXIMUM_COLUMNS}."
        )
    others = sorted(seen - set(declared))
    return tuple(dict.fromkeys([*(text for text in declared if text in seen), *others]))


def _columns(
    formula: Formula, levels: Mapping[Factor, Sequence[str]], rows: int
) -> tuple[Column, ...]:
    columns: list[Column] = []
    for column in columns_of(formula, levels):
        columns.append(column)
        if len(columns) > MAXIMUM_COLUMNS or len(columns) * rows > MAXIMUM_NUMBERS:
            raise InvalidInputError(
                f"A model has at most {MAXIMUM_COLUMNS} coefficients and {MAXIMUM_NUMBERS:,} "
                "numbers (records times coefficients): join levels or drop interactions."
            )
    if len({column.name for column in columns}) != len(columns):
        raise InvalidInputError("Coefficients have different names: rename columns or levels.")
    return tuple(columns)


def _matrix(
    columns: Sequence[Column], factors: Mapping[Factor, npt.NDArray[Any]], rows: int
) -> Floats:
    matrix = np.ones((rows, len(columns)))
    with np.errstate(over="ignore", invalid="ignore"):
        for position, column in enumerate(columns):
            for item, level in column.levels:
                matrix[:, position] *= factors[item] == level
            for item in column.numeric:
                matrix[:, position] *= factors[item]
    if not np.isfinite(matrix).all():
        raise InvalidInputError("A product of columns is too large; scale the columns first.")
    return matrix


def _groups(factors: Iterable[npt.NDArray[Any]], matrix: Floats) -> tuple[Codes, Codes]:
    """Numbers for the distinct rows of ``matrix``, and the first row of each.

    The rows are sorted by the factors, so equal ones are neighbours. Products can be equal although
    the factors differ; those groups are joined.
    """
    begins = np.zeros(len(matrix), dtype=np.bool_)
    begins[0] = True
    for values in factors:
        begins[1:] |= values[1:] != values[:-1]
    first = np.flatnonzero(begins)
    groups = np.cumsum(begins) - 1
    keys = [f"c{place}" for place in range(matrix.shape[1])]
    distinct = pl.DataFrame(matrix[first], schema=keys).with_row_index("row")
    same = distinct.select(pl.col("row").min().over(keys)).to_series().to_numpy()
    kept, joined = np.unique(same, return_inverse=True)
    return joined[groups].astype(np.int64), first[kept].astype(np.int64)


def codes_of(identifiers: pl.Series) -> Codes:
    """Numbers from 0 for the distinct values, nulls together as one more."""
    ranks = identifiers.rank("dense").cast(pl.Int64).fill_null(0).to_numpy()
    return np.asarray(ranks - ranks.min(), dtype=np.int64)
