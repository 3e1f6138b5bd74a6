"""Pseudonyms of one project: HMAC-SHA256 of person numbers and school codes, 128 bits.

Another project has another key, so views of two projects cannot be joined. Hashing runs over the
distinct values and is joined back.
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
