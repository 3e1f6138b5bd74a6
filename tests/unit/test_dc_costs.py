"""What hiding costs, and what it has cost."""

import numpy as np
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.suppression.costs import COSTS, find_costs, in_order

COUNTS = {("a", "p"): 2, ("a", "q"): 40, ("a", "r"): 30, ("b", "p"): 50, ("b", "q"): 60,
          ("b", "r"): 45, ("c", "p"): 35, ("c", "q"): 70, ("c", "r"): 80}  # fmt: skip
POLICY = dc.Policy("three", 3)


@pytest.fixture(scope="module")
def table():
    rows = [key for key, number in COUNTS.items() for _ in range(number)]
    return dc.count_table(pl.DataFrame(rows, schema=["x", "y"], orient="row"), ["x", "y"])


def hidden(protected):
    rows = protected.cells.filter(pl.col("status") == "secondary").select("x", "y").iter_rows()
    return set(rows)


def test_costs_by_name_are_those_of_the_field(table):
    values = table.cells["sum"].to_numpy()
    expected = {
        "value": values + 1, "count": np.ones(16), "equal": np.ones(16),
        "sqrt": np.sqrt(values) + 1, "frequency": values + 1, "log": np.log(values + 1) + 1,
    }  # fmt: skip
    assert set(expected) == set(COSTS)
    for name, costs in expected.items():
        assert np.allclose(find_costs(table, name), costs), name


def test_the_first_of_several_costs_decides_and_the_second_breaks_ties(table):
    costs = find_costs(table, ("count", "value"))
    values = table.cells["sum"].to_numpy()
    assert (costs >= 1).all()
    assert costs.max() == pytest.approx(1.001)
    assert (np.argsort(costs, kind="stable") == np.argsort(values, kind="stable")).all()
    assert hidden(dc.protect(table, POLICY, cost=("count", "value"))) == {
        ("a", "r"), ("b", "p"), ("b", "r")
    }  # fmt: skip


def test_lesser_costs_never_outweigh_a_whole_first_cost_below_a_thousand_cells():
    first, second, third = np.ones(999), np.arange(999.0), np.arange(999.0)[::-1]
    costs = in_order([first, second, third])
    assert costs.sum() < 999 + 1
    lesser = in_order([first, second]) - 1
    assert (costs - 1 - lesser).max() <= 1.001e-3 * lesser[lesser > 0].min()


def test_figures_of_your_own_decide_as_frame_or_in_the_order_of_the_cells(table):
    cheap = {("a", "q"), ("c", "p"), ("c", "q")}
    frame = table.cells.select("x", "y").with_columns(
        cost=pl.Series([1 if row in cheap else 1000 for row in table.cells.select("x", "y").rows()])
    )
    assert (
        hidden(dc.protect(table, POLICY, cost=frame.sample(fraction=1, shuffle=True, seed=1)))
        == cheap
    )
    assert hidden(dc.protect(table, POLICY, cost=frame["cost"])) == cheap
    assert hidden(dc.protect(table, POLICY, cost=frame["cost"].to_numpy())) == cheap
    assert hidden(dc.protect(table, POLICY, cost=frame.to_pandas())) == cheap


def test_an_infinite_cost_forbids(table):
    costs = np.where(table.cells["y"] == "r", np.inf, 1.0)
    assert all(y != "r" for _, y in hidden(dc.protect(table, POLICY, cost=costs)))


@pytest.mark.parametrize(
    ("cost", "what"),
    [
        ("size", "A cost is one of"),
        (("count", "size"), "A cost is one of"),
        (("count", "count"), "each once"),
        ((), "A cost is one of"),
        (None, "A cost is a name"),
        (3, "A cost is a name"),
        (np.ones(3), "one figure for each of 16 cells"),
        (np.full(16, -1.0), "at least 0; 16 are not"),
        (np.r_[np.nan, np.ones(15)], "at least 0; 1 are not"),
        ({"a": 1}, "are numbers|one figure for each"),
    ],
)  # fmt: skip
def test_other_costs_are_refused(table, cost, what):
    with pytest.raises(dc.InvalidInputError, match=what):
        dc.protect(table, POLICY, cost=cost)


def test_a_frame_of_costs_names_every_cell_once(table):
    frame = table.cells.select("x", "y").with_columns(cost=pl.lit(1.0))
    for bad, what in [
        (frame.head(10), "6 cells have none"),
        (frame.vstack(frame.head(1)), "every cell of the table once"),
        (frame.drop("cost"), "missing: cost"),
        (frame.with_columns(cost=pl.lit("much")), "Column cost is numeric"),
        (frame.with_columns(cost=pl.lit(None, pl.Float64)), "16 are not"),
        (frame.with_columns(y=pl.lit("unknown")), "code of y"),
        (frame.drop("y"), "missing: y"),
    ]:  # fmt: skip
        with pytest.raises(dc.InvalidInputError, match=what) as caught:
            dc.protect(table, POLICY, cost=bad)
        assert "unknown" not in str(caught.value)


def test_the_loss_counts_safe_cells_hidden_and_tells_no_figure(table):
    protected = dc.protect(table, POLICY)
    loss = protected.loss
    values = dict(zip(table.cells.select("x", "y").rows(), table.cells["sum"], strict=True))
    size = sum(values[row] for row in hidden(protected))
    assert loss.secondary == len(hidden(protected)) == 3
    assert loss.value == size
    assert loss.share_of_value == pytest.approx(size / sum(values.values()))
    assert loss.share_of_cells == pytest.approx(3 / 16)
    assert loss.by_cost["value"] == size + 3
    assert loss.by_cost["count"] == 3
    assert (
        repr(loss)
        == f"Loss(3 safe cells hidden, 18.8% of the cells, {loss.share_of_value:.1%} of the value)"
    )


def test_hiding_nothing_loses_nothing(table):
    loss = dc.protect(table, dc.Policy("one", 1)).loss
    assert (loss.secondary, loss.value, loss.share_of_value, loss.share_of_cells) == (0, 0, 0, 0)
