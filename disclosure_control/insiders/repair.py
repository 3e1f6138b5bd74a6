"""Hiding more until every demand holds against every insider.

For a group of insiders the engine is asked again about the demands that do not hold against them,
with what they know as bounds and with everything hidden so far for nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from disclosure_control.insiders.groups import Group, confined, grouped
from disclosure_control.insiders.pairs import Pairs, settled
from disclosure_control.insiders.pool import Pool, numbers
from disclosure_control.suppression.construct import first_pattern
from disclosure_control.suppression.insiders import Insiders
from disclosure_control.suppression.problem import Flags, Places, SuppressionProblem


def repaired(
    pool: Pool, kinds: Sequence[Insiders], pairs: Pairs, hidden: Flags
) -> tuple[Pool, Pairs, Flags]:
    """Meets what is left, first for many insiders together, then for one at a time.

    Returns:
        A larger pool, the pairs that hiding does not settle, and everything hidden.
    """
    for alone in (False, True):
        cells = pool.demands.cell[pairs.demand]
        left = pairs
        for group in grouped(pool.problem, kinds, pairs, cells, alone=alone):
            todo = _still(group, pairs, left)
            if todo is None:
                continue
            pool, hidden = _solved(pool, hidden, todo)
            pool, left = settled(pool, kinds, left)
        pairs = left
        if pairs.demand.size == 0:
            break
    return pool, pairs, hidden


def _still(group: Group, pairs: Pairs, left: Pairs) -> Group | None:
    """The group without demands that others have settled meanwhile."""
    open_pairs = set(zip(left.demand.tolist(), left.who.tolist(), strict=True))
    demands = {
        demand
        for demand, who in zip(
            pairs.demand[group.pairs].tolist(), pairs.who[group.pairs].tolist(), strict=True
        )
        if (demand, who) in open_pairs
    }
    kept = np.array([demand in demands for demand in group.demand.tolist()], dtype=np.bool_)
    if not kept.any():
        return None
    return replace(group, demand=group.demand[kept], need=group.need[kept])


def _solved(pool: Pool, hidden: Flags, group: Group) -> tuple[Pool, Flags]:
    """The engine's answer to one group: more changes, more hidden cells."""
    problem, doubts = _asked(pool, hidden, group)
    pattern = first_pattern(problem)
    proof = pattern.certificate
    target = proof.target.copy()
    about = proof.side == 0
    target[about] = doubts[target[about]]
    demand = numbers(pool.demands, target, proof.side)
    larger = pool.joined(proof.flows.tocsr(), (demand, proof.row, proof.scale))
    return larger, hidden | pattern.suppressed


def _asked(pool: Pool, hidden: Flags, group: Group) -> tuple[SuppressionProblem, Places]:
    """The problem of one group, and the place in the table's problem of each of its doubts."""
    wanted = pool.demands
    problem = confined(pool.problem, hidden, group)
    lower, upper = problem.lower_protection.copy(), problem.upper_protection.copy()
    cell, side = wanted.cell[group.demand], wanted.side[group.demand]
    lower[cell[side < 0]] = group.need[side < 0]
    upper[cell[side > 0]] = group.need[side > 0]
    places = wanted.target[group.demand[side == 0]]
    doubts = tuple(pool.problem.doubts[place] for place in places.tolist())
    return replace(problem, lower_protection=lower, upper_protection=upper, doubts=doubts), places
