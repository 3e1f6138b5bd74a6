"""Keyed hashes: HMAC-SHA256 of ``field ␟ version ␟ value``, its first 128 bits.

Each field has a subkey of its own, derived from the round's linkage key. The HMAC key is the
subkey as 64 hexadecimal characters, so the same text gives the same digest in every engine. 128
bits collide with a chance below 1e-19 at five billion keys. A null part makes a null key: nothing
is ever the hash of an empty value.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from enclave.custody import Secret, Vault, linkage_key
from enclave.errors import EnclaveError
from enclave.ids import RoundId

try:
    import polars_hash
except ImportError:
    polars_hash = None

SEPARATOR = "\x1f"
VERSION = "1"
KEY_BYTES = 16
RFC_4231_CASE_2 = (
    "Jefe",
    "what do ya want for nothing?",
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
)
"""Key, data, digest: the known answer that the hasher must give before it is used."""


@dataclass(frozen=True)
class Hasher:
    """Makes the keyed hash of fields. Its text shows no key.

    ``native`` is the compiled hasher; without it the standard library does the same, slower.
    """

    vault: Vault
    round_id: RoundId
    native: bool

    def key(self, field: str, parts: Sequence[str]) -> pl.Expr:
        """The hash of ``parts`` (columns) under the subkey of ``field``; null with any null."""
        message = pl.concat_str(
            [pl.lit(field), pl.lit(VERSION), *(pl.col(part) for part in parts)],
            separator=SEPARATOR,
        )
        secret = self.vault.derive(linkage_key(self.round_id), f"keyed-hash/{field}")
        return digest(message, secret, native=self.native)


def open_hasher(vault: Vault, round_id: RoundId) -> Hasher:
    """A hasher that has passed the known-answer test.

    Raises:
        EnclaveError: no hasher on this machine gives the known answer.
    """
    for native in (True, False):
        if (not native or polars_hash is not None) and _knows_the_answer(native=native):
            return Hasher(vault, round_id, native)
    raise EnclaveError(
        "HMAC-SHA256 gives the answer of RFC 4231.",
        where="keyed hashing",
        next_step="install the locked dependencies again; nothing was hashed",
    )


def digest(message: pl.Expr, secret: Secret, *, native: bool) -> pl.Expr:
    """The first 128 bits of the HMAC of ``message`` as binary."""
    key = secret.reveal().hex()
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


def _knows_the_answer(*, native: bool) -> bool:
    key, data, answer = RFC_4231_CASE_2
    if not native:
        return hmac.new(key.encode(), data.encode(), hashlib.sha256).hexdigest() == answer
    frame = pl.DataFrame({"data": [data, None]})
    hashed = frame.select(pl.col("data").chash.hmac_sha256(key=key))  # type: ignore[attr-defined]
    return hashed.to_series().to_list() == [answer, None]
