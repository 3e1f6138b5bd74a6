"""Cells that a spreadsheet would run as formulas. Source: OWASP, CSV Injection."""

import re

from disclosure_control.outputs.custom_files.content import Content
from disclosure_control.outputs.custom_files.kinds import CSV
from disclosure_control.outputs.custom_files.rules.rule import Settings, unsafe
from disclosure_control.verdict import Finding

_RULE = "formulas"
_SIGNS = "=@\uff1d\uff20"
_NUMERIC_SIGNS = "+\uff0b\uff0d-"
"""The wide forms of = @ + - work as the usual ones do."""
_STARTS = re.compile(f'^(?:[\t\r]|[ \u00a0"]*[{_SIGNS}{_NUMERIC_SIGNS}])')
_HARMLESS = re.compile(
    r'^[ \u00a0"]*[+-](?:[\d\s.,*()\[\];%\u2013\u2014+-]|(?<=\d)e(?=[+-]?\d))*$', re.IGNORECASE
)
_OTHER_MARK = re.compile(
    f'(?:^|[,;\t|])[ "]{{0,9}}(?:[{_SIGNS}]|[{_NUMERIC_SIGNS}][A-Za-z(])', re.MULTILINE
)
_REMEDY = "put words in front: no cell begins with = + - @, a tab or a carriage return"


def formulas(content: Content, settings: Settings) -> list[Finding]:
    """Cells that begin like a formula, plain negative numbers left out; by other separators too."""
    del settings
    if content.kind != CSV:
        return []
    found = []
    for label, column in content.places:
        count = sum(map(is_formula, (column.name, *column.cells)))
        if count:
            reason = f"{label} has {count} cells that a spreadsheet would run as formulas"
            found.append(unsafe(_RULE, reason, _REMEDY))
    elsewhere = 0 if found else len(_OTHER_MARK.findall(content.text))
    if elsewhere:
        reason = f"{elsewhere} cells would be formulas where another separator is usual"
        found.append(unsafe(_RULE, reason, _REMEDY))
    return found


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet may run the cell; signs with digits and marks only are numbers."""
    return bool(_STARTS.match(cell)) and not _HARMLESS.match(cell)
