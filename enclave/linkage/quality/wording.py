"""The words of a report, the same on the page and as text."""

from enclave.linkage.quality.groups import TOTAL
from enclave.linkage.quality.persons import MOVER_MONTHS, NEWCOMER_MONTHS

NAMES = {
    "number": "Number delivered",
    "address_key": "Address key",
    "sex": "Sex",
    "age": "Age reached in the year of reference",
    "origin": "Origin",
    "school_type": "School type",
    "denomination": "Denomination of the school",
    "newcomer": f"First registered in the last {NEWCOMER_MONTHS} months, born before",
    "mover": f"Came to an address in the last {MOVER_MONTHS} months",
    "twin": "Somebody else of the same birth date at the address",
    "pass": "Pass",
}
LEVELS = {
    ("address_key", "whole"): "all parts known",
    ("address_key", "not whole"): "a part unknown",
    ("sex", "M"): "boys",
    ("sex", "V"): "girls",
}


def name_of(characteristic: str) -> str:
    """The characteristic in words."""
    return NAMES.get(characteristic, characteristic.replace("_", " "))


def level_of(characteristic: str, level: str) -> str:
    """The level in words."""
    return "all" if level == TOTAL else LEVELS.get((characteristic, level), level)
