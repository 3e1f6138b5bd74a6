"""Atoms: the units that all shown cells of some tables treat alike.

What an outsider computes from shown cells is the same for every unit of an atom, so a question
about units becomes a small question about atoms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.differencing.cells import Floats, Ints
from disclosure_control.differencing.coding import CodedTable


@dataclass(frozen=True, eq=False)
class Atoms:
    """Atoms of some tables.

    Args:
        member: the atom of each number, -1 for numbers in no shown cell.
        rows: atoms x shown cells of all tables in their order (``scipy.sparse``, whole numbers).
        sizes: how many units each atom has.
        weights: the same, where a unit with several numbers counts a part in each of them; the
            weights of some atoms add up to at most the number of their units.
        representative: one number of each atom.
    """

    member: Ints
    rows: Any
    sizes: Ints
    weights: Floats
    representative: Ints

    @property
    def count(self) -> int:
        """How many atoms."""
        return int(self.sizes.size)


def atoms_of(tables: Sequence[CodedTable], owners: Ints, most: int) -> Atoms | None:
    """The atoms of ``tables``; null when there are more than ``most``."""
    from scipy.sparse import csr_matrix, hstack

    numbers = np.arange(owners.size)
    member = np.zeros(owners.size, dtype=np.int64)
    for table in tables:
        group = table.groups[table.of_units(numbers)]
        # Zero stays zero: a number in no shown cell so far keeps label 0.
        joint = member * (int(group.max(initial=0)) + 1) + group
        values, member = np.unique(joint, return_inverse=True)
        if values.size == 0 or values[0] != 0:
            member = member + 1
        if values.size > most + 1:
            return None
    representative = np.unique(member, return_index=True)[1]
    representative = representative[member[representative] > 0]
    rows = [table.shown[table.of_units(representative)] for table in tables]
    empty = csr_matrix((representative.size, 0), dtype=np.int64)
    share = 1.0 / np.bincount(owners, weights=member > 0, minlength=1)[owners].clip(min=1.0)
    weights = np.asarray(np.bincount(member, weights=share), dtype=np.float64)
    return Atoms(
        member=member - 1,
        rows=csr_matrix(hstack([empty, *rows])),
        sizes=_distinct(member - 1, owners, representative.size),
        weights=weights[1:] if weights.size else weights,
        representative=representative,
    )


def units_in(atoms: Atoms, owners: Ints, chosen: Ints) -> int:
    """How many units the atoms ``chosen`` have together."""
    wanted = np.zeros(atoms.count + 1, dtype=np.bool_)
    wanted[chosen] = True
    return int(np.unique(owners[wanted[atoms.member]]).size)


def over_atoms(atoms: Atoms, values: Ints) -> Ints | None:
    """A figure per number as a figure per atom; null when an atom's numbers differ in it."""
    outside = atoms.member < 0
    if values[outside].any():
        return None
    found = values[atoms.representative]
    same = values[~outside] == found[atoms.member[~outside]]
    return found if same.all() else None


def _distinct(member: Ints, owners: Ints, count: int) -> Ints:
    inside = member >= 0
    pairs = np.unique(member[inside] * (int(owners.max(initial=0)) + 1) + owners[inside])
    return np.bincount(pairs // (int(owners.max(initial=0)) + 1), minlength=count)
