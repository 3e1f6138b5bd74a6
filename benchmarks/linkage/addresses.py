"""Addresses: areas of very unequal size, streets of seventeen, flats that differ by addition."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Whole = NDArray[np.int32]

_STREET, _AREA_HOUSEHOLDS, _SKEW, _FLATS = 17, 2_000, 0.35, 0.12
_MEAN_START = 25
_LETTERS = "ABCDEGHJKLMNPRSTVWXZ"
_CODES = [a + b for a in _LETTERS for b in _LETTERS if a + b not in {"SA", "SD", "SS"}]
_ADDITIONS = ["", *"ABCDEFGHJKLMNPQRS"]


@dataclass(frozen=True)
class Addresses:
    """Every address by number: four digits, two letters, house number and addition as codes.

    Neighbours in the order are neighbours in the street, most of the time.
    """

    digits: Whole
    letters: Whole
    house: Whole
    addition: Whole

    def texts(self, which: Whole) -> pl.DataFrame:
        """postcode, house_number and house_addition (null when there is none); null below 0."""
        codes = {
            "digits": self.digits[which],
            "letters": self.letters[which],
            "house": self.house[which],
            "addition": self.addition[which],
            "there": which >= 0,
        }
        return pl.DataFrame(codes).select(*address_texts())


def address_texts() -> list[pl.Expr]:
    """The three columns from the codes ``digits``, ``letters``, ``house``, ``addition``, ``there``.

    House additions are null where there is none.
    """
    postcode = pl.col("digits").cast(pl.String) + _lookup("letters", _CODES)
    columns = {
        "postcode": postcode,
        "house_number": pl.col("house").cast(pl.String),
        "house_addition": pl.when(pl.col("addition") > 0).then(_lookup("addition", _ADDITIONS)),
    }
    return [pl.when("there").then(column).alias(name) for name, column in columns.items()]


def make_addresses(count: int, seed: int) -> Addresses:
    """So many addresses in areas that follow Zipf's law with a small exponent."""
    rng = np.random.default_rng([seed, 11])
    areas = min(4_000, max(1, count // _AREA_HOUSEHOLDS))
    weights = np.arange(1, areas + 1) ** -_SKEW
    sizes = rng.permutation(rng.multinomial(count, weights / weights.sum()))
    codes = np.sort(rng.choice(np.arange(1_000, 10_000), areas, replace=False))
    start = np.repeat(np.cumsum(sizes) - sizes, sizes)
    within = np.arange(count) - start
    street, place = within // _STREET, within % _STREET
    streets = np.cumsum(place == 0) - 1
    begin = rng.geometric(1 / _MEAN_START, int(streets[-1]) + 1)[streets]
    flat = (rng.random(int(streets[-1]) + 1) < _FLATS)[streets]
    return Addresses(
        digits=np.repeat(codes, sizes).astype(np.int32),
        letters=(street % len(_CODES)).astype(np.int32),
        house=np.where(flat, begin, begin + 2 * place).astype(np.int32),
        addition=np.where(flat, place + 1, 0).astype(np.int32),
    )


def letters_count() -> int:
    """How many pairs of letters a postcode can end in."""
    return len(_CODES)


def _lookup(column: str, values: list[str]) -> pl.Expr:
    return pl.col(column).replace_strict(
        list(range(len(values))), values, return_dtype=pl.String, default=None
    )
