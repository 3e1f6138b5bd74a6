"""What each round leaves in the linked zone for good: four files under ``linked/rounds``.

They are never changed afterwards, and each is checked against the receipt of its round before it is
read. The files of all rounds together are the source of everything else in the zone.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from enclave.custody import Custody
from enclave.errors import InputError
from enclave.files import sha256_of
from enclave.ids import KeyName, RoundId
from enclave.linkage.education.numbers import SNumbers
from enclave.linkage.education.rotation import UNMATCHED, wrap_keys, wrap_secrets
from enclave.receipts import LinkageReceipt

PARTS = ("results", "pupils", "schools", "found")


@dataclass(frozen=True)
class Round:
    """The files of one round. ``chain``: the S keys under which its S numbers were made.

    ``results``: as delivered, under person_key and person_status in place of the pupil.
    ``pupils``: one row per person, with the background of then. ``schools``: the register of then.
    ``found``: s_key, person_id, see ``history``.
    """

    round_id: RoundId
    folder: Path
    chain: tuple[KeyName, ...]

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
        """old_key, new_key: one row per S number that a round gave and a later key replaced."""
        states = [state for item in self.every for state in self._states(item)]
        return pl.concat(states).unique().sort("old_key")

    def _states(self, item: Round) -> list[pl.LazyFrame]:
        """old_key, new_key: the S numbers of a round under every chain but the present one."""
        given = (
            pl.scan_parquet(item.path("pupils"))
            .filter(pl.col("person_status") == UNMATCHED)
            .select(pl.col("person_key").alias("old_key"))
        )
        states = [given.with_columns(new_key="old_key").clear()]
        for length in range(len(item.chain), len(self.numbers.chain)):
            now = given.with_columns(new_key="old_key")
            states.append(self._wrapped(now, length, "new_key"))
            given = self._wrapped(given, length, "old_key", length + 1)
        return states

    def _present(self, item: Round, part: str, key: str | None) -> pl.LazyFrame:
        frame = pl.scan_parquet(item.path(part))
        return self._wrapped(frame, len(item.chain), key) if key else frame

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
    earlier = [
        receipt
        for receipt in custody.registry.all(LinkageReceipt)
        if receipt.round_id != custody.config.round.id
    ]
    rounds = [_checked(custody, receipt, numbers, folder) for receipt in earlier]
    return Rounds((*rounds, Round(numbers.round_id, folder, numbers.chain)), numbers)


def _checked(custody: Custody, receipt: LinkageReceipt, numbers: SNumbers, folder: Path) -> Round:
    chain = receipt.content.s_keys if receipt.content else ()
    found = Round(receipt.round_id, folder, chain)
    digests = {file.path: file for file in receipt.outputs}
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
    return known_s_numbers(earlier).join(found, left_on="person_key", right_on="s_key", how="anti")
