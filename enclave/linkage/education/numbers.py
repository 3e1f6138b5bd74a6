"""Numbers of delivered pupils: R with the person's number, S with a keyed hash that lasts.

Statistics Netherlands keeps whoever is not found under an encrypted BSN. So does this: the S number
of a pupil whom no pass found is a keyed hash of its BSN, else of its education number, else of its
place in the delivery. The key outlives the round, so the pupil has the same number next year, and
when it is in the spine by then the number leads to the person.

A number that found somebody and was contradicted may be somebody else's. A pupil in review, or in a
doubted delivery, therefore gets an S number of another kind from the same hash: it lasts too, but
never leads to a person.
"""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from enclave.custody import Custody, Vault
from enclave.errors import FindingsError
from enclave.ids import KeyName, RoundId
from enclave.linkage.education.rotation import (
    FIRST_KEY,
    UNMATCHED,
    as_number,
    chain_of,
    wrap_secrets,
    wrapped,
)
from enclave.linkage.keys import SEPARATOR, VERSION, Hasher, VaultKey, digest, open_hasher
from enclave.linkage.passes import UNLINKED

ROW = ("delivery_id", "pupil_row")
MATCHED = "R"
BASES = {"s_bsn": "bsn", "s_education": "education_number"}
"""Column of a keyed identifier and the identifier, in the order in which they make S numbers."""


@dataclass(frozen=True)
class SNumbers:
    """Makes S numbers. Its text shows no key.

    ``chain``: the names of the keys, oldest first. ``native``: whether the compiled hasher is used.
    """

    vault: Vault
    round_id: RoundId
    chain: tuple[KeyName, ...]
    native: bool

    def columns(self) -> list[pl.Expr]:
        """``s_bsn`` and ``s_education`` of rows with identifiers: Binary of 16 bytes, or null."""
        return [
            self._hash(identifier, pl.col(identifier)).alias(name)
            for name, identifier in BASES.items()
        ]

    def of_place(self) -> pl.Expr:
        """The keyed hash of a pupil's place: round, delivery and row."""
        place = pl.concat_str(
            [pl.lit(self.round_id), *(pl.col(name).cast(pl.String) for name in ROW)],
            separator=SEPARATOR,
        )
        return self._hash("place", place)

    def of_review(self, basis: pl.Expr) -> pl.Expr:
        """The hash of a keyed number that is not to be relied on."""
        return self._hash("review", basis.bin.encode("hex"))

    def number(self, basis: pl.Expr) -> pl.Expr:
        """The S number of a keyed hash, wrapped by every later key; null for null."""
        secrets = wrap_secrets(self.vault, self.chain[1:])
        return wrapped(as_number(basis), secrets, native=self.native)

    def _hash(self, purpose: str, value: pl.Expr) -> pl.Expr:
        field = f"s-number/{purpose}"
        message = pl.concat_str([pl.lit(field), pl.lit(VERSION), value], separator=SEPARATOR)
        return digest(message, self.vault.derive(FIRST_KEY, field), native=self.native)


@dataclass(frozen=True)
class PersonKeys:
    """Under which number every delivered pupil of a round goes.

    ``rows``: delivery_id, pupil_row, person_key and person_status (R or S), one row per pupil.
    ``found``: s_key and person_id, one row per S number that a linked pupil would have had.
    ``numbers``: what made them.
    """

    rows: pl.DataFrame
    found: pl.DataFrame
    numbers: SNumbers


def open_s_numbers(custody: Custody, hasher: Hasher) -> SNumbers:
    """What makes the S numbers of the open round; the first key is made at first use.

    Raises:
        KeyDestroyedError: the first key is gone, and with it every S number there was.
    """
    chain = chain_of(custody.vault)
    return SNumbers(custody.vault, custody.config.round.id, chain, hasher.native)


def lasting_numbers(custody: Custody) -> SNumbers:
    """The S numbers of a site, without the linkage key of a round.

    Raises:
        KeyDestroyedError: the first key is gone, and with it every S number there was.
    """
    native = open_hasher(VaultKey(custody.vault, FIRST_KEY)).native
    return SNumbers(custody.vault, custody.config.round.id, chain_of(custody.vault), native)


def person_keys(
    links: pl.DataFrame, numbers: SNumbers, doubted: Collection[str] = ()
) -> PersonKeys:
    """The number of every delivered pupil.

    Args:
        links: one row per pupil: delivery_id, pupil_row, person_id (null unless linked), status,
            and ``s_bsn`` and ``s_education`` of ``SNumbers.columns``. Without these two every
            unmatched pupil is numbered by its place.
        numbers: makes S numbers.
        doubted: deliveries whose numbers are not to be relied on.

    Raises:
        FindingsError: two unmatched pupils would share an S number by collision.
    """
    pupils = _own_numbers(links)
    relied = (pl.col("status") == UNLINKED) & ~pl.col("delivery_id").is_in(list(doubted))
    own = pl.coalesce(*BASES)
    basis = pl.coalesce(
        pl.when(relied).then(own).otherwise(numbers.of_review(own)), numbers.of_place()
    )
    unmatched = (
        pupils.filter(pl.col("person_id").is_null())
        .with_columns(basis.alias("basis"))
        .with_columns(numbers.number(pl.col("basis")).alias("s_number"))
    )
    _refuse_collisions(unmatched)
    matched = pl.col("person_id").is_not_null()
    rows = pupils.join(
        unmatched.select(*ROW, "s_number"), on=ROW, how="left", maintain_order="left"
    ).select(
        *ROW,
        pl.coalesce("person_id", "s_number").alias("person_key"),
        pl.when(matched).then(pl.lit(MATCHED)).otherwise(pl.lit(UNMATCHED)).alias("person_status"),
    )
    certain = pupils.filter(matched & ~pl.col("delivery_id").is_in(list(doubted)))
    found = _found(certain.lazy(), numbers).unique().sort("s_key", "person_id").collect()
    return PersonKeys(rows, found, numbers)


def spine_numbers(spine: pl.LazyFrame, numbers: SNumbers) -> pl.LazyFrame:
    """s_key and person_id of persons of the spine, for every number of every row, lazily.

    Args:
        spine: person_id, bsn and education_number in their normal form.
        numbers: makes S numbers.
    """
    keyed = spine.select("person_id", *numbers.columns())
    return _found(keyed, numbers)


def _found(keyed: pl.LazyFrame, numbers: SNumbers) -> pl.LazyFrame:
    """s_key and person_id for each of the two keyed numbers of every row that has one."""
    parts = [
        keyed.filter(pl.col(name).is_not_null()).select(
            numbers.number(pl.col(name)).alias("s_key"), "person_id"
        )
        for name in BASES
    ]
    return pl.concat(parts)


def _own_numbers(links: pl.DataFrame) -> pl.DataFrame:
    """The links with the keyed numbers that one pupil of a delivery has; a shared one is nobody's.

    Two pupils of a school with one BSN are two pupils and a mistake.
    """
    absent = [pl.lit(None, pl.Binary).alias(name) for name in BASES if name not in links.columns]
    return links.with_columns(absent).with_columns(
        pl.when(pl.len().over("delivery_id", name) == 1).then(name).alias(name) for name in BASES
    )


def _refuse_collisions(unmatched: pl.DataFrame) -> None:
    numbers = unmatched.select(pl.col("basis", "s_number").n_unique()).row(0)
    if numbers[0] != numbers[1] or unmatched["s_number"].null_count():
        raise FindingsError(
            "Every unmatched pupil has a number of its own.",
            where="linked zone, person_key",
            next_step="report this fault; nothing was written",
        )
