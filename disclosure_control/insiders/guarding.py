"""From a pattern that holds against strangers to one that holds against every insider too."""

from collections.abc import Sequence

from disclosure_control.insiders.pairs import settled, spared, trimmed, unsettled
from disclosure_control.insiders.pool import Pool
from disclosure_control.insiders.repair import repaired
from disclosure_control.insiders.together import beyond_doubt
from disclosure_control.suppression.construct import Pattern
from disclosure_control.suppression.demands import find_demands
from disclosure_control.suppression.insiders import Insiders
from disclosure_control.suppression.problem import Flags, Places, SuppressionProblem

_MANY = 20_000


def guard(problem: SuppressionProblem, pattern: Pattern, kinds: Sequence[Insiders]) -> Pattern:
    """Hides more cells until no insider can narrow a primary cell that is not its own alone.

    The interval of an insider reaches up as far as anybody's, and down by the lower protection or
    to what it put in itself.

    Args:
        problem: what must be protected.
        pattern: what the engine found for it.
        kinds: the insiders, one entry per kind.

    Returns:
        A pattern whose certificate proves every demand against strangers and against every
        insider; a demand may have several entries. ``failed`` are cells that some insider can
        narrow whatever is hidden.
    """
    kinds = [kind for kind in kinds if kind.cell.size]
    demands = find_demands(problem)
    pool = Pool.of(problem, demands, pattern.certificate)
    hidden, failed = pattern.suppressed, pattern.failed.copy()
    if not kinds or pool.row.size == 0:
        return pattern
    pool, objected = trimmed(pool, kinds)
    open_ = _in_doubt(pool, objected, kinds)
    if open_.any():
        pool, _ = trimmed(beyond_doubt(pool, kinds, hidden, open_), kinds)
    pool, pairs = settled(pool, kinds, unsettled(pool, kinds))
    if pairs.demand.size:
        pool, pairs, hidden = repaired(pool, kinds, pairs, hidden)
    failed[demands.cell[pairs.demand]] = True
    proof = spared(pool, kinds).certificate()
    return Pattern(hidden, hidden & ~problem.primary, failed, proof)


def _in_doubt(pool: Pool, objected: Places, kinds: Sequence[Insiders]) -> Flags:
    """Demands that do not hold against somebody; when listing all is much work, perhaps too many.

    Multiples of what is at hand are tried first, because they cost nothing.
    """
    open_ = objected > 0
    if objected[open_].sum() < _MANY:
        _, pairs = settled(pool, kinds, unsettled(pool, kinds))
        open_[:] = False
        open_[pairs.demand] = True
    return open_
