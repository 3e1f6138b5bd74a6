"""Cases in which checkers fail, with what a correct one does. The expected values are by hand.

Source of the cases and of what was seen elsewhere: a study of ACRO 1.0.2 with its published
defaults, in which 10 is the threshold.
"""

from decimal import Decimal

import polars as pl

import disclosure_control as dc
from specifications.desk import table
from specifications.expectations import (
    WHOLE,
    Finds,
    Gives,
    Hides,
    Keeps,
    LeavesOpen,
    Masks,
    NeverShows,
    Reasons,
    Tells,
)
from specifications.forms import Ask, Case, Specification, counted, valued

ALL, MISSING = dc.TOTAL, dc.MISSING
SMALL = ("S", "y")
MARGINS = {
    ("N", ALL): 75.0, ("S", ALL): 62.0, (ALL, "x"): 70.0, (ALL, "y"): 29.0, (ALL, "z"): 38.0,
    (ALL, ALL): 137.0,
}  # fmt: skip
UNSAFE, SAFE, REVIEW = Gives("UNSAFE"), Gives("SAFE"), Gives("REVIEW")


def crosstab(given, then=(), study=None, **arguments):
    asked = {"rows": ["region"], "columns": ["category"], **arguments}
    return Ask("crosstab", asked, given, then, study or {})


def case(says, ask, *expects, elsewhere="", hand_in=None):
    asks = ask if isinstance(ask, tuple) else (ask,)
    return Case(says, asks, "cbs", expects, hand_in, elsewhere)


def specification(name, title, words, *cases):
    return Specification("cases", name, title, words, cases)


def _small_cells():
    equations = "(S, y) = (S, Total) - (S, x) - (S, z)", "(S, y) = (Total, y) - (N, y)"
    four = tuple((region, category) for region in "NS" for category in "yz")
    whole = Ask("crosstab", {"rows": ["region"]}, table().given)
    return (
        specification(
            "A1", "One small cell",
            "The cell is masked at once, and the equation is told by which totals give it back.",
            case("Nothing was protected yet.", table(), UNSAFE,
                  Finds("minimum_units", (SMALL,)), Masks((SMALL,)), Tells(equations),
                  elsewhere="hides the cell and asks for review; nothing is said about totals"),
        ),
        specification(
            "A2", "True margins beside a hidden cell",
            "All totals are the true ones. Besides the small cell, others are hidden until "
            "subtraction says nothing but an interval around it.",
            case("Hiding y and z in both regions loses the least.", table(), Keeps(MARGINS),
                  Hides(four, exactly=True), LeavesOpen(SMALL, 0, 22),
                  elsewhere="totals are recomputed without the hidden records: 58, 25 and 133"),
        ),
        specification(
            "A3", "A second table gives the first away",
            "The second table is clean on its own. Together they are not.",
            case("The small cell is masked in the first; the second shows its row's total.",
                  (table(), whole), UNSAFE, Finds("differencing", (WHOLE,)),
                  Tells(("(S, y) of output 1",)),
                  elsewhere="the second table passes; 62 - 40 - 18 = 4"),
        ),
    )  # fmt: skip


