"""A problem about some of the cells, the others standing still.

Relations that reach beyond the chosen cells get one more cell for all the others together; it is
known and cannot move, so changes of the part are changes of the whole.
"""

from dataclasses import dataclass, replace

import numpy as np

from disclosure_control.suppression.problem import (
    Certificate,
    Flags,
    Floats,
    Places,
    SuppressionProblem,
)


@dataclass(frozen=True, repr=False)
class Part:
    """The problem of some cells and where they are in the whole.

    Args:
        problem: the chosen cells first, then what stands still.
        cells: places of the chosen cells, rising.
        doubts: places of the part's doubts in the whole.
    """

    problem: SuppressionProblem
    cells: Places
    doubts: Places

    def widened(self, certificate: Certificate, count: int) -> Certificate:
        """A certificate of the part as one of the whole with ``count`` cells."""
        from scipy.sparse import csr_matrix

        flows = certificate.flows.tocoo()
        shape = (flows.shape[0], count)
        wide = csr_matrix((flows.data, (flows.row, self.cells[flows.col])), shape=shape)
        target = certificate.target.copy()
        doubt = certificate.side == 0
        target[doubt] = self.doubts[target[doubt]]
        target[~doubt] = self.cells[target[~doubt]]
        return replace(certificate, flows=wide, target=target)


def part_of(problem: SuppressionProblem, chosen: Flags, doubts: Places) -> Part:
    """The problem of the chosen cells with some of the doubts, whose cells are among them."""
    from scipy.sparse import csr_matrix, hstack

    cells = np.flatnonzero(chosen)
    rows = problem.relations.tocsc()[:, cells].tocsr()
    rows = rows[np.flatnonzero(np.diff(rows.indptr))]
    left = rows @ problem.values[cells]
    whole = problem.relations.tocsr()
    size = np.diff(whole.indptr)[np.flatnonzero(np.diff(whole[:, cells].tocsr().indptr))]
    open_rows = np.flatnonzero(np.diff(rows.indptr) < size)
    ones = np.ones(open_rows.size)
    rest = csr_matrix((ones, (open_rows, np.arange(open_rows.size))), (left.size, open_rows.size))
    still = -left[open_rows]

    def with_rest(column: Floats, other: Floats) -> Floats:
        return np.concatenate([column[cells], other])

    none = np.zeros(still.size)
    place = np.cumsum(chosen) - 1
    small = replace(
        problem,
        values=with_rest(problem.values, still),
        costs=with_rest(problem.costs, none + np.inf),
        relations=hstack([rows, rest]).tocsr(),
        primary=np.concatenate([problem.primary[cells], none > 0]),
        lower_protection=with_rest(problem.lower_protection, none),
        upper_protection=with_rest(problem.upper_protection, none),
        lower_bounds=with_rest(problem.lower_bounds, still),
        upper_bounds=with_rest(problem.upper_bounds, still),
        axes=(),
        doubts=tuple(
            replace(one, cell=int(place[one.cell]), group=int(place[one.group]))
            for one in (problem.doubts[number] for number in doubts.tolist())
        ),
    )
    return Part(small, cells, doubts)
