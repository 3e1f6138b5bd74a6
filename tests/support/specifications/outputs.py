"""The rules that only other outputs than tables have, by example."""

import disclosure_control as dc
from specifications.expectations import WHOLE, Finds, Gives, Refuses, Shows
from specifications.forms import Ask, Case, Given, Specification, counted, only, valued

ALL = dc.TOTAL


def case(says, ask, policy, rule, finds, verdict, *more):
    """A case of one output and one rule."""
    cells = tuple((cell,) if isinstance(cell, str) else cell for cell in finds)
    return Case(says, (ask,), policy, (Finds(rule, cells), Gives(verdict), *more))


def by_region(call, values, then=(), **arguments):
    """An output of ``value`` by region."""
    given = valued(["region"], "value", values)
    return Ask(call, {"column": "value", "by": ["region"], **arguments}, given, then)


def of_all(call, values, then=(), **arguments):
    """An output of ``value`` of everybody."""
    return Ask(call, {"column": "value", **arguments}, valued([], "value", {(): values}), then)


def _rounding():
    rule = "rounding"
    fives = only(rounding_base=5)
    given = counted(["region"], {"N": 12, "S": 13})
    mean = valued(["region"], "value", {"N": (1.0, 2.0), "S": (1.0, 3.0)})

    def count(*then):
        return Ask("crosstab", {"rows": ["region"]}, given, then)

    return Specification(
        "outputs", rule, "Counts are rounded",
        "Where a policy has a `rounding_base`, counts and percentages are shown rounded to it, or "
        "to a multiple of it, halves away from zero. Margins are rounded from the true ones. "
        "Rounding hides no cell that has to be hidden: it comes on top.",
        (
            case("Nothing was rounded.", count(), fives, rule, [WHOLE], "UNSAFE"),
            case("Rounded to the base.", count(("round", 5)), fives, rule, [], "SAFE",
                  Shows({("N",): 10.0, ("S",): 15.0, (ALL,): 25.0})),
            case("Rounded to a multiple.", count(("round", 10)), fives, rule, [], "SAFE",
                  Shows({("N",): 10.0, ("S",): 10.0, (ALL,): 30.0})),
            Case("To another base it is not rounded at all.", (count(("round", 3)),), fives,
                  (Refuses(),)),
            case("Protection rounds.", count(("protect",)), fives, rule, [], "SAFE",
                  Shows({("N",): 10.0, ("S",): 15.0, (ALL,): 25.0})),
            case("It keeps a multiple to which somebody rounded before.",
                  count(("round", 10), ("protect",)), fives, rule, [], "SAFE",
                  Shows({("N",): 10.0, ("S",): 10.0, (ALL,): 30.0})),
            case("A mean is no count.",
                  Ask("crosstab", {"rows": ["region"], "values": "value", "statistic": "mean"},
                      mean),
                  fives, rule, [], "SAFE"),
        ),
    )  # fmt: skip


def _denominator():
    rule = "denominator"
    given = counted(["region", "passed"],
                    {("N", "y"): 10, ("N", "n"): 9, ("S", "y"): 12, ("S", "n"): 8})  # fmt: skip
    asked = {"rows": ["region"], "columns": ["passed"], "statistic": "percentage"}
    policy = only(minimum_denominator=20)
    return Specification(
        "outputs", rule, "What a percentage is a percentage of",
        "A percentage is judged by the counts beneath it, and by the number of units it is a "
        "percentage of: at least `minimum_denominator`.",
        (
            case("N has 19 units, S has 20.", Ask("crosstab", asked, given), policy, rule,
                  [("N", "y"), ("N", "n")], "UNSAFE"),
            case("The counts themselves have no denominator.",
                  Ask("crosstab", asked | {"statistic": "count"}, given), policy, rule, [],
                  "SAFE"),
        ),
    )  # fmt: skip


def _tail():
    rule = "tail"
    four = only(minimum_units=4)
    eight, seven = tuple(map(float, range(1, 9))), tuple(map(float, range(11, 18)))
    quartile = {"probabilities": [0.25]}
    twice = Given(("region", "pupil", "value"), (("N", (1, 1, 2, 2, 3, 3, 4, 4), eight),))
    panel = Ask("quantiles", {"column": "value", "by": ["region"], **quartile}, twice, (),
                {"unit": "pupil"})  # fmt: skip
    return Specification(
        "outputs", rule, "Units on both sides of a quantile",
        "A quantile near the end of the values tells about few units. On its smaller side lie at "
        "least half of `minimum_units`, so that a median needs just `minimum_units` in all. The "
        "distance between the quartiles is judged as the quartiles are.",
        (
            case("A quarter of 8 is 2, a quarter of 7 is less.",
                  by_region("quantiles", {"N": eight, "S": seven}, **quartile), four, rule,
                  [("S", "p25")], "UNSAFE"),
            case("The same for the distance between the quartiles.",
                  by_region("spread", {"N": eight, "S": seven}, measure="iqr"), four, rule,
                  [("S", "iqr")], "UNSAFE"),
            case("Eight records of four pupils are four units.", panel, four, rule,
                  [("N", "p25"), (ALL, "p25")], "UNSAFE"),
        ),
    )  # fmt: skip


