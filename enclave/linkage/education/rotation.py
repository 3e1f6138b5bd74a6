"""S keys in a chain: a new key wraps the numbers of the one before, without the identifiers.

The first key makes an S number of an identifier: ``n1 = HMAC(K1, identifier)``. A later key wraps
it: ``n2 = HMAC(K2, n1)``. Numbers that were given before are wrapped where they lie; a new delivery
is hashed under the first key and wrapped by all others in order, which gives the same number. So
old and new numbers stay comparable inside the site, and whoever holds an old number and not the new
key can find nothing with it. Every key of the chain stays needed; one that is lost or destroyed
ends the comparing.
"""

from collections.abc import Iterable, Sequence

import polars as pl

from enclave.custody import Secret, Vault
from enclave.ids import KeyName
from enclave.linkage.keys import SEPARATOR, VERSION, digest

FIRST_KEY = KeyName("linkage/s-numbers")
UNMATCHED = "S"
S_PATTERN = "^S[0-9a-f]{32}$"
_WRAP = "s-number/wrap"


def chain_of(vault: Vault) -> tuple[KeyName, ...]:
    """The names of the keys, oldest first. The first one is made when there is none.

    Raises:
        KeyDestroyedError: the first key was destroyed.
    """
    vault.ensure(FIRST_KEY)
    made = {info.name for info in vault.infos()}
    names = [FIRST_KEY]
    while (following := _following(names)) in made:
        names.append(following)
    return tuple(names)


def rotate(vault: Vault) -> tuple[KeyName, ...]:
    """The chain with one key more. The next linkage wraps every number given so far."""
    names = chain_of(vault)
    following = _following(names)
    vault.ensure(following)
    return (*names, following)


def wrap_secrets(vault: Vault, names: Iterable[KeyName]) -> list[Secret]:
    """The subkeys that wrap, in order. Raises ``KeyDestroyedError`` where one is gone."""
    return [vault.derive(name, _WRAP) for name in names]


def wrap_keys(
    frame: pl.LazyFrame, column: str, secret: Secret, *, native: bool = True
) -> pl.LazyFrame:
    """The frame with every S number in ``column`` wrapped; other values and nulls stay."""
    return frame.with_columns(wrapped(pl.col(column), (secret,), native=native).alias(column))


def wrapped(number: pl.Expr, secrets: Sequence[Secret], *, native: bool) -> pl.Expr:
    """S numbers wrapped by each key in order; what is no S number stays as it is."""
    for secret in secrets:
        message = pl.concat_str(
            [pl.lit(_WRAP), pl.lit(VERSION), number.cast(pl.String)], separator=SEPARATOR
        )
        following = as_number(digest(message, secret, native=native))
        number = pl.when(number.str.contains(S_PATTERN)).then(following).otherwise(number)
    return number


def as_number(key: pl.Expr) -> pl.Expr:
    """A key of 128 bits as an S number: S and 32 hexadecimal digits; null for null."""
    return pl.lit(UNMATCHED) + key.bin.encode("hex")


def _following(names: Sequence[KeyName]) -> KeyName:
    return KeyName(f"{FIRST_KEY}/{len(names) + 1}")
