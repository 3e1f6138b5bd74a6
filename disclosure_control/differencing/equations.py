"""From a derived figure to the arithmetic an attacker would do, proven in whole numbers."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np

from disclosure_control.differencing.cells import Floats, Ints

_DENOMINATOR = 360
_NEAR = 1e-5
_LARGEST = 1_000_000
_SECONDS = 20.0


@dataclass(frozen=True, eq=False)
class Equation:
    """``multiple`` times the figure is the sum of ``factors`` times the shown cells."""

    multiple: int
    factors: Ints


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """Finds equations among shown cells; ``rows`` is atoms x shown cells, whole numbers, sparse."""

    rows: Any

    def find(self, figure: Ints) -> Equation | None:
        """Few shown cells that add up to ``figure``; null when none were found that prove it."""
        return self._in_two(figure) or self._by_program(figure)

    def proves(self, equation: Equation, figure: Ints) -> bool:
        """Whether the equation holds on every atom, in whole numbers."""
        left = np.asarray(self.rows @ equation.factors)
        return bool((left == equation.multiple * figure).all())

    @cached_property
    def _mixing(self) -> Ints:
        random = np.random.default_rng(20251)
        return np.asarray(random.integers(-(2**40), 2**40, self.rows.shape[0]), dtype=np.int64)

    @cached_property
    def _prints(self) -> tuple[Ints, dict[int, int]]:
        """A number for each shown cell by its atoms, and the first cell of each number."""
        prints = self.rows.T @ self._mixing
        first: dict[int, int] = {}
        for cell, number in enumerate(prints.tolist()):
            first.setdefault(number, cell)
        return prints, first

    def _in_two(self, figure: Ints) -> Equation | None:
        """One shown cell, or the difference or sum of two."""
        prints, first = self._prints
        wanted = self._mixing @ figure
        if int(wanted) in first:
            return self._proven({first[int(wanted)]: 1}, figure)
        for sign, others in ((-1, prints - wanted), (1, wanted - prints)):
            for cell, other in enumerate(others.tolist()):
                if other in first and first[other] != cell:
                    found = self._proven({cell: 1, first[other]: sign}, figure)
                    if found is not None:
                        return found
        return None

    def _proven(self, factors: dict[int, int], figure: Ints) -> Equation | None:
        every = np.zeros(self.rows.shape[1], dtype=np.int64)
        for cell, factor in factors.items():
            every[cell] = factor
        equation = Equation(1, every)
        return equation if self.proves(equation, figure) else None

    def _by_program(self, figure: Ints) -> Equation | None:
        """The combination with the least sum of absolute factors."""
        from scipy.optimize import linprog
        from scipy.sparse import hstack

        cells = self.rows.shape[1]
        price = 1.0 + 1e-6 * np.arange(cells)
        solved = linprog(
            np.concatenate([price, price]),
            A_eq=hstack([self.rows, -self.rows], format="csr").astype(np.float64),
            b_eq=figure.astype(np.float64),
            method="highs",
            options={"time_limit": _SECONDS},
        )
        if solved.status != 0:
            return None
        equation = as_equation(solved.x[:cells] - solved.x[cells:])
        return equation if equation is not None and self.proves(equation, figure) else None


def as_equation(factors: Floats) -> Equation | None:
    """Factors as whole numbers over one denominator; null when they are not such."""
    whole = as_whole(factors)
    return None if whole is None else Equation(*whole)


def as_whole(values: Floats) -> tuple[int, Ints] | None:
    """The least multiple of ``values`` that is whole, and the whole numbers; null when none is."""
    parts = [Fraction(float(value)).limit_denominator(_DENOMINATOR) for value in values]
    near = np.array([float(part) for part in parts])
    multiple = lcm(*(part.denominator for part in parts)) if parts else 1
    if np.abs(near - values).max(initial=0.0) > _NEAR or multiple > _LARGEST:
        return None
    return multiple, np.array([int(part * multiple) for part in parts], dtype=np.int64)
