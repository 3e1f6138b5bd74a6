"""Cases in which checkers fail: rounding, models, charts, functions, and changed verdicts."""

from specifications.cases import ALL, REVIEW, SAFE, SMALL, UNSAFE, case, crosstab, specification
from specifications.desk import COUNTS, table
from specifications.expectations import (
    WHOLE,
    Finds,
    Hides,
    Keeps,
    Masks,
    NeverNames,
    Refuses,
    Shows,
)
from specifications.forms import Ask, HandIn, Specification, counted, valued


def _others():
    values = tuple(round((7 * place % 1000 + 0.3) / 1000, 4) for place in range(1000))
    numbers = valued([], "share", {(): values})
    plain = Ask("histogram", {"column": "share"}, numbers)
    ends = Ask("histogram", {"column": "share", "edges": [min(values), 0.5, max(values)]}, numbers)
    responses = {"a": tuple(float(37 * at % 101) for at in range(198)), "b": (40.0, 60.0)}
    model = Ask("ols", {"formula": "y ~ C(g)"}, valued(["g"], "y", responses))
    cells = tuple(("C(g)[b]", name)
                  for name in ("coefficient", "standard_error", "statistic", "p_value"))  # fmt: skip
    shown = HandIn({SMALL: (4.0, "shown")})
    return (
        specification(
            "E3", "Rounding a small count",
            "A small cell is hidden and the others are rounded: the one does not replace the "
            "other. Margins are rounded from the true ones.",
            case("4 does not become 5.", table(("protect",), ("round", 5)), SAFE,
                  Hides((SMALL,)),
                  Keeps({("N", ALL): 75.0, ("S", ALL): 60.0, (ALL, ALL): 135.0}),
                  elsewhere="shows 5 for 4, and totals 65 and 140 added up from rounded cells"),
            case("Rounded and not protected.", table(("round", 5)), UNSAFE, Masks((SMALL,)),
                  Shows({("N", ALL): 75.0, ("S", ALL): 60.0})),
        ),
        specification(
            "G1", "A coefficient of two people",
            "Intercept and coefficient add up to the mean of the two. Levels behind coefficients "
            "need as many units as cells of a table.",
            case("198 in group a, two in group b.", model, UNSAFE,
                  Finds("minimum_units", cells), Finds("saturated", (WHOLE,)),
                  elsewhere="passes, for there are 198 degrees of freedom"),
        ),
        specification(
            "H1", "The edges of a histogram",
            "Edges are round, and what lies outside falls into open intervals. Edges that are the "
            "smallest or largest value are left to people.",
            case("A thousand values from 0.0003 to 0.9993.", plain, SAFE, Finds("edge"),
                  NeverNames((min(values), max(values))),
                  elsewhere="passes with the true minimum and maximum as outer edges"),
            case("Somebody asks for the true ones.", ends, REVIEW, Finds("edge", (WHOLE,))),
        ),
        specification(
            "M1", "A statistic of one's own",
            "The list of statistics is closed. What is not understood cannot be judged.",
            case("A function of Python.", crosstab(counted(["region", "category"], COUNTS),
                                                     statistic=max), Refuses(),
                  elsewhere="passes with no check at all; the cells may hold all values joined"),
            case("A name that is not on the list.",
                  crosstab(counted(["region", "category"], COUNTS), statistic="max"), Refuses()),
        ),
        specification(
            "J1", "A verdict that was changed by hand",
            "What is handed in is judged again from recipe and evidence. A status is only a claim.",
            case("The small cell is marked as shown.", table(("protect",)), UNSAFE,
                  Finds("visible", (SMALL,)), hand_in=shown,
                  elsewhere="the record says pass, and its checksums are valid"),
        ),
    )  # fmt: skip


SPECIFICATIONS: tuple[Specification, ...] = _others()
"""In alphabetical order, but for J1."""
