"""What shown cells let an outsider compute, as a linear space of figures over atoms.

An outsider who adds and subtracts shown cells computes some weighted count of units; over atoms it
is a vector in the span of the cells. A group is given away when a vector of that span is zero
everywhere else. ``Derivable`` is the part of the span that is zero on all large atoms.
"""

from dataclasses import dataclass

import numpy as np

from disclosure_control.differencing.cells import Flags, Floats, Ints

ZERO = 1e-8
"""Below it, a length is rounding error."""
CLEAR = 1e-5
"""From it on, a length is real. What lies between is doubtful, and goes to a reviewer."""


@dataclass(frozen=True, eq=False)
class Span:
    """The span of all shown cells.

    Args:
        basis: atoms x rank, orthonormal; the first ``earlier`` columns span the earlier tables.
        earlier: how many columns those are.
        doubtful: some length was neither clearly zero nor clearly not.
    """

    basis: Floats
    earlier: int
    doubtful: bool


@dataclass(frozen=True, eq=False)
class Derivable:
    """Computable vectors on some atoms, zero on all others.

    Args:
        atoms: the atoms on which they may differ from zero.
        vectors: one row per atom of ``atoms``; orthonormal columns.
        news: one column per column of ``vectors``; a combination of vectors was computable before
            the new tables exactly when the same combination of these columns is zero.
        doubtful: as in ``Span``.
        blur: entries up to it are rounding.
    """

    atoms: Ints
    vectors: Floats
    news: Floats
    doubtful: bool = False
    blur: float = ZERO


def span(earlier: Floats, new: Floats) -> Span:
    """The span of the columns of two matrices over the same atoms, the earlier ones first."""
    first, one = _orthonormal(earlier)
    rest = new - first @ (first.T @ new)
    rest -= first @ (first.T @ rest)
    second, two = _orthonormal(rest)
    return Span(np.hstack([first, second]), first.shape[1], one or two)


def derivable(whole: Span, light: Flags) -> Derivable:
    """The vectors of the span that are zero on all atoms that are not ``light``."""
    free, doubtful = null_space(whole.basis[~light])
    return Derivable(
        atoms=np.flatnonzero(light),
        vectors=whole.basis[light] @ free,
        news=free[whole.earlier :],
        doubtful=doubtful or whole.doubtful,
    )


def determined(space: Derivable) -> Flags:
    """Which atoms are given away alone; they are doubtful when nearly so."""
    return np.asarray(_gap(space) < space.blur, dtype=np.bool_)


def is_doubtful(space: Derivable) -> bool:
    """Whether some atom is neither clearly given away alone nor clearly not."""
    gap = _gap(space)
    return bool(((gap >= space.blur) & (gap < CLEAR)).any())


def without(space: Derivable, given: Flags) -> Derivable:
    """The vectors that are zero on the atoms ``given`` (positions in ``space.atoms``) too."""
    free, doubtful = null_space(space.vectors[given], space.blur)
    return Derivable(
        atoms=space.atoms[~given],
        vectors=space.vectors[~given] @ free,
        news=space.news @ free,
        doubtful=space.doubtful or doubtful,
        blur=space.blur,
    )


def components(space: Derivable) -> list[Derivable]:
    """Parts that have nothing to do with each other; atoms that are in no vector are left out."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    used = np.flatnonzero(np.linalg.norm(space.vectors, axis=1) > space.blur)
    rows = space.vectors[used]
    met = csr_matrix(np.abs(rows @ rows.T) > space.blur)
    count, label = connected_components(met, directed=False)
    return [_part(space, used[label == place]) for place in range(count)]


def null_space(matrix: Floats, blur: float = ZERO) -> tuple[Floats, bool]:
    """An orthonormal basis of what ``matrix`` sends to zero, and whether that is doubtful."""
    from scipy.linalg import qr, svd

    if min(matrix.shape) == 0:
        return np.eye(matrix.shape[1]), False
    if matrix.shape[0] > matrix.shape[1]:
        matrix = qr(matrix, mode="r")[0][: matrix.shape[1]]
    _, lengths, turned = svd(matrix, full_matrices=True)
    rank = int((lengths > blur).sum())
    return turned[rank:].T, _is_between(lengths)


def _part(space: Derivable, chosen: Ints) -> Derivable:
    from scipy.linalg import svd

    left, lengths, turned = svd(space.vectors[chosen], full_matrices=False)
    rank = int((lengths > space.blur).sum())
    # Orthonormal columns make a part's singular values 1 or 0.
    return Derivable(
        atoms=space.atoms[chosen],
        vectors=left[:, :rank],
        news=space.news @ turned[:rank].T,
        doubtful=space.doubtful or _is_between(lengths),
        blur=space.blur,
    )


def _orthonormal(matrix: Floats) -> tuple[Floats, bool]:
    from scipy.linalg import qr

    if min(matrix.shape) == 0:
        return np.zeros((matrix.shape[0], 0)), False
    left, triangle, _ = qr(matrix, mode="economic", pivoting=True)
    lengths = np.abs(np.diag(triangle))
    return left[:, : int((lengths > ZERO).sum())], _is_between(lengths)


def _gap(space: Derivable) -> Floats:
    """Squared distance of each atom's own vector from the space."""
    return np.asarray(1.0 - np.square(space.vectors).sum(axis=1), dtype=np.float64)


def _is_between(lengths: Floats) -> bool:
    return bool(((lengths > ZERO) & (lengths < CLEAR)).any())
