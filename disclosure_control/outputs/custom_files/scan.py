"""Scanning a file that a researcher made and wants released."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from disclosure_control.errors import InvalidInputError
from disclosure_control.outputs.custom_files.content import Content
from disclosure_control.outputs.custom_files.faults import STRUCTURE_RULE, Fault
from disclosure_control.outputs.custom_files.kinds import OTHER, PNG
from disclosure_control.outputs.custom_files.limits import LIMITS, FileLimits
from disclosure_control.outputs.custom_files.png import read_png
from disclosure_control.outputs.custom_files.reading import read_content
from disclosure_control.outputs.custom_files.rules import CUSTOM_RULES, CustomRule, Settings
from disclosure_control.outputs.custom_files.rules.rule import unsafe
from disclosure_control.policy import Policy, find_policy
from disclosure_control.verdict import Finding, Verdict

_SHORTEST_IDENTIFIER = 4
_MOST_FINDINGS = 20


@dataclass(frozen=True)
class Summary:
    """Numbers about a file, no values.

    Args:
        tables: how many tables were found in it.
        rows: rows of all tables, headers left out.
        columns: columns of all tables.
        numeric_columns: those that mostly hold numbers.
        width: of a picture in pixels; 0 for other files.
        height: the same.
    """

    tables: int = 0
    rows: int = 0
    columns: int = 0
    numeric_columns: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class CustomScan:
    """What a scan says; it never holds a value of the file.

    Args:
        kind: csv, text, json or png; ``other`` when the file is none of them.
        size: in bytes.
        sha256: digest of the bytes in hex; empty when the file was too large to be read.
        findings: at least one for people; the labels are empty.
        summary: numbers about the content.
    """

    kind: str
    size: int
    sha256: str
    findings: tuple[Finding, ...]
    summary: Summary

    @property
    def verdict(self) -> Verdict:
        """REVIEW at best: nobody proved the file to be safe."""
        worst = Verdict.worst(finding.verdict for finding in self.findings)
        return Verdict.worst((worst, Verdict.REVIEW))


def scan_file(
    path: Path | str,
    policy: Policy | str,
    *,
    known_identifiers: frozenset[str] | None = None,
    rounding_base: int | None = None,
    limits: FileLimits = LIMITS,
) -> CustomScan:
    """The scan of the file at ``path``; see :func:`scan_bytes`.

    Raises:
        InvalidInputError: a link, folder, device, empty or unreadable file.
    """
    file = Path(path)
    data, size = _read(file, limits.maximum_bytes)
    scan = scan_bytes(
        data,
        file.name,
        policy,
        known_identifiers=known_identifiers,
        rounding_base=rounding_base,
        limits=limits,
    )
    return scan if size == len(data) else replace(scan, size=size, sha256="")


def scan_bytes(
    data: bytes,
    name: str,
    policy: Policy | str,
    *,
    known_identifiers: frozenset[str] | None = None,
    rounding_base: int | None = None,
    limits: FileLimits = LIMITS,
) -> CustomScan:
    """What the rules of ``CUSTOM_RULES`` find in a file. A rule that fails counts as unsafe.

    Args:
        data: the bytes of the file.
        name: its name, whose suffix says the kind.
        policy: whose ``minimum_units`` and ``rounding_base`` hold.
        known_identifiers: texts of at least four letters or digits that must not occur.
        rounding_base: counts are said to be multiples of this; null: as the policy asks.
        limits: of size.

    Raises:
        InvalidInputError: no bytes, no name, or arguments that do not fit.
    """
    settings = _settings(policy, known_identifiers, rounding_base, limits)
    if not isinstance(data, bytes) or not data:
        raise InvalidInputError("A file to be scanned has bytes; this one is empty.")
    if not isinstance(name, str) or not name:
        raise InvalidInputError("A file to be scanned has a name, whose suffix says its kind.")
    content = _content(data, name, limits)
    findings = tuple(f for rule in CUSTOM_RULES for f in _applied(rule, content, settings))
    digest = hashlib.sha256(data).hexdigest()
    return CustomScan(content.kind, len(data), digest, findings, _summary(content, limits))


def _settings(
    policy: Policy | str,
    known: frozenset[str] | None,
    base: int | None,
    limits: FileLimits,
) -> Settings:
    found = find_policy(policy)
    if base is not None and (type(base) is not int or base < 1):
        raise InvalidInputError("rounding_base is a whole number of at least 1.")
    identifiers = frozenset(known or ())
    if not all(isinstance(text, str) for text in identifiers):
        raise InvalidInputError("Known identifiers are texts.")
    short = sum(sum(map(str.isalnum, text)) < _SHORTEST_IDENTIFIER for text in identifiers)
    if short:
        raise InvalidInputError(
            f"A known identifier has at least {_SHORTEST_IDENTIFIER} letters or digits, else it "
            f"cannot be told from figures; {short} are shorter."
        )
    return Settings(found.minimum_units, base or found.rounding_base, identifiers, limits)


def _content(data: bytes, name: str, limits: FileLimits) -> Content:
    try:
        return read_content(data, name, limits)
    except Exception:  # noqa: BLE001 - hostile files must end in a finding, whatever they break
        fault = Fault(STRUCTURE_RULE, "the file could not be read to its end", "write it anew")
        return Content(name, data, OTHER, faults=(fault,))


def _applied(rule: CustomRule, content: Content, settings: Settings) -> Iterator[Finding]:
    """The findings of one rule, the worst first and not more than can be read."""
    try:
        found = sorted(rule.find(content, settings), key=lambda finding: -finding.verdict)
    except Exception:  # noqa: BLE001 - a rule that breaks has not cleared the file
        found = [unsafe(rule.name, "the rule could not be applied", "write the file anew")]
    yield from found[:_MOST_FINDINGS]
    rest = found[_MOST_FINDINGS:]
    if rest:
        worst = Verdict.worst(finding.verdict for finding in rest)
        yield Finding((), rule.name, f"{len(rest)} more findings of this rule", "as above", worst)


def _summary(content: Content, limits: FileLimits) -> Summary:
    columns = [column for grid in content.grids for column in grid.columns]
    pixels = content.kind == PNG and not content.faults
    picture = read_png(content.data, replace(limits, maximum_pixels=0)) if pixels else None
    return Summary(
        tables=len(content.grids),
        rows=sum(grid.height for grid in content.grids),
        columns=len(columns),
        numeric_columns=sum(column.is_numeric for column in columns),
        width=picture.width if picture else 0,
        height=picture.height if picture else 0,
    )


def _read(path: Path, maximum: int) -> tuple[bytes, int]:
    """The bytes of a plain file, one more than allowed at most, and its size."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if path.is_symlink():
            raise InvalidInputError("A file to be scanned is no link.")
        handle = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
        with os.fdopen(handle, "rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise InvalidInputError("A file to be scanned is plain, no folder or device.")
            data = file.read(maximum + 1)
    except (OSError, ValueError) as fault:
        if isinstance(fault, InvalidInputError):
            raise
        raise InvalidInputError("A file to be scanned exists and can be read.") from None
    return data, max(state.st_size, len(data))
