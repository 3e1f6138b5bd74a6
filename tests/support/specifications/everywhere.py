"""The rules of tables as other outputs have them, by example."""

import polars as pl

from specifications.expectations import WHOLE
from specifications.forms import Ask, Given, Specification, counted, only
from specifications.outputs import by_region, case, lives


def _minimum_units():
    rule = "minimum_units"
    three = only(minimum_units=3)
    small = {"N": (1.0, 2.0, 3.0, 4.0), "S": (1.0, 2.0, None, None)}
    both = [("S", "minimum"), ("S", "maximum")]
    bins = [("N", "from 0 to 10"), ("S", "from 10 to 20"), ("S", "from 0 to 10")]
    cats = counted(["region", "grade"], {("N", "x"): 4, ("N", "y"): 3, ("S", "x"): 2})
    mode = Ask("mode", {"column": "grade", "by": ["region"]}, cats)
    return Specification(
        "outputs", rule, "At least so many units",
        "Every output has the threshold of tables beneath it, in units with a value: quantiles, "
        "extremes, spread and modes in every group, histograms in every interval, survival in "
        "every group that has a curve.",
        (
            case("Extremes of two known values.", by_region("extremes", small), three, rule,
                  both, "UNSAFE"),
            case("A median of two known values.",
                  by_region("quantiles", small, probabilities=[0.5]), three, rule,
                  [("S", "p50")], "UNSAFE"),
            case("A deviation of two known values.", by_region("spread", small), three, rule,
                  [("S", "std")], "UNSAFE"),
            case("Intervals of two or of one.",
                  by_region("histogram", {"N": (1.0, 2.0, 11.0, 12.0, 13.0),
                                           "S": (3.0, 14.0, 15.0)}, edges=[0, 10, 20]),
                  three, rule, bins, "UNSAFE"),
            case("The mode of two pupils: all its figures.", mode, three, rule,
                  [("S", "x"), ("S", "y")], "UNSAFE"),
            case("A curve of two people.", lives(((1.0, 0, 1), (9.0, 0, 1))), three, rule,
                  ["1", "2"], "UNSAFE"),
        ),
    )  # fmt: skip


def _minimum_entities():
    rule = "minimum_entities"
    three = only(minimum_entities=3)
    schools = ("a", "a", "b", "b", "c")
    given = Given(("region", "school", "value"),
                  (("N", schools, (1.0, 2.0, 3.0, 4.0, 5.0)),
                   ("S", schools[:4], (1.0, 2.0, 3.0, 4.0))))  # fmt: skip
    people = Given(("years", "left", "school"), ((1.0, 0, schools[:4]), (9.0, 0, schools[:4])))
    known = {"entity": "school"}
    extremes = Ask("extremes", {"column": "value", "by": ["region"]}, given, (), known)
    survival = Ask("survival", {"time": "years", "event": "left", "times": [1.0]}, people, (),
                   known)  # fmt: skip
    return Specification(
        "outputs", rule, "At least so many entities",
        "Where schools are known, every group has at least `minimum_entities` of them.",
        (
            case("Two schools in S.", extremes, three, rule,
                  [("S", "minimum"), ("S", "maximum")], "UNSAFE"),
            case("A curve of two schools.", survival, three, rule, ["1"], "UNSAFE"),
        ),
    )  # fmt: skip


def _all_equal():
    rule = "all_equal"
    same = {"N": (7.0, 7.0, 7.0), "S": (6.0, 7.0, 8.0, 8.0)}
    return Specification(
        "outputs", rule, "All values are equal",
        "Quantiles, extremes and a spread of nothing tell everybody's value.",
        (
            case("Everybody in N has 7.", by_region("quantiles", same, probabilities=[0.5]),
                  only(), rule, [("N", "p50")], "UNSAFE"),
            case("A spread of 0 says that they are equal.", by_region("spread", same), only(),
                  rule, [("N", "std")], "UNSAFE"),
        ),
    )  # fmt: skip


def _group_disclosure():
    rule = "group_disclosure"
    nine = only(maximum_group_share=0.9)
    shares = counted(["region", "grade"], {("N", "x"): 9, ("N", "y"): 1, ("S", "x"): 5,
                                           ("S", "y"): 5})  # fmt: skip
    asked = {"rows": ["region"], "columns": ["grade"], "statistic": "percentage"}
    values = {"N": (1.0,) * 9 + (11.0,), "S": (2.0,) * 5 + (12.0,) * 5}
    return Specification(
        "outputs", rule, "A group shares a category",
        "Percentages, histograms and modes tell shares of groups as counts do. A survival curve "
        "that reaches 0 says that everybody has had the event.",
        (
            case("90 % of N.", Ask("crosstab", asked, shares), nine, rule, [("N", "x")],
                  "UNSAFE"),
            case("90 % of N in one interval.",
                  by_region("histogram", values, edges=[0, 10, 20]), nine, rule,
                  [("N", "from 0 to 10")], "UNSAFE"),
            case("The mode holds 90 % of N.",
                  Ask("mode", {"column": "grade", "by": ["region"]}, shares), nine, rule,
                  [("N", "x"), ("N", "y")], "UNSAFE"),
            case("Nobody is left after two years.", lives(((1.0, 1, 3), (2.0, 1, 3))), only(),
                  rule, ["2"], "UNSAFE"),
        ),
    )  # fmt: skip


def _nobody():
    rule = "nobody"
    empty = {"N": (None, None), "S": (None,)}
    levels = {"levels": {"region": ["N", "S"]}}
    cases = [("quantiles", {}), ("extremes", {}), ("spread", {}), ("spread", {"measure": "iqr"})]
    asks = [by_region(call, empty, **arguments) for call, arguments in cases]
    known = [Ask(one.call, one.arguments, one.given, (), levels) for one in asks]
    grades = Given(("region", "grade"), (), dict.fromkeys(("region", "grade"), pl.String))
    mode = Ask("mode", {"column": "grade", "by": ["region"]}, grades, (),
               {"levels": {"region": ["N", "S"], "grade": ["x", "y"]}})  # fmt: skip
    titles = ("Quantiles", "Extremes", "Deviations", "Distances between quartiles", "Modes")
    return Specification(
        "outputs", rule, "Nobody has a value",
        "An output in which nobody has a value is never called SAFE: people decide.",
        tuple(
            case(f"{title} of nobody.", ask, only(), rule, [WHOLE], "REVIEW")
            for title, ask in zip(titles, [*known, mode], strict=True)
        ),
    )  # fmt: skip


SPECIFICATIONS: tuple[Specification, ...] = (
    _minimum_units(),
    _minimum_entities(),
    _all_equal(),
    _group_disclosure(),
    _nobody(),
)
"""In the order in which the rules are applied."""
