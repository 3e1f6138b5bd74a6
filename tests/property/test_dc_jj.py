"""Whatever problem is written to a .jj file comes back."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from disclosure_control.suppression.jj import read_jj, write_jj
from disclosure_control.suppression.problem import SuppressionProblem

AMOUNTS = st.one_of(st.integers(-50, 10**6), st.floats(-1e5, 1e5, width=32))


@st.composite
def problems(draw):
    parts = draw(st.lists(AMOUNTS, min_size=1, max_size=6))
    values = np.array([*parts, float(np.sum(np.array(parts, dtype=float)))], dtype=float)
    count = values.size
    level = st.lists(st.floats(0, 1e6), min_size=count, max_size=count)
    primary = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    shown = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count))) & ~primary
    lower = values - np.array(draw(level))
    down = np.minimum(np.array(draw(level)), values - lower)
    return SuppressionProblem(
        values=values,
        costs=np.where(shown, np.inf, np.array(draw(level))),
        relations=csr_matrix(np.r_[np.ones(count - 1), -1.0][None]),
        primary=primary,
        lower_protection=np.where(primary, down, 0.0),
        upper_protection=np.where(primary, np.array(draw(level)), 0.0),
        lower_bounds=lower,
        upper_bounds=values + np.array(draw(level)),
    )


@given(problems())
@settings(max_examples=200, derandomize=True, deadline=None)
def test_reading_gives_back_what_was_written(problem):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.jj"
        write_jj(problem, path, whole_costs=False)
        found = read_jj(path)
        write_jj(problem, path)
        whole = read_jj(path)
    for name in ("values", "costs", "primary", "lower_protection", "upper_protection",
                 "lower_bounds", "upper_bounds"):  # fmt: skip
        assert np.array_equal(getattr(found, name), getattr(problem, name)), name
    assert (found.relations != problem.relations).nnz == 0
    finite = np.isfinite(problem.costs)
    assert (whole.costs[finite] == np.rint(whole.costs[finite])).all()
    assert whole.costs[finite].sum() < 2e9
    order = np.argsort(problem.costs[finite], kind="stable")
    assert (np.diff(whole.costs[finite][order]) >= 0).all()
