"""Record keys: a number for every unit that stays the same in all tables, and stays secret.

Who knows the record keys of a cell can work out its noise and take it off. So the key bytes belong
into the vault, and neither they nor the record keys may reach the workspace or a release. Without
the key bytes a record key tells nothing about the unit (a keyed BLAKE2b, RFC 7693).
"""

import hashlib

import polars as pl

from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import MISSING, labels
from disclosure_control.perturbation.ptable import LARGEST_KEY

RECORD_KEY = "record_key"
_SHORTEST, _LONGEST = 16, 64
_DIGEST = 8


def record_keys(units: pl.Series, key: bytes, maximum: int = 255) -> pl.Series:
    """A record key from 0 to ``maximum`` for every entry of ``units``, in the same order.

    The same unit has the same key in every table, year and extract made with the same ``key``; as
    text, so 7 and "7" are one unit. Keys are evenly spread over units.

    Args:
        units: the label of each record's unit (a pupil's pseudonym); none missing.
        key: 16 to 64 secret bytes, kept as long as tables must agree.
        maximum: the largest record key, equal to the largest cell key of the p-table.
    """
    if not isinstance(key, bytes) or not _SHORTEST <= len(key) <= _LONGEST:
        raise InvalidInputError(f"A key has {_SHORTEST} to {_LONGEST} bytes.")
    if type(maximum) is not int or not 1 <= maximum <= LARGEST_KEY:
        raise InvalidInputError(f"The largest record key is a number from 1 to {LARGEST_KEY}.")
    if not isinstance(units, pl.Series):
        raise InvalidInputError("The units are a polars Series.")
    frame = units.alias("unit").to_frame().lazy()
    text = frame.select(labels(frame, ["unit"])).collect()["unit"]
    missing = int((text == MISSING).sum())
    if missing:
        raise InvalidInputError(f"Every record has a unit; {missing} have none.")
    different = text.unique()
    numbers = [_number(label, key, maximum) for label in different]
    found = text.replace_strict(different, numbers, return_dtype=pl.Int64)
    return found.alias(RECORD_KEY)


def _number(label: str, key: bytes, maximum: int) -> int:
    digest = hashlib.blake2b(label.encode(), digest_size=_DIGEST, key=key, person=b"record key")
    return int.from_bytes(digest.digest(), "big") % (maximum + 1)
