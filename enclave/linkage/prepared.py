"""Identifiers in their normal form, as the keys are made of them.

Deliveries of a site come out of intake in that form. Files from elsewhere are brought into it here;
a column that is in it already is left alone, because the work is as large as hashing.
"""

from dataclasses import dataclass

import polars as pl

from enclave import identifiers as normal
from enclave.identifiers.birth_date import YEAR_FIRST
from enclave.identifiers.numbers import PLACEHOLDERS, is_sound_bsn, nine_digits

IDENTIFIERS = (
    "bsn",
    "education_number",
    "birth_date",
    "sex",
    "postcode",
    "house_number",
    "house_addition",
)


@dataclass(frozen=True)
class Forms:
    """How the identifiers of a file are written.

    Args:
        normalised: whether every value is in its normal form.
        sound_numbers: whether its BSNs pass the eleven-test, so that one that fails is an error
            of typing and contradicts nobody.
    """

    normalised: bool = True
    sound_numbers: bool = False


def prepared(block: pl.DataFrame, forms: Forms) -> pl.DataFrame:
    """The block with its identifiers in normal form, and parts of keys made from them.

    ``addition``: the house addition in upper case, letters and digits, empty when there is none.
    ``birth``: the birth date when all of it is known. ``bsn_sound``: whether the number can be a
    BSN; always where the test was not asked for.
    """
    rows = block if forms.normalised else block.with_columns(normal_forms())
    sound = is_sound_bsn(pl.col("bsn")) if forms.sound_numbers else pl.lit(value=True)
    return rows.with_columns(*derived_columns(), sound.alias("bsn_sound"))


def derived_columns() -> list[pl.Expr]:
    """``addition`` and ``birth``, see ``prepared``."""
    addition = pl.col("house_addition").str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    return [addition.fill_null("").alias("addition"), whole_birth()]


def whole_birth() -> pl.Expr:
    """``birth``: the birth date when all of it is known."""
    born = pl.col("birth_date")
    whole = (born.str.slice(4, 2) != "00") & (born.str.slice(6, 2) != "00")
    return pl.when(whole).then(born).alias("birth")


def normal_forms() -> list[pl.Expr]:
    """Every identifier in its normal form.

    A BSN that fails the eleven-test stays: the spine may hold the same one.
    """
    plain = nine_digits("bsn")
    own = pl.when(~plain.is_in(PLACEHOLDERS)).then(plain)
    education = nine_digits("education_number")
    spare = pl.when(~education.is_in(PLACEHOLDERS)).then(education)
    return [
        pl.coalesce(normal.citizen_service_number(), own).alias("bsn"),
        pl.coalesce(normal.education_number(), spare).alias("education_number"),
        normal.birth_date("birth_date", YEAR_FIRST).alias("birth_date"),
        normal.sex("sex", "letters").alias("sex"),
        normal.postcode().alias("postcode"),
        normal.house_number().alias("house_number"),
        normal.house_addition().alias("house_addition"),
    ]
