"""Addresses with spells, and who moves.

Moves per year by age (within plus between municipalities, 2017): 12.4 % at age 4 down to 7.4 % at
12 (CBS, moving behaviour). A household moves as its youngest child does.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from enclave.synthetic.numbers import LETTER_PAIRS, Generator

Ints = npt.NDArray[np.int64]
MOVES_BY_AGE = {
    4: 0.124, 5: 0.112, 6: 0.105, 7: 0.098, 8: 0.093, 9: 0.087, 10: 0.081, 11: 0.075, 12: 0.074,
}  # fmt: skip
ADDITIONS = np.array(["", "A", "B", "C", "2", "3", "1", "bis", "hs"])
ADDITION_SHARES = np.array([0.88, 0.05, 0.025, 0.01, 0.01, 0.01, 0.005, 0.005, 0.005])


@dataclass(frozen=True)
class Addresses:
    """One address an entry: postcode area, letters, house number, addition (indices)."""

    area: Ints
    letters: Ints
    number: Ints
    addition: Ints

    def take(self, index: Ints) -> "Addresses":
        """The addresses at ``index``."""
        return Addresses(
            self.area[index], self.letters[index], self.number[index], self.addition[index]
        )


def draw_addresses(random: Generator, area: Ints) -> Addresses:
    """A new address in each postcode area."""
    count = area.size
    numbers = 1 + np.floor(random.gamma(1.1, 55.0, size=count)).astype(np.int64)
    return Addresses(
        area=area,
        letters=np.asarray(random.integers(0, LETTER_PAIRS.size, size=count), dtype=np.int64),
        number=numbers,
        addition=np.asarray(
            np.searchsorted(np.cumsum(ADDITION_SHARES[:-1]), random.uniform(size=count), "right"),
            dtype=np.int64,
        ),
    )


def near(random: Generator, area: Ints, spread: int = 4) -> Ints:
    """Postcode areas around the given ones, inside 1000 to 9999."""
    return np.asarray(
        np.clip(area + random.integers(-spread, spread + 1, size=area.size), 1000, 9999)
    )


def moving_rate(age: Ints) -> npt.NDArray[np.float64]:
    """The yearly moving rate of a household whose youngest child has this age."""
    table = np.array([MOVES_BY_AGE[min(max(years, 4), 12)] for years in range(20)])
    return table[np.clip(age, 0, 19)]