def _labels():
    def counts(large, small):
        return {(large, "x"): 30, (large, "y"): 25, (small, "x"): 40, (small, "y"): 3}

    def hidden(says, large, small, label, kind=None, elsewhere=""):
        given = counted(["region", "category"], counts(large, small), region=kind)
        few, most = (label, "y"), (label, "x")
        return case(says, crosstab(given), UNSAFE, Finds("minimum_units", (few,)),
                     Finds("group_disclosure", (most,)), Masks((most, few)), Hides((most, few)),
                     NeverShows((3.0,)),
                     Keeps({(label, ALL): 43.0, (ALL, "y"): 28.0, (ALL, ALL): 98.0}),
                     elsewhere=elsewhere)  # fmt: skip

    import datetime as dt

    when = dt.datetime(2026, 1, 1, 5, tzinfo=dt.UTC), dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    return (
        specification(
            "B1", "A dimension of decimal numbers",
            "Labels of any type behave alike, and after protection nothing unsafe is visible. With "
            "40 of 43 the cell beside the small one tells too much as well.",
            hidden("Floats.", 0.0, 1.0, "1.0",
                   elsewhere="the record says that the cell is hidden; the table shows 3"),
        ),
        specification(
            "B2", "Dimensions of other types", "The same table with other labels.",
            hidden("Whole numbers.", 0, 1, "1"),
            hidden("Whole numbers of eight bits.", 0, 1, "1", pl.Int8),
            hidden("True and false.", False, True, "true"),
            hidden("Categories.", "a", "b", "b", pl.Categorical),
            hidden("An enumeration.", "a", "b", "b", pl.Enum(["b", "a"])),
            hidden("Decimals.", Decimal("0.5"), Decimal("1.5"), "1.5", pl.Decimal(4, 1)),
            hidden("Dates.", dt.date(2026, 1, 1), dt.date(2026, 1, 2), "2026-01-02"),
            hidden("Times.", dt.time(5), dt.time(6), "06:00:00"),
            hidden("Moments.", *when, "2026-01-02 00:00:00.000000+00:00",
                   pl.Datetime("us", "UTC"),
                   elsewhere="the unsafe cell stays in, as with floats"),
        ),
        specification(
            "B4", "Labels that look like code",
            "No label is ever run, parsed or taken for a margin.",
            hidden("A quote.", "n", 'va"n', 'va"n', elsewhere="stops with a syntax error"),
            hidden("A formula of a spreadsheet.", "n", "=1+1", "=1+1"),
            hidden("A line break and a comma.", "n", "a,b\nc", "a,b\nc"),
            hidden("Nothing at all.", "n", "", ""),
            hidden("The name of a column.", "region", "category", "category"),
            hidden("The sign of the total.", "n", "[total]", "[[total]"),
        ),
    )  # fmt: skip


def _missing():
    counts = {
        ("N", "x"): 30, ("N", None): 4, ("N", "y"): 30, ("S", "x"): 40, ("S", "y"): 30,
    }  # fmt: skip
    few = ("N", MISSING), (ALL, MISSING)
    return (
        specification(
            "E2", "Missing values in a dimension",
            "Missing is a category like any other: the four are masked, and so is their total.",
            case("Four of N have no category.", crosstab(counted(["region", "category"], counts)),
                  UNSAFE, Finds("minimum_units", few), Masks(few), NeverShows((4.0,)),
                  Hides(few),
                  elsewhere="shows 4; with suppression it stops with a NameError"),
        ),
    )  # fmt: skip


