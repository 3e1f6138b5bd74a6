"""Keyed hashes: HMAC-SHA256 of ``field ␟ version ␟ value``, its first 128 bits.

Each field has a subkey of its own, derived from the round's linkage key. The HMAC key is the
subkey as 64 hexadecimal characters, so the same text gives the same digest in every engine. 128
bits collide with a chance below 1e-19 at five billion keys. A null part makes a null key: nothing
is ever the hash of an empty value.

A plan that holds one of these expressions is never serialised: the text of a plan hides the key,
its bytes do not.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from enclave.custody import Secret, Vault
from enclave.errors import EnclaveError
from enclave.ids import KeyName

try:
    import polars_hash
except ImportError:
    polars_hash = None

SEPARATOR = "\x1f"
VERSION = "1"
KEY_BYTES = 16
FIELD_BYTES = 4
KNOWN_ANSWERS = (
    ("\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b"),
    ("Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"),
    ("\x0c" * 20, "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
)
"""Key, data, first 128 bits: cases 1, 2 and 5 of RFC 4231, those whose key and data are text."""


class KeySource(Protocol):
    """Where a linkage key lies. Subkeys are derived when they are used."""

    def subkey(self, purpose: str) -> Secret:
        """32 bytes for one purpose, by HKDF-SHA256."""


@dataclass(frozen=True)
class VaultKey:
    """A key in the vault of a site."""

    vault: Vault
    name: KeyName

    def subkey(self, purpose: str) -> Secret:
        """32 bytes for one purpose."""
        return self.vault.derive(self.name, purpose)


@dataclass(frozen=True)
class Hasher:
    """Makes the keyed hash of fields. Its text shows no key.

    ``native`` is the compiled hasher; without it the standard library does the same, slower.
    """

    source: KeySource
    native: bool

    def key(self, field: str, parts: Sequence[str]) -> pl.Expr:
        """The hash of ``parts`` (columns) under the subkey of ``field``; null with any null."""
        message = pl.concat_str(
            [pl.lit(field), pl.lit(VERSION), *(pl.col(part) for part in parts)],
            separator=SEPARATOR,
        )
        return digest(message, self.source.subkey(f"keyed-hash/{field}"), native=self.native)

    def field(self, field: str, column: str) -> pl.Expr:
        """The first 32 bits of the hash of one column as a number; null for null."""
        return as_field(self.key(field, (column,)))


def as_field(key: pl.Expr) -> pl.Expr:
    """The first 32 bits of a key as a number: enough to compare rows, not to identify anybody."""
    return key.bin.slice(0, FIELD_BYTES).bin.reinterpret(dtype=pl.Int32, endianness="big")


def open_hasher(source: KeySource) -> Hasher:
    """A hasher that has passed the known-answer test.

    Raises:
        EnclaveError: no hasher on this machine gives the known answers.
    """
    for native in (True, False):
        if (not native or polars_hash is not None) and _knows_the_answers(native=native):
            return Hasher(source, native)
    raise EnclaveError(
        "HMAC-SHA256 gives the answers of RFC 4231.",
        where="keyed hashing",
        next_step="install the locked dependencies again; nothing was hashed",
    )


def check_value(source: KeySource) -> str:
    """A digest that tells one key from another, and nothing of either."""
    return hashlib.sha256(source.subkey("journal").reveal()).hexdigest()


def digest(message: pl.Expr, secret: Secret, *, native: bool) -> pl.Expr:
    """The first 128 bits of the HMAC of ``message`` as binary; null for null."""
    return _hmac(message, secret.reveal().hex(), native=native)


def _hmac(message: pl.Expr, key: str, *, native: bool) -> pl.Expr:
    if native:
        hexadecimal = message.chash.hmac_sha256(key=key)  # type: ignore[attr-defined]
        return hexadecimal.str.slice(0, 2 * KEY_BYTES).str.decode("hex")  # type: ignore[no-any-return]
    return message.map_batches(
        lambda series: _by_standard_library(series, key), return_dtype=pl.Binary
    )


def _by_standard_library(series: pl.Series, key: str) -> pl.Series:
    start = hmac.new(key.encode(), digestmod=hashlib.sha256)
    hashed = []
    for value in series:
        state = start.copy()
        state.update(value.encode() if value is not None else b"")
        hashed.append(None if value is None else state.digest()[:KEY_BYTES])
    return pl.Series(series.name, hashed, dtype=pl.Binary)


def _knows_the_answers(*, native: bool) -> bool:
    """Whether the very path that hashes identifiers gives every known answer, and null for null."""
    for key, data, answer in KNOWN_ANSWERS:
        frame = pl.DataFrame({"data": [data, None]})
        hashed = frame.select(_hmac(pl.col("data"), key, native=native)).to_series()
        if hashed.to_list() != [bytes.fromhex(answer), None]:
            return False
    return True
