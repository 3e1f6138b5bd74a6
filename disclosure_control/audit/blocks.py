"""Unknowns in groups small enough for one program."""

from typing import Any

import numpy as np

from disclosure_control.audit.unknowns import Unknowns
from disclosure_control.suppression.problem import Flags, Places


def packs(unknowns: Unknowns, chosen: Flags, limit: int, turn: int = 0) -> list[Places]:
    """Groups of about ``limit`` unknowns; only connected ones are ever separated, none twice.

    Components of at most ``limit`` unknowns stay whole, several to a group. Larger ones are cut
    into runs of unknowns that follow each other in the table, in odd turns half a run later.

    Args:
        unknowns: the unknowns.
        chosen: components without a chosen unknown are left out.
        limit: how many unknowns a group should have.
        turn: which of the cuts.
    """
    asked = np.zeros(int(unknowns.label.max(initial=-1)) + 1, dtype=np.bool_)
    asked[unknowns.label[chosen]] = True
    member = np.flatnonzero(asked[unknowns.label])
    if member.size == 0:
        return []
    order = member[np.argsort(unknowns.label[member], kind="stable")]
    label = unknowns.label[order]
    new = np.ones(order.size, dtype=np.bool_)
    new[1:] = label[1:] != label[:-1]
    start = np.flatnonzero(new)
    which = np.cumsum(new) - 1
    size = np.diff(np.append(start, order.size))
    run = (np.arange(order.size) - start[which] + turn % 2 * (limit // 2)) // limit
    large = size[which] > limit
    small = np.cumsum(np.where(size <= limit, size, 0)) - np.where(size <= limit, size, 0)
    group = np.where(large, which, -1 - small[which] // limit)
    key = np.stack([group, np.where(large, run, 0)])
    first = np.lexsort(key[::-1])
    cut = np.flatnonzero((np.diff(key[:, first]) != 0).any(axis=0)) + 1
    return [np.sort(part) for part in np.split(order[first], cut)]


def components(unknowns: Unknowns, chosen: Flags) -> list[Places]:
    """The components that have a chosen unknown, each whole."""
    order = np.argsort(unknowns.label, kind="stable")
    end = np.cumsum(np.bincount(unknowns.label, minlength=1))
    asked = np.unique(unknowns.label[chosen])
    return [order[(end[one - 1] if one else 0) : end[one]] for one in asked.tolist()]


def among(columns: Any, block: Places) -> Any:
    """The relations that touch a block, restricted to it, by row."""
    part = columns[:, block].tocsr()
    return part[np.flatnonzero(np.diff(part.indptr))]
