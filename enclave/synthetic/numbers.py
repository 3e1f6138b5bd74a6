"""Valid numbers in bulk: BSN, education number, postcodes, person numbers.

Rules: BSN weights 9..2 and -1, sum divisible by 11; education number starts with 10 and the same
sum leaves 5 (python-stdnum, ``nl.bsn`` and ``nl.onderwijsnummer``). Postcodes are 1000AA to 9999ZZ
without SA, SD and SS.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

Generator = np.random.Generator
Integers = npt.NDArray[np.int64]

_FORBIDDEN = ("SA", "SD", "SS")
_LETTERS = [a + b for a in "ABCDEGHJKLMNPRSTVWXZ" for b in "ABCDEGHJKLMNPRSTVWXZ"]
LETTER_PAIRS = np.array([pair for pair in _LETTERS if pair not in _FORBIDDEN])


def distinct(random: Generator, low: int, high: int, count: int) -> Integers:
    """``count`` different integers from ``low`` up to ``high``, in random order."""
    drawn = np.unique(random.integers(low, high, size=int(count * 1.1) + 16))
    while drawn.size < count:
        more = random.integers(low, high, size=count)
        drawn = np.unique(np.concatenate([drawn, more]))
    return random.permutation(drawn)[:count]


def weighted_sum(first_eight: Integers) -> Integers:
    """The eleven-test sum of the first eight digits: weights 9 down to 2."""
    total = np.zeros(first_eight.shape, dtype=np.int64)
    rest = first_eight.copy()
    for weight in range(2, 10):
        total += (rest % 10) * weight
        rest //= 10
    return total


def citizen_service_numbers(random: Generator, count: int) -> Integers:
    """``count`` different valid BSNs as integers (leading zeros occur)."""
    stems = distinct(random, 1_000_000, 99_999_999, int(count * 1.12) + 64)
    check = weighted_sum(stems) % 11
    return (stems * 10 + check)[check <= 9][:count]


def education_numbers(random: Generator, count: int) -> Integers:
    """``count`` different valid education numbers as integers."""
    if count > 800_000:
        raise ValueError("there are fewer than a million education numbers")
    stems = 10_000_000 + distinct(random, 0, 1_000_000, min(int(count * 1.15) + 64, 999_000))
    check = (weighted_sum(stems) - 5) % 11
    return (stems * 10 + check)[check <= 9][:count]


def nine_digits(values: Integers, name: str) -> pl.Series:
    """Integers as text of nine digits with leading zeros."""
    return pl.Series(name, values).cast(pl.String).str.zfill(9)


def postcodes(area: Integers, random: Generator) -> pl.Series:
    """A postcode for each four-digit area, letters at random."""
    letters = LETTER_PAIRS[random.integers(0, LETTER_PAIRS.size, size=area.size)]
    return pl.Series(area).cast(pl.String) + pl.Series(letters)
