"""What each round leaves in the linked zone for good: four files under ``linked/rounds``.

They are never changed afterwards, and each is checked against the receipt of its round before it is
read. The files of all rounds together are the source of everything else in the zone. What reviewers
settled of a round lies in a fifth file, checked against the newest settlement of that round.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from enclave.custody import Custody
from enclave.errors import InputError
from enclave.files import sha256_of
from enclave.ids import KeyName, RoundId
from enclave.linkage.education.early import COLUMNS, adopt, is_early
from enclave.linkage.education.history import apply_history
from enclave.linkage.education.numbers import SNumbers
from enclave.linkage.education.rotation import S_PATTERN, UNMATCHED, wrap_keys, wrap_secrets
from enclave.receipts import FileDigest, LinkageReceipt, SettlementReceipt

PARTS = ("results", "pupils", "schools", "found")


@dataclass(frozen=True)
class Round:
    """The files of one round. ``chain``: the S keys under which its S numbers were made.

    ``results``: as delivered, under person_key and person_status in place of the pupil.
    ``pupils``: one row per person, with the background of then. ``schools``: the register of then.
    ``found``: s_key, person_id, see ``history``; ``early`` rounds have none, see ``early``.
    ``settled``: the file with s_key, person_id of pupils in review whom reviewers accepted as a
    person; null when there is none. It counts for the pupils of this round alone.
    """

    round_id: RoundId
    folder: Path
    chain: tuple[KeyName, ...]
    early: bool = False
    settled: Path | None = None

    def path(self, part: str) -> Path:
        """The file of one of ``PARTS``."""
        return self.folder / f"{self.round_id}.{part}.parquet"

    @property
    def paths(self) -> tuple[Path, ...]:
        """All four."""
        return tuple(self.path(part) for part in PARTS)


@dataclass(frozen=True)
class Rounds:
    """All rounds in order, the open one last, read under the S numbers of the present chain."""

    every: tuple[Round, ...]
    numbers: SNumbers

    def scan(self, part: str) -> list[tuple[RoundId, pl.LazyFrame]]:
        """One part of every round, lazily, its S numbers wrapped by the keys made since."""
        key = {"found": "s_key", "schools": None}.get(part, "person_key")
        return [(item.round_id, self._present(item, part, key)) for item in self.every]

    def key_history(self) -> pl.LazyFrame:
        """One row per S number that a round gave and a later key replaced.

        old_key, new_key; chain: how many keys had made old_key.
        """
        states = [state for item in self.every for state in self._states(item)]
        return pl.concat(states).unique().sort("old_key")

    def _states(self, item: Round) -> list[pl.LazyFrame]:
        """The S numbers of a round under every chain but the present one: old, new, chain."""
        given = (
            pl.scan_parquet(item.path("pupils"))
            .filter(pl.col("person_status") == UNMATCHED)
            .select(pl.col("person_key").alias("old_key"))
        )
        none = given.with_columns(pl.lit(0, pl.UInt32).alias("chain"), new_key="old_key").clear()
        states = [none.select("old_key", "new_key", "chain")]
        for length in range(len(item.chain), len(self.numbers.chain)):
            now = given.with_columns(pl.col("old_key").alias("new_key"))
            now = now.with_columns(pl.lit(length, pl.UInt32).alias("chain"))
            states.append(self._wrapped(now, length, "new_key"))
            given = self._wrapped(given, length, "old_key", length + 1)
        return states

    def _present(self, item: Round, part: str, key: str | None) -> pl.LazyFrame:
        if item.early and part == "found":
            return pl.LazyFrame(schema={"s_key": pl.String, "person_id": pl.String})
        frame = pl.scan_parquet(item.path(part))
        if item.early:
            return frame.select(COLUMNS[part])
        present = self._wrapped(frame, len(item.chain), key) if key else frame
        if key != "person_key" or item.settled is None:
            return present
        became = self.settlements.filter(pl.col("since_round") == item.round_id)
        return apply_history(present, became.select("old_key", "new_key"))

    @property
    def settlements(self) -> pl.LazyFrame:
        """S numbers of a round that reviewers accepted as a person.

        old_key, new_key, since_round; round: its place. Without those that were accepted as two
        persons in two rounds: they stay S.
        """
        return self._settled().filter(pl.col("new_key").n_unique().over("old_key") == 1)

    def settled_twice(self) -> int:
        """How many S numbers were accepted as two persons."""
        persons = self._settled().group_by("old_key").agg(pl.col("new_key").n_unique())
        return int(persons.select((pl.col("new_key") > 1).sum()).collect().item())

    def _settled(self) -> pl.LazyFrame:
        parts = [
            self._wrapped(
                pl.scan_parquet(item.settled).select(
                    pl.col("s_key").alias("old_key"),
                    pl.col("person_id").alias("new_key"),
                    pl.lit(item.round_id).alias("since_round"),
                    pl.lit(place, pl.UInt32).alias("round"),
                ),
                len(item.chain),
                "old_key",
            )
            for place, item in enumerate(self.every)
            if item.settled is not None
        ]
        names = dict.fromkeys(("old_key", "new_key", "since_round"), pl.String)
        return pl.concat([pl.LazyFrame(schema={**names, "round": pl.UInt32}), *parts])

    def _wrapped(
        self, frame: pl.LazyFrame, first: int, key: str, end: int | None = None
    ) -> pl.LazyFrame:
        """The frame with ``key`` wrapped by the keys of the chain from ``first`` up to ``end``."""
        for secret in wrap_secrets(self.numbers.vault, self.numbers.chain[first:end]):
            frame = wrap_keys(frame, key, secret, native=self.numbers.native)
        return frame


def all_rounds(custody: Custody, numbers: SNumbers) -> Rounds:
    """The rounds linked before, in the order of the ledger, and the open one.

    Raises:
        InputError: a file of an earlier round is missing or changed, or its S numbers were made
            under keys that are not those of this site.
    """
    folder = custody.site.zone("linked") / "rounds"
    earlier = linked_rounds(custody, numbers, but=custody.config.round.id)
    return Rounds((*earlier.every, Round(numbers.round_id, folder, numbers.chain)), numbers)


def linked_rounds(custody: Custody, numbers: SNumbers, but: RoundId | None = None) -> Rounds:
    """Every round that has been linked, in the order of the ledger, without ``but``.

    Raises:
        InputError: as ``all_rounds``.
    """
    folder = custody.site.zone("linked") / "rounds"
    receipts = [r for r in custody.registry.all(LinkageReceipt) if r.round_id != but]
    return Rounds(tuple(_checked(custody, r, numbers, folder) for r in receipts), numbers)


def _checked(custody: Custody, receipt: LinkageReceipt, numbers: SNumbers, folder: Path) -> Round:
    if is_early(receipt):
        adopt(custody, receipt, folder)
        return Round(receipt.round_id, folder, numbers.chain, early=True)
    chain, digests = _written(custody, receipt, Round(receipt.round_id, folder, ()))
    settled = settled_path(custody, receipt.round_id)
    found = Round(receipt.round_id, folder, chain, settled=settled)
    for part in PARTS:
        path = found.path(part)
        digest = digests.get(custody.site.relative(path))
        if digest is None or not path.is_file() or sha256_of(path) != digest.sha256:
            raise InputError(
                "What earlier rounds left in the linked zone is that of their receipts.",
                where=f"linked, {part} of round {receipt.round_id}",
                next_step="restore the linked zone from its backup",
            )
    if not chain or chain != numbers.chain[: len(chain)]:
        raise InputError(
            "The S numbers of all rounds were made under the keys of this site, oldest first.",
            where=f"S keys of round {receipt.round_id}",
            next_step="restore the vault that this site had then",
        )
    return found


def _written(
    custody: Custody, linkage: LinkageReceipt, item: Round
) -> tuple[tuple[KeyName, ...], dict[str, FileDigest]]:
    """The chain under which a round's files were written last, and their digests by path."""
    pupils = custody.site.relative(item.path("pupils"))
    chain: tuple[KeyName, ...] = ()
    digests: dict[str, FileDigest] = {}
    settled = custody.registry.all(SettlementReceipt)
    every: list[LinkageReceipt | SettlementReceipt] = [linkage]
    for receipt in every + [one for one in settled if one.round_id == linkage.round_id]:
        newer = digests | {file.path: file for file in receipt.outputs}
        if newer.get(pupils) != digests.get(pupils):
            chain = receipt.content.s_keys if receipt.content else ()
        digests = newer
    return chain, digests