def _values():
    few = (SMALL, ("S", ALL), (ALL, "y"))

    def known(number, call, **arguments):
        values = {
            ("N", "x"): tuple(float(value) for value in range(30)),
            SMALL: tuple([5.0, 7.0, 11.0][:number] + [None] * (12 - number)),
        }
        given = valued(["region", "category"], "income", values)
        if call == "extremes":
            own = {"column": "income", "by": ["region", "category"]}
            ends = [(*cell, end) for cell in few for end in ("minimum", "maximum")]
            return Ask(call, own, given), tuple(ends)
        return crosstab(given, values="income", **arguments), few

    seen = {
        (1, "median"): "passes, and shows the value of that one", (1, "std"): "",
        (1, "mean"): "caught by dominance, not by the threshold",
        (3, "std"): "passes, and shows the deviation of three",
        (3, "mean"): "passes", (3, "median"): "passes",
    }  # fmt: skip
    one, three = ((k, "one" if k == 1 else f"{k}") for k in (1, 3))
    cases = []
    for number, word in (one, three):
        for statistic in ("mean", "median", "std"):
            ask, cells = known(number, "crosstab", statistic=statistic)
            cases.append(
                case(f"The {statistic} of {word} known of 12.", ask, UNSAFE,
                      Finds("minimum_units", cells), elsewhere=seen[number, statistic])
            )  # fmt: skip
        ask, cells = known(number, "extremes")
        cases.append(
            case(f"The maximum of {word} known of 12.", ask, UNSAFE,
                  Finds("minimum_units", cells), elsewhere="passes")
        )  # fmt: skip
    million = {
        ("N", "x"): (1_000_000.0,) + (10.0,) * 19, ("N", "y"): (10.0,) * 20,
        ("S", "x"): (9.0,) * 10 + (11.0,) * 10, SMALL: (-0.01,) + (10.0,) * 19,
    }  # fmt: skip
    rich = ("N", "x"), ("N", ALL), (ALL, "x"), (ALL, ALL)
    negative = crosstab(valued(["region", "category"], "income", million), values="income",
                         statistic="sum")  # fmt: skip
    sevens = {("N", "x"): (7.0,) * 20, ("N", "y"): tuple(float(v) for v in range(20))}
    return (
        specification(
            "C1", "Few known values among many records",
            "Thresholds count the units that have a value. There are 30 known values in N, x, and "
            "12 records in S, y with few known ones.",
            *cases,
        ),
        specification(
            "C3", "A negative value somewhere",
            "Absolute contributions are compared: one negative value switches no rule off, and "
            "its own cell is not blamed for it.",
            case("One has a million in N, x; one has -0.01 in S, y.", negative, UNSAFE,
                  Finds("unit_dominance", rich), NeverShows((1_000_190.0,)),
                  elsewhere="no dominance in the whole table; S, y is hidden and N, x is shown"),
        ),
        specification(
            "C5", "A mean that is everybody's value",
            "Equal values are told by their mean.",
            case("Twenty times 7, and the numbers 0 to 19.",
                  crosstab(valued(["region", "category"], "age", sevens), values="age",
                            statistic="mean"),
                  UNSAFE, Finds("all_equal", (("N", "x"), (ALL, "x"))), Masks((("N", "x"),
                                                                               (ALL, "x"))),
                  elsewhere="passes with 7.0"),
        ),
    )  # fmt: skip


def _groups():
    rule = "group_disclosure"
    d1 = counted(["region", "category"], {("N", "n"): 30, ("N", "y"): 25, ("S", "y"): 40})
    d2 = counted(["region", "category"], {("S", "y"): 400, ("S", "n"): 10, ("N", "y"): 300,
                                          ("N", "n"): 300})  # fmt: skip
    d3 = counted(["region", "category"], {("N", "y"): 30, ("S", "y"): 40})
    hundred = Reasons(rule, "100 % of the group is in this category of category, the others have 0")
    return (
        specification(
            "D1", "A whole group in one category",
            "That is told in words. Hiding the 0 beside the 40 would protect nothing, so both go.",
            case("All of S are y. And all n are in N.", crosstab(d1), UNSAFE,
                  Finds(rule, (("S", "y"), ("N", "n"))), hundred,
                  Hides((("S", "y"), ("S", "n"), ("N", "n"))),
                  elsewhere="hides the 0 and shows 40 beside a total of 40"),
        ),
        specification(
            "D2", "Nearly a whole group in one category",
            "From 90 % on, belonging to the group tells the category.",
            case("400 of 410 in S are y; 300 of 310 n are in N.", crosstab(d2), UNSAFE,
                  Finds(rule, (("S", "y"), ("N", "n"))), elsewhere="passes"),
        ),
        specification(
            "D3", "A category that the data do not know",
            "Levels come from the schema, those that do not occur included.",
            case("Nobody is n, and the schema says that there is n.",
                  crosstab(d3, study={"levels": {"category": ["y", "n"]}}), UNSAFE,
                  Finds(rule, (("N", "y"), ("S", "y"), (ALL, "y"))),
                  elsewhere="a level that is not in the data is unknown"),
            case("The schema says nothing.", crosstab(d3), SAFE, Finds(rule)),
        ),
    )  # fmt: skip


SPECIFICATIONS: tuple[Specification, ...] = (
    *_small_cells(),
    *_labels(),
    *_missing(),
    *_values(),
    *_groups(),
)
"""The cases in alphabetical order of their subjects."""
