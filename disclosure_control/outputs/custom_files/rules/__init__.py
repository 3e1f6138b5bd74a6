"""The rules for files made elsewhere, in the order in which they are applied."""

from disclosure_control.outputs.custom_files.rules.contacts import birth_dates, e_mail, postcodes
from disclosure_control.outputs.custom_files.rules.formulas import formulas
from disclosure_control.outputs.custom_files.rules.hidden_content import hidden_content
from disclosure_control.outputs.custom_files.rules.national_numbers import national_numbers
from disclosure_control.outputs.custom_files.rules.picture import picture
from disclosure_control.outputs.custom_files.rules.pseudonyms import known_identifiers, pseudonyms
from disclosure_control.outputs.custom_files.rules.reported import (
    file_kind,
    file_limits,
    read_by_people,
    structure,
)
from disclosure_control.outputs.custom_files.rules.rule import CustomRule, Settings
from disclosure_control.outputs.custom_files.rules.small_counts import rounding, small_counts
from disclosure_control.outputs.custom_files.rules.unit_rows import unit_rows

_OPENSAFELY = "OpenSAFELY, requesting file release"
_DWB = "Data without Boundaries / ESSnet guidelines for output checking"
_OWN = "own choice: what nobody can see, nobody can check"
_GDPR = "GDPR article 4 (1): direct identifiers"
_STDNUM = "python-stdnum, nl.bsn and nl.onderwijsnummer"

CUSTOM_RULES: tuple[CustomRule, ...] = (
    CustomRule("read_by_people", read_by_people, "a file made elsewhere is read by people", _DWB),
    CustomRule("file_kind", file_kind,
               "a file is CSV, text, JSON or PNG, and its content is what its suffix says",
               f"{_OPENSAFELY}: accepted types"),
    CustomRule("file_limits", file_limits, "a file is small enough to be read",
               f"{_OPENSAFELY}: 5,000 rows, 16 MB; the others with FileLimits"),
    CustomRule("structure", structure,
               "a table has rows of equal length; JSON has each key once, numbers that are "
               "numbers, and is no notebook", "RFC 4180; RFC 8259 section 4"),
    CustomRule("hidden_content", hidden_content,
               "nothing in the file is invisible, packed or markup", _OWN),
    CustomRule("formulas", formulas, "no cell of a CSV begins like a formula",
               "OWASP, CSV Injection"),
    CustomRule("national_numbers", national_numbers,
               "no more numbers pass the test of a BSN or education number than by chance",
               _STDNUM),
    CustomRule("known_identifiers", known_identifiers,
               "no identifier of the project occurs", _GDPR),
    CustomRule("pseudonyms", pseudonyms, "no column holds pseudonyms or hashes",
               "GDPR article 4 (5): pseudonymous data are personal data"),
    CustomRule("postcodes", postcodes, "no column holds full postcodes", _GDPR),
    CustomRule("e_mail", e_mail, "no e-mail address occurs", _GDPR),
    CustomRule("birth_dates", birth_dates, "no column holds dates of birth", _GDPR),
    CustomRule("unit_rows", unit_rows, "rows are groups, not units", f"{_DWB}: no microdata"),
    CustomRule("small_counts", small_counts, "no count lies from 1 to below minimum_units",
               f"{_DWB}: thresholds of the policy"),
    CustomRule("rounding", rounding, "counts said to be rounded are multiples of the base",
               f"{_OPENSAFELY}: unrounded counts are the most frequent reason for refusal"),
    CustomRule("picture", picture, "a picture holds pixels and nothing else",
               "PNG specification, third edition (W3C, 2025)"),
)  # fmt: skip
"""Every rule with what must hold and where that comes from."""

__all__ = ["CUSTOM_RULES", "CustomRule", "Settings"]