def settled_path(custody: Custody, round_id: RoundId) -> Path | None:
    """The file of the newest settlement of a round; null without one.

    Raises:
        InputError: it is missing or changed.
    """
    own = [one for one in custody.registry.all(SettlementReceipt) if one.round_id == round_id]
    if not own:
        return None
    digest = own[-1].settled
    path = custody.site.root / digest.path
    if not path.is_file() or sha256_of(path) != digest.sha256:
        raise InputError(
            "What reviewers settled of a round is that of its receipt.",
            where=f"linked, settled of round {round_id}",
            next_step="restore the linked zone from its backup",
        )
    return path


def known_s_numbers(rounds: Rounds) -> pl.LazyFrame:
    """person_key of every S number that some round gave."""
    parts = [
        frame.filter(pl.col("person_status") == UNMATCHED).select("person_key")
        for _, frame in rounds.scan("pupils")
    ]
    return pl.concat(parts).unique()


def unresolved(rounds: Rounds) -> pl.LazyFrame:
    """person_key of every S number that a round before the open one gave and none resolved."""
    earlier = Rounds(rounds.every[:-1], rounds.numbers)
    if not earlier.every:
        return pl.LazyFrame(schema={"person_key": pl.String})
    found = pl.concat([frame.select("s_key") for _, frame in earlier.scan("found")])
    lasting = known_s_numbers(earlier).filter(pl.col("person_key").str.contains(S_PATTERN))
    return lasting.join(found, left_on="person_key", right_on="s_key", how="anti")
