"""Pseudonyms of one project: HMAC-SHA256 of person numbers and school codes, 128 bits.

Another project has another key, so views of two projects cannot be joined. Hashing runs over the
distinct values and is joined back.

A new key for S numbers changes the numbers of pupils who are not linked. Their pseudonyms are made
from the first number that they ever had, so that they stay.
"""

import hashlib
import hmac

import polars as pl

from enclave.custody import Secret

HEX_DIGITS = 32


def pseudonyms(values: pl.Series, secret: Secret, name: str) -> pl.DataFrame:
    """One row per distinct value: the value under its own name, and its pseudonym as ``name``."""
    distinct = values.drop_nulls().unique().sort()
    start = hmac.new(secret.reveal(), digestmod=hashlib.sha256)
    hashed = []
    for value in distinct:
        state = start.copy()
        state.update(str(value).encode())
        hashed.append(state.hexdigest()[:HEX_DIGITS])
    return pl.DataFrame({values.name: distinct, name: pl.Series(hashed, dtype=pl.String)})


def lasting_pseudonyms(
    persons: pl.Series, history: pl.DataFrame | None, secret: Secret
) -> pl.DataFrame:
    """One row per distinct person: person_key, and ``pupil``, which no new S key changes.

    Args:
        persons: person_key as it is now.
        history: old_key, new_key and chain (how many keys had made old_key); null: there is none.
        secret: the project's.
    """
    if history is None or history.is_empty():
        return pseudonyms(persons, secret, "pupil")
    first = history.sort("chain").unique("new_key", keep="first", maintain_order=True)
    named = (
        persons.drop_nulls().unique().sort().to_frame()
        .join(first.select(person_key="new_key", lasting="old_key"), on="person_key", how="left")
        .with_columns(pl.coalesce("lasting", "person_key").alias("lasting"))
    )  # fmt: skip
    found = named.join(pseudonyms(named["lasting"], secret, "pupil"), on="lasting")
    return found.select("person_key", "pupil")
