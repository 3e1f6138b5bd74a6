"""The linked zone under a new key: every S number in the files of all rounds is wrapped.

The files of single rounds stay as they are, and so does all content but the S numbers and the
order that follows from them. Nothing is read but the linked zone: no register, no identifier.

Steps, each of which may be the last before a kill:

1. the key is made in the vault;
2. the new files are written aside;
3. their digests are entered in the ledger;
4. they take the places of the old ones, one by one;
5. the receipt is recorded.

Between 3 and 5 the zone is a mixture that no receipt vouches for, so nobody reads it. Run again,
it wraps what is still old, keeps what the ledger knows as new, and refuses anything else. A linkage
in between writes all files under the new key by itself; then only the receipt is missing.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from enclave.custody import (
    Custody,
    checked_linked,
    present_files,
    present_s_keys,
)
from enclave.errors import FindingsError, InputError, RefusedError
from enclave.files import PARTIAL, atomic_path, file_digest, only_one, sha256_of
from enclave.ids import Digest, KeyName, PersonName
from enclave.linkage.education.blocks import BLOCK_PERSONS, ranges_of, write_blocks
from enclave.linkage.education.numbers import SNumbers
from enclave.linkage.education.rotation import (
    FIRST_KEY,
    UNMATCHED,
    chain_of,
    rotate,
    wrap_keys,
    wrap_secrets,
)
from enclave.linkage.education.rounds import linked_rounds
from enclave.linkage.keys import VaultKey, open_hasher
from enclave.receipts import FileDigest, RotationReceipt

EVENT = "s numbers wrapped"
FILES = ("pupils", "results", "panel", "person-history", "key-history")
"""What is written anew, in this order; schools have no S numbers."""


def rotate_s_key(custody: Custody, steward: PersonName, *, again: bool = False) -> RotationReceipt:
    """Makes a new key for S numbers and writes the linked zone under it.

    It is done once in a round: called again it returns the receipt, and after a kill it goes on.

    Args:
        custody: the opened site.
        steward: who does it; has the role steward.
        again: another new key in the same round.

    Raises:
        RefusedError: there are no lasting S numbers yet, somebody else than a steward asks, a key
            of the chain was destroyed, or another process runs the journey.
        InputError: the linked zone is not that of its receipts.
    """
    _require_steward(custody, steward)
    root = custody.site.root
    with (
        only_one(root / "journey.lock", "running this site's journey"),
        only_one(root / "linkage.lock", "linking this site's round"),
    ):
        recorded = custody.registry.all(RotationReceipt)
        own = [r for r in recorded if r.round_id == custody.config.round.id]
        known = max((len(receipt.keys) for receipt in recorded), default=1)
        if len(chain_of(custody.vault)) > known:
            return _finish(custody, steward, known)
        if own and not again:
            return own[-1]
        _check_before(custody)
        rotate(custody.vault)
        return _finish(custody, steward, known)


def _require_steward(custody: Custody, steward: PersonName) -> None:
    if not any(p.name == steward and p.role == "steward" for p in custody.config.people):
        raise RefusedError(
            "A steward makes a new key for S numbers.",
            where="enclave.toml, people",
            next_step="name a person whom enclave.toml lists with this role",
        )


def _check_before(custody: Custody) -> None:
    """Raises unless there is something to wrap, all of it whole, and every key is there."""
    if not present_s_keys(custody.registry):
        raise RefusedError(
            "A new key wraps the S numbers of linked rounds.",
            where=f"linked zone, before or in round {custody.config.round.id}",
            next_step="link a round first: enclave link run",
        )
    wrap_secrets(custody.vault, chain_of(custody.vault))
    checked_linked(custody, [f"{name}.parquet" for name in FILES])
    linked_rounds(custody, _numbers(custody))


def _numbers(custody: Custody) -> SNumbers:
    native = open_hasher(VaultKey(custody.vault, FIRST_KEY)).native
    return SNumbers(custody.vault, custody.config.round.id, chain_of(custody.vault), native)


def _finish(custody: Custody, steward: PersonName, known: int) -> RotationReceipt:
    """Everything that is left to do once the key is there."""
    numbers = _numbers(custody)
    work = _Work(custody, numbers, present_s_keys(custody.registry))
    if not work.had:
        raise RefusedError(
            "A new key wraps the S numbers of linked rounds.",
            where=f"linked zone, before or in round {custody.config.round.id}",
            next_step="link a round: enclave link run; it uses the new key by itself",
        )
    before, files = ((), ()) if work.had == numbers.chain else work.rewrite()
    pupils = pl.scan_parquet(work.place("pupils")).filter(person_status=UNMATCHED)
    receipt = RotationReceipt(
        round_id=custody.config.round.id,
        keys=numbers.chain,
        added=len(numbers.chain) - known,
        wrapped=pupils.select(pl.len()).collect().item(),
        before=before,
        files=files,
        steward=steward,
        finished_at=custody.clock(),
    )
    custody.registry.record(numbers.chain[-1], receipt)
    return receipt


@dataclass(frozen=True)
class _Work:
    """The rewriting of a zone whose S numbers are under ``had``, the first keys of the chain."""

    custody: Custody
    numbers: SNumbers
    had: tuple[KeyName, ...]

    def place(self, name: str) -> Path:
        """Where a file of the linked zone lies."""
        return self.custody.site.zone("linked") / f"{name}.parquet"

    def rewrite(self) -> tuple[tuple[FileDigest, ...], tuple[FileDigest, ...]]:
        """Writes every file that is still under the old keys; digests before and after."""
        known = present_files(self.custody.registry)
        before = [known[self.custody.site.relative(self.place(name))] for name in FILES]
        told = self._told()
        old = [
            name
            for name, digest in zip(FILES, before, strict=True)
            if self._is_old(name, digest.sha256, told.get(name))
        ]
        aside = self.custody.site.zone("linked") / f"{PARTIAL}rotation"
        shutil.rmtree(aside, ignore_errors=True)
        self._write_aside(old, aside)
        wanted = told | {name: sha256_of(aside / f"{name}.parquet") for name in old}
        if wanted != told:
            self.custody.registry.event(EVENT, {"key": self.numbers.chain[-1], **wanted})
        for number, name in enumerate(old, start=1):
            with atomic_path(self.place(name)) as temporary:
                (aside / f"{name}.parquet").replace(temporary)
            self.custody.progress.step("linked zone", number, len(old))
        shutil.rmtree(aside, ignore_errors=True)
        after = tuple(file_digest(self.custody.site, self.place(name)) for name in FILES)
        return tuple(before), after

    def _told(self) -> dict[str, Digest]:
        """Digests of the new files, as the ledger has them from a run that was stopped."""
        told: dict[str, Digest] = {}
        for facts in self.custody.registry.events(EVENT):
            if facts["key"] == self.numbers.chain[-1]:
                told = {name: Digest(str(facts[name])) for name in FILES}
        return told

    def _is_old(self, name: str, old: Digest, new: Digest | None) -> bool:
        path = self.place(name)
        there = sha256_of(path) if path.is_file() else None
        if there not in {old, new} - {None}:
            raise InputError(
                "The linked data is that of its newest receipt.",
                where=f"linked, {path.name}",
                next_step="restore the linked zone from its backup, then run the same command",
            )
        return there == old

    def _write_aside(self, names: list[str], aside: Path) -> None:
        writers: dict[str, Callable[[Path, Path], object]] = {
            "pupils": self._pupils,
            "results": self._blocks,
            "panel": self._blocks,
            "person-history": self._person_history,
            "key-history": self._key_history,
        }
        for name in names:
            writers[name](self.place(name), aside / f"{name}.parquet")

    def _pupils(self, source: Path, target: Path) -> None:
        frame = pl.read_parquet(source)
        wrapped = self._wrapped(frame.lazy()).collect().sort("person_key")
        if wrapped["person_key"].n_unique() != frame["person_key"].n_unique():
            raise FindingsError(
                "Every person has a number of their own, also under the new key.",
                where="linked zone, person_key",
                next_step="report this fault; nothing was written",
            )
        _write(target, wrapped)

    def _blocks(self, source: Path, target: Path) -> None:
        write_blocks(target, self._wrapped_blocks(source, target.with_name("pupils.parquet")))

    def _wrapped_blocks(self, source: Path, pupils: Path) -> Iterator[pl.DataFrame]:
        """The rows in blocks of persons as they are sorted now; within a person as they were."""
        people = pupils if pupils.is_file() else self.place("pupils")
        persons = pl.read_parquet(people, columns=["person_key"])["person_key"]
        frame = pl.scan_parquet(source, row_index_name="place")
        unmatched = pl.col("person_status") == UNMATCHED
        given = frame.filter(unmatched).select("person_key").unique().with_columns(now="person_key")
        now = self._wrapped(given, "now").collect(engine="streaming").lazy()
        for part in ranges_of(persons, BLOCK_PERSONS):
            yield (
                frame.filter(part.holds() | unmatched)
                .join(now, on="person_key", how="left")
                .with_columns(pl.coalesce("now", "person_key").alias("person_key"))
                .filter(part.holds())
                .sort("person_key", "place")
                .drop("now", "place")
                .collect(engine="streaming")
            )

    def _person_history(self, source: Path, target: Path) -> None:
        wrapped = self._wrapped(pl.scan_parquet(source), "old_key")
        _write(target, wrapped.collect().sort("old_key"))

    def _key_history(self, _source: Path, target: Path) -> None:
        _write(target, linked_rounds(self.custody, self.numbers).key_history().collect())

    def _wrapped(self, frame: pl.LazyFrame, key: str = "person_key") -> pl.LazyFrame:
        for secret in wrap_secrets(self.numbers.vault, self.numbers.chain[len(self.had) :]):
            frame = wrap_keys(frame, key, secret, native=self.numbers.native)
        return frame


def _write(target: Path, frame: pl.DataFrame) -> None:
    with atomic_path(target) as temporary:
        frame.write_parquet(temporary)
