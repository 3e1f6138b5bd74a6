"""Everything released so far, on disk.

**The folder holds microdata**: who is in which cell of which table, and the text of every unit. It
stays with the desk, on an encrypted disk, and never goes to a researcher. Files have mode 0600, the
folder 0700. Nothing is ever taken out: a withdrawn release has been seen.

``history.json`` lists the releases with the SHA-256 of each file, chained; one file per release
holds codes, published cells and what was worked out. A release is there when ``history.json`` names
it, and that file is replaced in one step.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from disclosure_control.differencing import packing
from disclosure_control.differencing.cells import Cells, Comparison
from disclosure_control.differencing.coding import encode
from disclosure_control.differencing.compare import Known, compare_known, nobody
from disclosure_control.differencing.disk import (
    LOCK,
    PARTIAL,
    HistoryError,
    one_writer,
    read_file,
    write_file,
)
from disclosure_control.differencing.many import advance
from disclosure_control.differencing.regression import Added, State, step
from disclosure_control.errors import InvalidInputError

FORMAT = 1
_INDEX, _RELEASE = "history.json", ".release"
_SAME = 1e-6


@dataclass(frozen=True)
class Entry:
    """One release: its file, the file's SHA-256, its content's SHA-256, and the chain up to it."""

    file: str
    sha256: str
    content: str
    chain: str


class HistoryStore:
    """All releases, append-only. Holds microdata: see the module.

    A folder that does not exist is an empty history; it is made by the first ``add``.

    Args:
        path: the folder.

    Raises:
        HistoryError: the folder is not a history, or a file is missing or was changed.

    Example:
        >>> history = HistoryStore(folder)                              # doctest: +SKIP
        >>> history.check(cells, minimum_units=10).verdict              # doctest: +SKIP
        <Verdict.SAFE: 0>
        >>> history.add(cells)                                          # doctest: +SKIP
    """

    def __init__(self, path: Path | str) -> None:
        self._folder = Path(path)
        self._entries: tuple[Entry, ...] = ()
        self._known: dict[str, Known] = {}
        self._refresh()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def digest(self) -> str:
        """The chain over all releases. Keep it elsewhere to notice a history that lost its end."""
        return self._entries[-1].chain if self._entries else _chain("", "")

    def check(self, *cells: Cells, minimum_units: int) -> Comparison:
        """What these tables would give away together with everything released; changes nothing.

        Raises:
            InvalidInputError: no table, or a threshold below 1.
            HistoryError: a file is missing or was changed.
        """
        _require(cells)
        self._refresh()
        return compare_known(cells, self._known, minimum_units)

    def add(self, *cells: Cells) -> str:
        """Adds tables as one release and returns the new ``digest``.

        The step is whole or did not happen, also when the process is killed. Adding a release that
        is there already changes nothing, so a caller that was killed may simply repeat it.

        Raises:
            InvalidInputError: no table.
            HistoryError: a file is missing or was changed.
        """
        _require(cells)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with one_writer(self._folder):
            if not (self._folder / _INDEX).exists():
                _read_index(self._folder)
                write_file(self._folder / _INDEX, _index(()))
            self._refresh()
            content, data = self._packed(cells)
            if all(entry.content != content for entry in self._entries):
                self._append(content, data)
        return self.digest

    def verify(self) -> None:
        """Works everything out again from the codes and compares; takes as long as all adds did.

        Raises:
            HistoryError: what was kept differs from what the codes give.
        """
        self._refresh()
        for variable, known in self._known.items():
            again = advance(State(), known.tables)
            if not _is_same(again, known.state):
                raise HistoryError(
                    "What is kept about releases equals what their codes give; it does not for "
                    f"{'sums of ' + variable if variable else 'counts'}. Restore a backup."
                )

    def _packed(self, cells: Sequence[Cells]) -> tuple[str, bytes]:
        """The SHA-256 of what a release says, and the release as bytes."""
        tables: list[dict[str, Any]] = []
        numbers: dict[str, int] = {}
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        said = hashlib.sha256()
        known = dict(self._known)
        for variable in dict.fromkeys(one.variable for one in cells):
            own = [one for one in cells if one.variable == variable]
            before = known.get(variable) or Known(nobody(variable))
            numbers[variable] = before.numbering.keys.height
            numbering = before.numbering.extended(own)
            arrays[f"numbers.{variable}"] = packing.of_numbering(numbering, numbers[variable])
            state = before.state
            for one in own:
                added = step(state, encode(one, numbering))
                state = state.after(added)
                header, parts = packing.of_table(added.table)
                said.update(packing.pack({**header, "variable": variable}, parts))
                parts |= packing.of_added(added)
                arrays |= {f"{len(tables)}.{name}": array for name, array in parts.items()}
                tables.append({**header, "variable": variable})
        header = {"format": FORMAT, "tables": tables, "numbers": numbers}
        return said.hexdigest(), packing.pack(header, arrays)

    def _append(self, content: str, data: bytes) -> None:
        """Writes the release, then the list that names it."""
        name = f"{len(self._entries) + 1:06d}{_RELEASE}"
        sha256 = hashlib.sha256(data).hexdigest()
        write_file(self._folder / name, data)
        entry = Entry(name, sha256, content, _chain(self.digest, sha256 + content))
        entries = (*self._entries, entry)
        write_file(self._folder / _INDEX, _index(entries))
        self._take(entry, data)

    def _refresh(self) -> None:
        """Reads what is on disk and not yet in memory."""
        entries = _read_index(self._folder)
        if entries[: len(self._entries)] != self._entries:
            raise HistoryError("A history only grows; releases that were there are gone.")
        for entry in entries[len(self._entries) :]:
            data = read_file(self._folder / entry.file)
            if hashlib.sha256(data).hexdigest() != entry.sha256:
                raise HistoryError(
                    f"The file {entry.file} of the history was changed or is incomplete. "
                    "Restore it from a backup; until then nothing can be cleared."
                )
            self._take(entry, data)

    def _take(self, entry: Entry, data: bytes) -> None:
        """Adds a release that was read or written to what is in memory."""
        try:
            self._known = _with_release(self._known, data)
        except (ValueError, KeyError, TypeError):
            raise HistoryError(
                f"The file {entry.file} of the history is not one of format {FORMAT}."
            ) from None
        self._entries = (*self._entries, entry)


def _require(cells: Sequence[Cells]) -> None:
    if not cells:
        raise InvalidInputError("A release has one or more tables.")


def _with_release(known: dict[str, Known], data: bytes) -> dict[str, Known]:
    """What is known after the release in ``data``."""
    header, arrays = packing.unpack(data)
    if header["format"] != FORMAT:
        raise ValueError("another format")
    found = dict(known)
    for variable in header["numbers"]:
        before = found.get(variable) or Known(nobody(variable))
        numbering = packing.with_numbers(before.numbering, arrays[f"numbers.{variable}"])
        added: list[Added] = []
        for place, table in enumerate(header["tables"]):
            if table["variable"] == variable:
                start = f"{place}."
                own = {
                    name.removeprefix(start): array
                    for name, array in arrays.items()
                    if name.startswith(start)
                }
                added.append(packing.as_added(packing.as_table(table, own), own))
        state = before.state.after(*added)
        found[variable] = Known(numbering, state.tables, state)
    return found


def _is_same(one: State, other: State) -> bool:
    kept = len(one.kept) == len(other.kept) and all(
        np.array_equal(first, second) for first, second in zip(one.kept, other.kept, strict=True)
    )
    blocks = len(one.factor.blocks) == len(other.factor.blocks)
    pairs = [
        *zip(one.factor.blocks, other.factor.blocks, strict=False),
        (one.shadows, other.shadows),
        (one.remains, other.remains),
    ]
    return (
        kept
        and blocks
        and all(
            first.shape == second.shape and np.allclose(first, second, rtol=_SAME, atol=_SAME)
            for first, second in pairs
        )
    )


def _chain(before: str, link: str) -> str:
    return hashlib.sha256(f"{before}\n{link}".encode()).hexdigest()


def _index(entries: Sequence[Entry]) -> bytes:
    releases = [vars(entry) for entry in entries]
    text = json.dumps(releases, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps({"format": FORMAT, "releases": releases, "sha256": digest}, indent=1).encode()


def _is_bare(folder: Path) -> bool:
    return folder.is_dir() and {one.name for one in folder.iterdir()} <= {LOCK, PARTIAL}


def _read_index(folder: Path) -> tuple[Entry, ...]:
    """The releases that the folder names; none when it does not exist or holds nothing."""
    path = folder / _INDEX
    if not path.exists():
        if folder.exists() and not _is_bare(folder):
            raise HistoryError(
                f"A history is a folder with {_INDEX}; this one has other files and not that one."
            )
        return ()
    try:
        content = json.loads(read_file(path))
        entries = tuple(Entry(**entry) for entry in content["releases"])
        whole = content["format"] == FORMAT and _index(entries) == read_file(path)
    except (ValueError, KeyError, TypeError):
        whole, entries = False, ()
    chain = _chain("", "")
    for entry in entries:
        chain = _chain(chain, entry.sha256 + entry.content)
        whole = whole and chain == entry.chain and Path(entry.file).name == entry.file
    if not whole:
        raise HistoryError(f"{_INDEX} of the history is damaged. Restore it from a backup.")
    return entries
