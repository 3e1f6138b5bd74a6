"""Decisions about cells beforehand, in frames and in files of tau-Argus."""

import numpy as np
import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.suppression.apriori import find_apriori, read_hst
from disclosure_control.suppression.names import cell_name, cell_names, listed
from disclosure_control.suppression.problem import SuppressionProblem

COUNTS = {("a", "p"): 2, ("a", "q"): 40, ("a", "r"): 30, ("b", "p"): 50, ("b", "q"): 60,
          ("b", "r"): 45, ("c", "p"): 35, ("c", "q"): 70, ("c", "r"): 80}  # fmt: skip
POLICY = dc.Policy("three", 3)


@pytest.fixture(scope="module")
def table():
    rows = [key for key, number in COUNTS.items() for _ in range(number)]
    return dc.count_table(pl.DataFrame(rows, schema=["x", "y"], orient="row"), ["x", "y"])


def decided(*rows, names=("x", "y", "status", "cost", "lower", "upper")):
    kinds = [pl.String] * 3 + [pl.Float64] * 3
    filled = [(*row, *(None,) * (6 - len(row))) for row in rows]
    return pl.DataFrame(filled, schema=dict(zip(names, kinds, strict=True)), orient="row")


def status(protected, x, y):
    return protected.cells.filter(pl.col("x") == x, pl.col("y") == y)["status"].item()


def test_a_forbidden_cell_is_shown_and_others_are_hidden_instead(table):
    assert status(dc.protect(table, POLICY), "a", "r") == "secondary"
    for word in ("forbidden", "p", "z", " P "):
        protected = dc.protect(table, POLICY, apriori=decided(("a", "r", word)))
        assert status(protected, "a", "r") == "shown"


def test_a_preferred_cell_costs_nothing(table):
    free = decided(("a", "q", None, 0), ("c", "p", None, 0), ("c", "q", None, 0))
    protected = dc.protect(table, POLICY, apriori=free)
    assert all(status(protected, *cell) == "secondary" for cell in ("aq", "cp", "cq"))


def test_a_cell_declared_unsafe_is_hidden_with_doubt_about_a_share_of_it(table):
    protected = dc.protect(table, POLICY, apriori=decided(("c", "r", "unsafe")))
    assert status(protected, "c", "r") == "primary"
    row = dc.audit(protected).frame.filter(pl.col("x") == "c", pl.col("y") == "r")
    assert row["holds"].item()
    assert row["required_upper"].item() == 88
    assert row["required_lower"].item() == 72


def test_own_levels_hold_where_they_are_wider_and_may_exceed_the_cell(table):
    wide = decided(("a", "p", None, None, 1, 33))
    protected = dc.protect(table, POLICY, apriori=wide)
    row = dc.audit(protected).frame.filter(pl.col("x") == "a", pl.col("y") == "p")
    assert row["required_upper"].item() == 35
    assert row["required_lower"].item() == 0, "the policy asks for more than the level of 1"
    assert row["upper"].item() >= 35
    assert row["holds"].item()


def test_levels_of_an_unsafe_cell_replace_the_share(table):
    given = decided(("c", "r", "u"), ("c", "r", None, None, 2, 3))
    frame = dc.audit(dc.protect(table, POLICY, apriori=given)).frame
    row = frame.filter(pl.col("x") == "c", pl.col("y") == "r")
    assert row.select("required_lower", "required_upper").row(0) == (78, 83)


def test_totals_may_be_named_in_every_way(table):
    for x in ("[total]", "Total", ""):
        found = find_apriori(table, decided((x, "q", "p")))
        assert np.flatnonzero(found.forbidden).tolist() == [13]


def test_codes_that_look_like_totals_are_themselves():
    frame = pl.DataFrame({"x": ["Total", "[total]", "b", None] * 5})
    table = dc.count_table(frame, ["x"])
    given = pl.DataFrame({"x": ["Total", "[total]", None], "status": ["p", "p", "p"]})
    found = find_apriori(table, given)
    labels = table.cells["x"].filter(pl.Series(found.forbidden)).to_list()
    assert sorted(labels) == ["Total", "[[total]", "[missing]"]


