"""Help for groups that stay too small: records of large classes lose the same cells.

A large class lends only what it has above k, so that it stays large. Where no class can lend
enough, the smallest class that fits moves as a whole.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from disclosure_control.microdata.classes import Members, grouped, ranks, total
from disclosure_control.microdata.pieces import Pieces, gather, reached

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Loan:
    """What one piece lends: so many records, or these entries of the members."""

    donor: int
    number: int
    entries: Integers


def spaced(length: int, number: int) -> Integers:
    """``number`` places at equal distances among ``length``: no end is preferred."""
    return ((np.arange(number) + 0.5) * length / max(number, 1)).astype(np.int64)


def borrow(pieces: Pieces, columns: Integers, k: int, cells: int) -> None:
    """Settles pending pieces with borrowed records, for at most ``cells`` cells per own record."""
    if not pieces.pending.size:
        return
    found = gather(pieces, columns, _lenders(pieces, k))
    sizes, counts = reached(pieces, found), pieces.rows
    rows = total(found.own, counts[found.pending], found.number)
    everyone = np.concatenate([found.pending, found.there, found.others])
    few, most = found.pending.size, found.pending.size + found.there.size
    order, starts = grouped(found.keys, found.number)
    needs = k - sizes
    loans: list[Loan] = []
    for place in np.flatnonzero((rows > 0) & (columns.size * (rows + needs) <= cells * rows)):
        fitting = order[starts[place] : starts[place + 1]]
        receivers = int((fitting < most).sum())
        lent = _lend(pieces.members, everyone[fitting], receivers, (int(needs[place]), k))
        if lent is not None:
            loans += lent
            pieces.settle(everyone[fitting[fitting < few]], columns)
    if loans:
        _split(pieces, loans, columns)


def _lenders(pieces: Pieces, k: int) -> Integers:
    """Untouched pieces with more than k units, the richest first."""
    number = len(pieces.codes)
    own = pieces.sizes(np.arange(number), np.arange(number), number)
    able = np.flatnonzero(pieces.settled & ~pieces.masks.any(axis=1) & (own > k))
    return able[np.argsort(-own[able], kind="stable")]


def _lend(
    members: Members, pieces: Integers, receivers: int, sizes: tuple[int, int]
) -> list[Loan] | None:
    """Loans to the first ``receivers`` of ``pieces`` by the others; null when they have too few.

    ``sizes``: how many units are needed, none of them there yet; and how many a lender keeps.
    """
    need, k = sizes
    known = (
        members.units[members.entries(pieces[:receivers])] if members.units is not None else None
    )
    found: list[Loan] = []
    for donor in pieces[receivers:]:
        if need <= 0:
            break
        entries = members.entries(np.array([donor]))
        if members.units is None or known is None:
            number, entries = min(need, int(members.rows[entries].sum()) - k), entries[:0]
        else:
            entries = _new_units(members.units, entries, known, (need, k))
            number = entries.size
            known = np.concatenate([known, members.units[entries]])
        need -= number
        found.append(Loan(int(donor), number, entries))
    return found if need <= 0 else None


def _new_units(
    units: Integers, entries: Integers, known: Integers, sizes: tuple[int, int]
) -> Integers:
    """The entries of a lender that bring at most ``need`` units not known yet."""
    need, k = sizes
    present = entries[units[entries] >= 0]
    new = present[~np.isin(units[present], known)]
    return new[spaced(new.size, min(need, new.size, present.size - k))]


def _split(pieces: Pieces, loans: list[Loan], columns: Integers) -> None:
    """Makes a piece of every loan, with ``columns`` empty."""
    donors = np.array([loan.donor for loan in loans])
    first = len(pieces.codes)
    new = np.arange(first, first + donors.size)
    members = pieces.members
    if members.units is None:
        amounts = np.array([loan.number for loan in loans])
        rows = members.rows - total(donors, amounts, first)
        pieces.members = Members(np.append(members.groups, new), np.append(rows, amounts), None)
    else:
        groups = members.groups.copy()
        for loan, place in zip(loans, new, strict=True):
            groups[loan.entries] = place
        order = np.argsort(groups, kind="stable")
        pieces.members = Members(groups[order], members.rows[order], members.units[order])
    pieces.codes = np.concatenate([pieces.codes, pieces.codes[donors]])
    pieces.final = np.concatenate([pieces.final, pieces.final[donors]])
    pieces.masks = np.concatenate([pieces.masks, np.zeros_like(pieces.masks[donors])])
    pieces.settled = np.append(pieces.settled, np.ones(donors.size, bool))
    pieces.origin = np.append(pieces.origin, pieces.origin[donors])
    pieces.settle(new, columns)


def absorb(pieces: Pieces, columns: Integers) -> None:
    """Settles pending pieces with the smallest large class that fits without ``columns``."""
    if not pieces.pending.size:
        return
    settled = np.flatnonzero(pieces.settled)
    found = gather(pieces, columns, settled)
    classes, number = ranks(pieces.final[settled])
    rows = total(classes, pieces.rows[settled], number)
    own, fitting = found.own, found.keys[found.keys.size - settled.size :]
    for place in np.unique(own):
        candidates = np.unique(classes[fitting == place])
        if candidates.size:
            chosen = candidates[np.argmin(rows[candidates])]
            pieces.settle(settled[classes == chosen], columns)
            pieces.settle(found.pending[own == place], columns)
