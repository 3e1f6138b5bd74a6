"""What both functions on microdata ask of their arguments, checked before any work is done."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import as_lazy, labels

SMALLEST_K = 2
"""With k = 1 everybody may be alone in a class; that protects nobody."""


def check_k(name: str, value: object) -> None:
    """Raises unless ``value`` is a whole number that protects somebody."""
    if type(value) is not int or value < SMALLEST_K:
        raise InvalidInputError(f"{name} is a whole number of at least {SMALLEST_K}.")


def check_names(role: str, given: object) -> tuple[str, ...]:
    """The column names ``given`` for ``role``, each once."""
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise InvalidInputError(f"{role} is a list of column names.")
    if any(not isinstance(name, str) for name in given):
        raise InvalidInputError(f"{role} is a list of column names; every name is text.")
    if len(set(given)) != len(given):
        raise InvalidInputError(f"{role} names every column once.")
    return tuple(given)


def check_quasi_identifiers(given: object, unit: object) -> tuple[str, ...]:
    """The names of the quasi-identifiers: at least one, and the unit is not among them."""
    names = check_names("quasi_identifiers", given)
    if not names:
        raise InvalidInputError("quasi_identifiers names at least one column.")
    if unit is not None and not isinstance(unit, str):
        raise InvalidInputError("unit is the name of one column.")
    if unit in names:
        raise InvalidInputError("The unit is counted in the classes; it is no quasi-identifier.")
    return names


def as_plain_lazy(frame: Any, needed: Sequence[str], *, whole: bool = False) -> pl.LazyFrame:
    """``frame`` as a lazy frame in which the columns ``needed`` exist and hold plain values.

    ``whole`` keeps the other columns of a pandas frame too; other frames always keep them.
    """
    others = list(frame.columns) if whole and hasattr(frame, "iloc") else []
    lazy = as_lazy(frame, (*needed, *others))
    labels(lazy, needed)
    return lazy