def _single_holder():
    rule = "single_holder"
    five = (1.0, 2.0, 4.0, 8.0, 16.0)
    many = tuple(float(number) for number in range(101))
    return Specification(
        "outputs", rule, "A quantile that is one unit's value",
        "A quantile at probability p of n values lies at place (n - 1) p, counted from 0. Where "
        "that is a whole number, the quantile is somebody's own value. When exactly one unit has "
        "it, people decide.",
        (
            case("Quartiles of five values are three of them.", of_all("quantiles", five),
                  only(), rule, [("p25",), ("p50",), ("p75",)], "REVIEW"),
            case("Of four values they lie in between.", of_all("quantiles", five[:4]), only(),
                  rule, [], "SAFE"),
            case("Two have the median.", of_all("quantiles", (1.0, 2.0, 2.0, 3.0, 5.0),
                                                  probabilities=[0.5]),
                  only(), rule, [], "SAFE"),
            case("The numbers 0 to 100: the quantile at 0.55 is somebody's 55.",
                  of_all("quantiles", many, probabilities=[0.55]), only(), rule, ["p55"],
                  "REVIEW"),
        ),
    )  # fmt: skip


def _extreme():
    rule = "extreme"
    cells = [(region, end) for region in ("N", "S", ALL) for end in ("minimum", "maximum")]
    given = {"N": (1.0, 2.0, 3.0), "S": (2.0, 4.0)}
    return Specification(
        "outputs", rule, "Smallest and largest value",
        "A minimum and a maximum are somebody's own value in a group of any size: never without "
        "people deciding.",
        (
            case("Every group has them.", by_region("extremes", given), only(), rule, cells,
                  "REVIEW"),
            case("Protection hides them all.", by_region("extremes", given, (("protect",),)),
                  only(), rule, [], "SAFE"),
        ),
    )  # fmt: skip


def _edge():
    rule = "edge"
    two = only(minimum_units=2)
    values = (1.0, 2.0, 3.0, 11.0, 12.0, 17.0)
    return Specification(
        "outputs", rule, "Outer edges of a histogram",
        "An outer edge that is the smallest or the largest value tells it, unless at least "
        "`minimum_units` have that value. Edges chosen by the library are round numbers around "
        "the middle nine tenths.",
        (
            case("The last edge, 17, is the largest value.",
                  of_all("histogram", values, edges=[0, 10, 17]), two, rule, [WHOLE], "REVIEW"),
            case("Round edges.", of_all("histogram", values, edges=[0, 10, 20]), two, rule, [],
                  "SAFE"),
            case("Two have the largest value.",
                  of_all("histogram", (*values, 17.0), edges=[0, 10, 17]), two, rule, [],
                  "SAFE"),
        ),
    )  # fmt: skip


def lives(rows):
    """Survival at 1 and 2 of so many people for each time and event."""
    given = Given(("years", "left", "records"), rows)
    return Ask("survival", {"time": "years", "event": "left", "times": [1.0, 2.0]}, given)


def _events():
    rule = "events"
    three = only(minimum_units=3)
    return Specification(
        "outputs", rule, "Events between two times",
        "The curve drops by the events since the time before, so they can be counted: none, or at "
        "least `minimum_units`. Protection leaves times out until that holds between those that "
        "are shown.",
        (
            case("Three leave in the first year, two in the second.",
                  lives(((1.0, 1, 3), (2.0, 1, 2), (9.0, 0, 15))), three, rule, ["2"], "UNSAFE"),
            case("Nobody leaves in the second.", lives(((1.0, 1, 3), (9.0, 0, 15))), three,
                  rule, [], "SAFE"),
        ),
    )  # fmt: skip


def _at_risk():
    rule = "at_risk"
    three = only(minimum_units=3)
    return Specification(
        "outputs", rule, "Units that are left",
        "Where the curve still drops, at least `minimum_units` are left.",
        (
            case("Of ten, four leave in each year: two are left.",
                  lives(((1.0, 1, 4), (2.0, 1, 4), (9.0, 0, 2))), three, rule, ["2"], "UNSAFE"),
            case("Three are left.", lives(((1.0, 1, 4), (2.0, 1, 4), (9.0, 0, 3))), three, rule,
                  [], "SAFE"),
        ),
    )  # fmt: skip


SPECIFICATIONS: tuple[Specification, ...] = (
    _rounding(),
    _denominator(),
    _tail(),
    _single_holder(),
    _extreme(),
    _edge(),
    _events(),
    _at_risk(),
)
"""Rules beside those of tables."""
