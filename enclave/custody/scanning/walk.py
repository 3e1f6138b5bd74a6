"""Scanning all files of a site."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from enclave.custody.scanning import columns
from enclave.custody.scanning.columns import UnreadableError
from enclave.custody.scanning.needles import Needles
from enclave.custody.scanning.text import BLOCK, count_needles, scan_text
from enclave.errors import FindingsError
from enclave.site import ZONES, Site, read_config

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from enclave.custody.scanning.columns import Found

_SEALED = b"age-encryption.org/"
_PARQUET = b"PAR1"
_SQLITE = b"SQLite format 3\x00"
_CLOSED = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"7z\xbc\xaf\x27\x1c",
    b"ARROW1",
    b"%PDF",
)
"""Beginnings of files whose content is compressed or laid out in a way that is not read here."""

_PLAIN_SUFFIX = re.compile(r"\.[a-z]{1,8}")
_SCHOOL_START = 1


class ScanCount(msgspec.Struct, frozen=True, order=True):
    """How often one kind of identifier was found in files of one role, for example ``linked .csv``.

    ``values`` counts values, not files.
    """

    role: str
    kind: str
    values: int


class ScanResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan of a site saw. Holds no value and no file name.

    ``found`` are identifiers. ``unexamined`` counts files, by role and cause, that the scan could
    not look into: an unknown file is not a clean one.
    """

    files: int
    bytes: int
    found: tuple[ScanCount, ...]
    unexamined: tuple[ScanCount, ...]

    @property
    def identifiers(self) -> int:
        """The number of identifying values that were found."""
        return sum(count.values for count in self.found)

    @property
    def clean(self) -> bool:
        """Whether every file was read and none holds an identifier."""
        return not self.found and not self.unexamined

    def require_clean(self, consequence: str = "something has to be removed by hand") -> None:
        """Raises ``FindingsError`` naming what was found where, by role and count."""
        if self.clean:
            return
        places = [f"{count.role}: {count.values} {count.kind}" for count in self.found]
        places += [f"{count.role}: {count.values} files {count.kind}" for count in self.unexamined]
        raise FindingsError(
            f"No file of the site holds an identifier, and each can be looked into; {consequence}.",
            where="; ".join(places),
            next_step="remove what is named there and run the same command again",
        )


def scan_site(site: Site, needles: Iterable[bytes] | None = None) -> ScanResult:
    """What all files of a site hold of identifiers, file names included.

    Args:
        site: the site; links are not followed.
        needles: exact strings that must not be there, searched in raw bytes (also as UTF-16) and
            in decoded columns (as text, number or date). Without them only names and shapes are
            looked for.

    Raises:
        InputError: the site has no configuration. Its school years tell which dates are too old
            to be a test's.
    """
    hidden = Needles(needles or ())
    oldest_year = int(read_config(site).round.school_years[0][:4]) - _SCHOOL_START
    found: Counter[tuple[str, str]] = Counter()
    unexamined: Counter[tuple[str, str]] = Counter()
    files = size = 0
    names: list[str] = []
    for path in _files_of(site.root):
        names.append(site.relative(path))
        role = role_of(site, path)
        try:
            size += path.stat().st_size
            tally = _scan_file(path, hidden, oldest_year)
            found.update({(role, kind): count for kind, count in tally.items()})
        except FileNotFoundError:
            continue
        except (UnreadableError, OSError):
            unexamined[role, "unreadable"] += 1
        files += 1
    for kind, count in scan_text(["\n".join(names).encode(errors="surrogateescape")], hidden):
        found["file names", kind] += count
    return ScanResult(files=files, bytes=size, found=_counts(found), unexamined=_counts(unexamined))


def role_of(site: Site, path: Path) -> str:
    """What kind of file this is: its zone and suffix. File names may tell too much."""
    top = path.relative_to(site.root).parts[0]
    zone = top if top in ZONES else "site"
    return f"{zone} {path.suffix if _PLAIN_SUFFIX.fullmatch(path.suffix) else 'file'}"


def _scan_file(path: Path, needles: Needles, oldest_year: int) -> Counter[str]:
    """Values by kind in one file. What both readings find is counted once: the larger count."""
    with path.open("rb") as stream:
        start = stream.read(32)
        if start.startswith(_CLOSED):
            raise UnreadableError
        stream.seek(0)
        blocks = iter(lambda: stream.read(BLOCK), b"")
        read = count_needles if start.startswith((_SEALED, _PARQUET)) else scan_text
        as_text = _tally(read(blocks, needles))
    return as_text | _tally(_scan_columns(path, start, needles, oldest_year))


def _scan_columns(path: Path, start: bytes, needles: Needles, oldest_year: int) -> Iterator[Found]:
    if start.startswith(_PARQUET):
        yield from columns.scan_parquet(path, needles, oldest_year)
    elif start.startswith(_SQLITE):
        yield from columns.scan_sqlite(path, needles, oldest_year)
    elif not start.startswith(_SEALED) and b"\x00\x00" not in start:
        yield from columns.scan_separated(path, oldest_year)


def _tally(found: Iterable[Found]) -> Counter[str]:
    tally: Counter[str] = Counter()
    for kind, count in found:
        tally[kind] += count
    return tally


def _files_of(root: Path) -> Iterator[Path]:
    """Every regular file below ``root``, in order; links are left alone."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _counts(counter: Counter[tuple[str, str]]) -> tuple[ScanCount, ...]:
    return tuple(sorted(ScanCount(role, kind, count) for (role, kind), count in counter.items()))
