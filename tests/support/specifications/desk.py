"""What is found in figures that are handed in, by example: they are judged from the evidence."""

import disclosure_control as dc
from specifications.expectations import WHOLE, Finds, Gives
from specifications.forms import Ask, Case, HandIn, Specification, counted, only, valued

ALL = dc.TOTAL
COUNTS = {
    ("N", "x"): 30, ("N", "y"): 25, ("N", "z"): 20,
    ("S", "x"): 40, ("S", "y"): 4, ("S", "z"): 18,
}  # fmt: skip
"""The table of these examples: margins 75 and 62; 70, 29 and 38; 137."""
TEN = only(minimum_units=10)
SMALL = ("S", "y")


def table(*then):
    """Counts by region and category, with one small cell."""
    asked = {"rows": ["region"], "columns": ["category"]}
    return Ask("crosstab", asked, counted(["region", "category"], COUNTS), then)


def _case(says, ask, hand_in, rule, finds, verdict="UNSAFE"):
    policy = TEN if rule != "single_holder" else only()
    return Case(says, (ask,), policy, (Finds(rule, tuple(finds)), Gives(verdict)), hand_in)


def _cells():
    rule = "cells"
    return Specification(
        "desk", rule, "The cells are those of the output",
        "What is handed in has exactly the cells of the output that the evidence gives.",
        (
            _case("A cell was left out.", table(("protect",)), HandIn(without=(("N", "x"),)),
                  rule, [WHOLE]),
            _case("Nothing was changed.", table(("protect",)), HandIn(), rule, [], "SAFE"),
        ),
    )  # fmt: skip


def _value():
    rule = "value"
    other = HandIn({("N", "x"): (31.0, "shown")})
    return Specification(
        "desk", rule, "Shown values are the true ones",
        "Every shown value is computed anew from the evidence, and rounded as the recipe says.",
        (
            _case("31 where the evidence gives 30.", table(("protect",)), other, rule,
                  [("N", "x")]),
            _case("30 where the recipe says that counts are rounded to 20: it gives 40.",
                  table(("round", 20)), HandIn({("N", "x"): (30.0, "shown")}), rule,
                  [("N", "x")]),
        ),
    )  # fmt: skip


def _visible():
    rule = "visible"
    shown, told = HandIn({SMALL: (4.0, "shown")}), HandIn({SMALL: (4.0, "hidden")})
    return Specification(
        "desk", rule, "Nothing unsafe is visible",
        "A status that says otherwise does not help: what is unsafe is found again. A cell marked "
        "as hidden has no value.",
        (
            _case("The small cell is marked as shown.", table(("protect",)), shown, rule,
                  [SMALL]),
            _case("It is marked as hidden and has its value.", table(("protect",)), told, rule,
                  [SMALL]),
        ),
    )  # fmt: skip


def _subtraction():
    rule = "subtraction"
    return Specification(
        "desk", rule, "Subtraction gives nothing back",
        "A hidden cell must not follow from the shown ones by adding and subtracting. The equation "
        "is told.",
        (
            _case("Only the small cell is hidden: 62 - 40 - 18 = 4.", table(), HandIn(), rule,
                  [WHOLE]),
            _case("Four cells are hidden.", table(("protect",)), HandIn(), rule, [], "SAFE"),
        ),
    )  # fmt: skip


def _derivable():
    rule = "derivable"
    hidden = ("S", "y"), ("S", "z"), ("N", "y"), ("N", "z")
    narrow = counted(["region", "category"], {
        ("N", "x"): 30, ("N", "y"): 25, ("N", "z"): 20,
        ("S", "x"): 40, ("S", "y"): 4, ("S", "z"): 3,
    })  # fmt: skip
    ask = Ask("crosstab", {"rows": ["region"], "columns": ["category"]}, narrow)
    gone = HandIn(dict.fromkeys(hidden, (None, "hidden")))
    return Specification(
        "desk", rule, "Hidden cells stay uncertain",
        "What an attacker can say of a hidden count that is too small must cover 0 and the "
        "threshold; of a total, the width that its rule demands.",
        (
            _case("Hidden are y and z of both regions. In S they are 47 - 40 = 7 together, so "
                  "neither can be 10.", ask, gone, rule, [("S", "y"), ("S", "z")]),
            _case("Here they are 22 together.", table(), gone, rule, [], "SAFE"),
        ),
    )  # fmt: skip


def _single_holder():
    values = {("p50",): (None, "hidden")}
    ask = Ask("quantiles", {"column": "value"}, valued([], "value", {(): (1.0, 2.0, 3.0)}))
    return Specification(
        "desk", "single_holder", "What is left to people",
        "A figure about which people decide is asked about as long as it is shown.",
        (
            _case("Of three values the median is somebody's own.", ask, HandIn(),
                  "single_holder", [("p50",)], "REVIEW"),
            _case("It is hidden.", ask, HandIn(values), "single_holder", [], "SAFE"),
        ),
    )  # fmt: skip


SPECIFICATIONS: tuple[Specification, ...] = (
    _cells(),
    _value(),
    _visible(),
    _subtraction(),
    _derivable(),
    _single_holder(),
)
"""In the order in which they are looked for."""
