"""BSNs and education numbers that pass their test, all different, in a scattered order.

A BSN has remainder 0 in the eleven test; an education number starts with 10 and has remainder 5.
There are only some 909,000 of the latter.
"""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]

EDUCATION_NUMBERS = 900_000
_BSN = (10_000_000, 90_000_000, 0)
_EDUCATION = (10_000_000, 1_000_000, 5)
_INSTEAD = 0.618_033_988_75
_DIGITS = 8


def draw_bsns(count: int, skip: int = 0) -> Numbers:
    """So many BSNs; the first ``skip`` of the order are left for others. At most 70 million."""
    return _draw(count, skip, *_BSN, avoid=_EDUCATION[0] + _EDUCATION[1])


def draw_education_numbers(count: int) -> Numbers:
    """So many education numbers, at most ``EDUCATION_NUMBERS``."""
    return _draw(count, 0, *_EDUCATION, avoid=0)


def remainder(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The remainder of the eleven test of numbers of nine digits."""
    return (_weighted(numbers // 10) - numbers % 10) % 11


def _draw(count: int, skip: int, first: int, size: int, rest: int, avoid: int) -> Numbers:
    """Prefixes in steps of about the golden section, so that none comes twice."""
    step = _coprime(int(size * _INSTEAD), size)
    wanted = skip + count
    tried = min(size, int(wanted * 1.27) + 100)
    prefix = first + (np.arange(tried, dtype=np.int64) * step) % size
    last = (_weighted(prefix) - rest) % 11
    good = (last < 10) & (prefix >= avoid)
    found = (prefix * 10 + last)[good]
    if found.size < wanted:
        raise ValueError("so many different numbers do not exist")
    return found[skip:wanted].astype(np.int32)


def _weighted(prefix: NDArray[np.int64]) -> NDArray[np.int64]:
    total = np.zeros_like(prefix)
    for place in range(_DIGITS):
        total += (place + 2) * (prefix // 10**place % 10)
    return total


def _coprime(start: int, size: int) -> int:
    return next(step for step in range(start, start + size) if np.gcd(step, size) == 1)
