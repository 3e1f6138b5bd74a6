"""Reading the registers that lie outside the site: there, readable, with the documented columns."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from enclave.errors import InputError

TEXT, DATE = (pl.String(),), (pl.Date(),)
INTEGER = (pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64(), pl.UInt8(), pl.UInt16(), pl.UInt32())
Columns = Mapping[str, tuple[pl.DataType, ...]]
"""The columns a register must have, with the types each may be of."""

BACKGROUND: Columns = {
    "person_id": TEXT,
    "sex": TEXT,
    "birth_year": INTEGER,
    "origin": TEXT,
    "household_income": TEXT,
    "household_form": TEXT,
    "parental_education": TEXT,
}
ENROLMENTS: Columns = {
    "person_id": TEXT,
    "school_code": TEXT,
    "school_year": TEXT,
    "grade": INTEGER,
}
SCHOOLS: Columns = {
    "school_code": TEXT,
    "denomination": TEXT,
    "province": TEXT,
    "municipality": TEXT,
    "pupils": INTEGER,
}
SCHOOL_TYPE: Columns = {"school_type": TEXT}
"""What the register of schools may have besides: bo, sbo, so, vo and so on."""

TRUTH: Columns = {"sender_id": TEXT, "learner_id": TEXT, "person_id": TEXT}


def scan_register(
    place: str, name: str, columns: Columns, optional: Columns | None = None
) -> pl.LazyFrame:
    """The named columns of a register, lazily; an optional one is null when it is not there.

    Args:
        place: the path in the configuration.
        name: its key in section ``registers``, for messages.
        columns: what it must have.
        optional: what it may have.

    Raises:
        InputError: it is missing, is no Parquet file, or lacks a column or its type.
    """
    where = f"registers.{name}"
    if not Path(place).is_file():
        raise InputError(
            "The registers lie where enclave.toml says.",
            where=where,
            next_step="mend the path in enclave.toml",
        )
    try:
        register = pl.scan_parquet(place, glob=False)
        found = register.collect_schema()
    except (pl.exceptions.PolarsError, OSError):
        raise InputError(
            "A register is a whole Parquet file.", where=where, next_step="deliver it again"
        ) from None
    more = optional or {}
    wanted = {**columns, **{name: types for name, types in more.items() if name in found}}
    wrong = [column for column, types in wanted.items() if found.get(column) not in types]
    if wrong:
        raise InputError(
            "A register has the documented columns of the documented types.",
            where=f"{where}, columns {', '.join(wrong)}",
            next_step="deliver the register again; docs/reference/made-up-nation.md lists them",
        )
    absent = [pl.lit(None, types[0]).alias(c) for c, types in more.items() if c not in found]
    return register.select(*wanted, *absent)
