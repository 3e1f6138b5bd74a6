"""What was found while the file was read, and that people read it in any case."""

from disclosure_control.outputs.custom_files.content import Content
from disclosure_control.outputs.custom_files.faults import (
    KIND_RULE,
    LIMITS_RULE,
    STRUCTURE_RULE,
)
from disclosure_control.outputs.custom_files.rules.rule import Settings, review, unsafe
from disclosure_control.verdict import Finding

PEOPLE_RULE = "read_by_people"


def read_by_people(content: Content, settings: Settings) -> list[Finding]:
    """Always one finding: nobody proved a file made elsewhere to be safe."""
    del content, settings
    reason = "a file made elsewhere is read by people"
    return [review(PEOPLE_RULE, reason, "say what it shows and how many units are behind it")]


def file_kind(content: Content, settings: Settings) -> list[Finding]:
    """Content of no accepted kind, or of another than the suffix says."""
    return _reported(content, settings, KIND_RULE)


def file_limits(content: Content, settings: Settings) -> list[Finding]:
    """More bytes, rows, columns, characters or levels than are allowed."""
    return _reported(content, settings, LIMITS_RULE)


def structure(content: Content, settings: Settings) -> list[Finding]:
    """A table or document that cannot be read in one way only."""
    return _reported(content, settings, STRUCTURE_RULE)


def _reported(content: Content, settings: Settings, rule: str) -> list[Finding]:
    del settings
    return [unsafe(rule, f.reason, f.remedy) for f in content.faults if f.rule == rule]
