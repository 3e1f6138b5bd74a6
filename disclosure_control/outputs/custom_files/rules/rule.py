"""What a rule for files is: a function from content and settings to findings."""

from collections.abc import Callable
from dataclasses import dataclass

from disclosure_control.outputs.custom_files.content import Content
from disclosure_control.outputs.custom_files.limits import FileLimits
from disclosure_control.verdict import Finding, Verdict


@dataclass(frozen=True, repr=False)
class Settings:
    """What the rules judge by.

    Args:
        minimum_units: counts from 1 up to below this are small.
        rounding_base: counts are multiples of this; null: not rounded.
        known: identifiers that must not occur.
        limits: of size.
    """

    minimum_units: int
    rounding_base: int | None
    known: frozenset[str]
    limits: FileLimits


RuleFunction = Callable[[Content, Settings], list[Finding]]


@dataclass(frozen=True)
class CustomRule:
    """A rule as it stands in the table of rules: what must hold, and who says so."""

    name: str
    find: RuleFunction
    statement: str
    source: str


def unsafe(rule: str, reason: str, remedy: str) -> Finding:
    """A finding about the whole file that makes it unsafe."""
    return Finding((), rule, reason, remedy)


def review(rule: str, reason: str, remedy: str) -> Finding:
    """A finding that people must look at."""
    return Finding((), rule, reason, remedy, Verdict.REVIEW)
