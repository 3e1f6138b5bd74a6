"""Names of columns with special-category data (GDPR article 9), Dutch and English.

A column is matched on its normal form: lower case, letters only. A name that contains one of the
stems is special; better one question too many than a child's diagnosis on disk.
"""

import re
from collections.abc import Iterable

STEMS = (
    "adhd",
    "allergi",
    "autis",
    "beperking",
    "biometr",
    "diagnos",
    "disabilit",
    "dyscalculi",
    "dyslex",
    "ethnic",
    "etnicit",
    "geloof",
    "genetic",
    "gezondheid",
    "godsdienst",
    "handicap",
    "health",
    "levensovertuiging",
    "medic",
    "orientation",
    "political",
    "politiek",
    "race",
    "ras",
    "religi",
    "seksuel",
    "sexual",
    "vakbond",
    "ziekte",
)
_WHOLE_WORDS = {"race", "ras"}


def special_columns(columns: Iterable[str]) -> list[str]:
    """The columns whose names point at special-category data."""
    return [column for column in columns if _is_special(column)]


def _is_special(column: str) -> bool:
    words = re.findall(r"[a-z]+", column.lower())
    text = "".join(words)
    return any(stem in (words if stem in _WHOLE_WORDS else text) for stem in STEMS)
