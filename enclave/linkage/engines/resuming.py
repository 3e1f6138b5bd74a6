"""An engine that goes on where a killed run of the same job stopped.

Every kept result is entered in a journal with its digest once it is whole on disk. The next run
takes over what the journal names, if the inputs are the same to the byte and so is the result.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from enclave.errors import EnclaveError
from enclave.files import sha256_of, write_bytes
from enclave.linkage.engines.base import Engine, Frame, Keying

_JOURNAL = "journal.json"


@dataclass(frozen=True)
class Journal:
    """What was finished in ``folder`` of the job with these ``inputs``, by name and digest."""

    folder: Path
    inputs: str

    def has(self, name: str, result: Path) -> bool:
        """Whether ``result`` is what was entered under ``name``."""
        entered = self._entries().get(name)
        return entered is not None and entered == _digest(result)

    def enter(self, name: str, result: Path) -> None:
        """Names a result that is whole on disk."""
        self._write({**self._entries(), name: _digest(result)})

    def open(self) -> None:
        """Keeps the folder of the same job, and empties that of any other."""
        if self._read().get("inputs") != self.inputs:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(mode=0o700, parents=True)
            self._write({})

    def _entries(self) -> dict[str, str | None]:
        found: dict[str, str | None] = self._read().get("done", {})
        return found

    def _read(self) -> dict[str, Any]:
        try:
            read = json.loads((self.folder / _JOURNAL).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return read if isinstance(read, dict) else {}

    def _write(self, done: dict[str, str | None]) -> None:
        record = {"inputs": self.inputs, "done": done}
        write_bytes(self.folder / _JOURNAL, json.dumps(record, indent=1).encode())


def inputs_of(facts: Sequence[str], files: Sequence[Path]) -> str:
    """A digest of what a job starts from: facts, and files by their content."""
    contents = [sha256_of(file) if file.is_file() else "missing" for file in files]
    return hashlib.sha256("\n".join([*facts, *contents]).encode()).hexdigest()


@dataclass(frozen=True)
class ResumingEngine:
    """Does what ``inner`` does, but no work that ``journal`` names as done.

    ``given``: the names of this run. A name is for one result: a second one of that name would be
    taken for the first.
    """

    inner: Engine
    journal: Journal
    given: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """That of the engine at work."""
        return self.inner.name

    @property
    def folder(self) -> Path:
        """That of the engine at work."""
        return self.inner.folder

    def scan(self, paths: Sequence[Path]) -> Frame:
        """The rows of Parquet files, lazily."""
        return self.inner.scan(paths)

    def keyed(self, paths: Sequence[Path], keying: Keying, name: str) -> Frame:
        """Rows with identifiers after ``keying``, hashed once."""
        done = self._done(name)
        return (
            done if done is not None else self._entered(self.inner.keyed(paths, keying, name), name)
        )

    def checkpoint(self, frame: Frame, name: str) -> Frame:
        """The frame after it was worked out, once."""
        done = self._done(name)
        return done if done is not None else self._entered(self.inner.checkpoint(frame, name), name)

    def parts(self, ours: Frame, theirs: Frame, key: str) -> Sequence[tuple[Frame, Frame]]:
        """As the engine at work splits a join."""
        return self.inner.parts(ours, theirs, key)

    def fetch(self, frame: Frame) -> pl.DataFrame:
        """A result as polars frame."""
        return self.inner.fetch(frame)

    def _done(self, name: str) -> Frame | None:
        if name in self.given:
            raise EnclaveError(
                "Every result of a linkage has a name of its own.",
                where="intermediate results",
                next_step="report this fault; nothing was linked",
            )
        self.given.add(name)
        result = self._place(name)
        known = result is not None and self.journal.has(name, result)
        return self.inner.scan([result]) if result is not None and known else None

    def _entered(self, frame: Frame, name: str) -> Frame:
        result = self._place(name)
        if result is not None:
            self.journal.enter(name, result)
        return frame

    def _place(self, name: str) -> Path | None:
        """The file of a result, or the folder where an engine writes many; null for neither."""
        places = (self.folder / f"{name}.parquet", self.folder / name)
        return next((place for place in places if place.exists()), None)


def _digest(result: Path) -> str | None:
    """Of a file, or of all files of a folder by name; null for what is not there."""
    if result.is_file():
        return sha256_of(result)
    if not result.is_dir():
        return None
    files = sorted(path for path in result.rglob("*") if path.is_file())
    every = [f"{path.relative_to(result)} {sha256_of(path)}" for path in files]
    return hashlib.sha256("\n".join(every).encode()).hexdigest()