def test_what_the_policy_hides_is_not_declared_away(table):
    for word, what in [("p", "must be shown"), ("s", "declared safe")]:
        with pytest.raises(dc.InvalidInputError, match=f"{what}.*policy hides them: a x p"):
            dc.protect(table, POLICY, apriori=decided(("a", "p", word)))
    dc.protect(table, POLICY, apriori=decided(("c", "r", "s")))


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ([("a", "q", "u"), ("a", "q", "p")], "not unsafe and also.*a x q is"),
        ([("a", "q", None, 1), ("a", "q", None, 2)], "one cost beforehand; a x q is"),
        ([("a", "q", None, -1)], "Numbers in cost are at least 0"),
        ([("a", "q", "u", None, None, float("inf"))], "Numbers in upper are at least 0"),
        ([("a", "q", "maybe")], "A status is one of"),
        ([("a", "q", None, None, 1, 1)], "Only unsafe cells have protection levels.*: a x q"),
        ([("a", "nobody", "p")], "1 have a code of y .* row 1"),
    ],
)  # fmt: skip
def test_decisions_that_do_not_fit_are_refused(table, rows, what):
    with pytest.raises(dc.InvalidInputError, match=what):
        dc.protect(table, POLICY, apriori=decided(*rows))


def test_a_cell_that_decisions_make_impossible_to_protect_is_named(table):
    with pytest.raises(dc.ProtectionError, match="a x p"):
        dc.protect(table, POLICY, apriori=decided(("a", "q", "p"), ("a", "r", "p"),
                                                  ("a", "Total", "p")))  # fmt: skip


def test_a_file_of_tau_argus_says_the_same_as_a_frame(table, tmp_path):
    path = tmp_path / "table.hst"
    path.write_text('"a", r ,p\nc,r,u\nc,r,pl,2,3\n\na,,c,7.5\nb,Total,W,1\nb,q,s\n')
    found = find_apriori(table, path)
    assert np.flatnonzero(found.forbidden).tolist() == [2]
    assert np.flatnonzero(found.unsafe).tolist() == [10]
    assert np.flatnonzero(found.safe).tolist() == [5]
    assert (found.lower[10], found.upper[10]) == (2, 3)
    assert (found.cost[3], found.cost[7]) == (7.5, 1)
    assert np.isnan(np.delete(found.cost, [3, 7])).all()
    assert status(dc.protect(table, POLICY, apriori=str(path)), "a", "r") == "shown"


def test_the_separator_is_found_or_given_and_latin_1_is_read(tmp_path):
    path = tmp_path / "table.hst"
    for mark in ";\t,":
        path.write_bytes(f"Zürich{mark}{mark}u\r\n".encode("latin-1"))
        assert read_hst(path, ["x", "y"]).row(0) == ("Zürich", "", "u", None, None, None)
    path.write_text("a|b|c|2\n")
    assert read_hst(path, ["x", "y"], separator="|")["cost"].item() == 2
    path.write_text("")
    assert read_hst(path, ["x"]).height == 0


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("a;q;x", "Line 2 .*expected 2 codes"),
        ("a;q", "Line 2 .*expected 2 codes"),
        ("a;q;ab;1;2", "Line 2 .*expected 2 codes"),
        ("a;q;c", "Line 2 .*c is followed by 1 numbers"),
        ("a;q;pl;1", "Line 2 .*pl is followed by 2 numbers"),
        ("a;q;pl;1;two", "Line 2 .*pl is followed by 2 numbers"),
        ("a;q;u;1", "Line 2 .*u is followed by 0 numbers"),
    ],
)
def test_lines_that_are_no_decision_are_refused_by_number(table, tmp_path, line, what):
    path = tmp_path / "table.hst"
    path.write_text(f"a;p;u\n{line}\n")
    with pytest.raises(dc.InvalidInputError, match=what):
        find_apriori(table, path)
    with pytest.raises(dc.InvalidInputError, match="can be read"):
        find_apriori(table, tmp_path / "none.hst")


def test_cells_are_named_by_axes_else_labels_else_places(table):
    problem = dc.protect(table, POLICY).problem
    assert cell_name(problem, 0) == "(a, p)"
    assert cell_names(problem, problem.primary) == ["(a, p)"]
    assert cell_names(problem, np.array([15, 3])) == ["(Total, Total)", "(a, Total)"]
    fields = {name: getattr(problem, name) for name in problem.__dataclass_fields__}
    bare = SuppressionProblem(**fields | {"axes": ()})
    assert cell_name(bare, 3) == "cell 3"
    named = SuppressionProblem(**fields | {"axes": (), "labels": tuple("abcdefghijklmnop")})
    assert cell_name(named, 3) == "d"
    with pytest.raises(dc.InvalidInputError, match="labels has one entry per cell"):
        SuppressionProblem(**fields | {"labels": ("a",)})
    assert listed([f"c{n}" for n in range(14)]).endswith("c11 and 2 more")
