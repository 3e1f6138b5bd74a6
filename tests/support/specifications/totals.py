"""The rules of tables on what is added up or averaged, by example."""

from specifications.forms import Given, Specification, only
from specifications.tables import ALL, magnitude, turnover


def _unit_dominance():
    rule = "unit_dominance"
    half = only(maximum_unit_share=0.5)
    negative = turnover({"N": (-60.0, 30.0, 20.0), "S": (50.0, 40.0, -20.0, 10.0)})
    branches = Given(
        ("region", "firm", "turnover"),
        (("N", ("a", "a", "b", "c"), (30.0, 30.0, 25.0, 15.0)),
         ("S", ("d", "e", "f"), (50.0, 30.0, 20.0))),
    )  # fmt: skip
    weighted = Given(
        ("region", "turnover", "weight"),
        (("N", (20.0, 30.0, 10.0), (4.0, 1.0, 1.0)), ("S", (20.0, 30.0, 10.0), (2.0, 1.0, 1.0))),
    )
    return Specification(
        "tables", rule, "One unit dominates",
        "The largest unit has at most `maximum_unit_share` of a total. Contributions of a unit in "
        "one cell are added up first, weights included. Absolute contributions are compared, so a "
        "negative value switches nothing off. Counts are not judged by it.",
        (
            magnitude("60 of 100 is more than half; 50 of 100 is not.",
                       turnover({"N": (60.0, 20.0, 20.0), "S": (50.0, 25.0, 25.0)}), half, ["N"],
                       rule=rule),
            magnitude("With signs left out, -60 has 60 of 110, and 50 has 50 of 120.", negative,
                       half, ["N"], rule=rule),
            magnitude("The mean is judged as the sum is.",
                       turnover({"N": (60.0, 20.0, 20.0), "S": (50.0, 25.0, 25.0)}), half, ["N"],
                       rule=rule, statistic="mean"),
            magnitude("Firm a has two branches of 30, together 60 of 100.", branches, half, ["N"],
                       rule=rule, unit="firm"),
            magnitude("Weight 4 makes 20 into 80 of 120; weight 2 makes it 40 of 80.", weighted,
                       half, ["N"], rule=rule, weight="weight"),
            magnitude("Two zeros beside one value; the order of the records does not matter.",
                       turnover({"N": (0.0, 0.0, 9.0)}), half, ["N", ALL], rule=rule),
        ),
    )  # fmt: skip


def _entity_dominance():
    rule = "entity_dominance"
    half = only(maximum_entity_share=0.5)
    rows = (
        ("N", ("a", "a", "b", "c"), (40.0, 20.0, 20.0, 20.0)),
        ("S", ("a", "b", "b", "c"), (50.0, 30.0, 10.0, 10.0)),
    )
    given = Given(("region", "school", "turnover"), rows)
    unknown = Given(
        ("region", "school", "turnover"),
        (("N", (None, None, "b", "c"), (40.0, 20.0, 20.0, 20.0)), rows[1]),
    )
    return Specification(
        "tables", rule, "One entity dominates",
        "The same for what stands above the units. Records of unknown schools count as one school "
        "here: the worst case. In the first table the total is dominated too: school a has 110 of "
        "200.",
        (
            magnitude("School a has 60 of 100 in N and 50 of 100 in S.", given, half, ["N", ALL],
                       rule=rule, entity="school"),
            magnitude("The two records without a school have 60 of 100.", unknown, half, ["N"],
                       rule=rule, entity="school"),
            magnitude("No column of schools was named.", given, half, [], rule=rule),
        ),
    )  # fmt: skip


def _top_dominance():
    rule = "top_dominance"
    two = only(maximum_top_share=0.9, top_units=2)
    three = only(maximum_top_share=0.9, top_units=3)
    given = turnover({"N": (50.0, 41.0, 9.0), "S": (50.0, 40.0, 10.0)})
    four = turnover({"N": (40.0, 30.0, 21.0, 9.0), "S": (40.0, 30.0, 20.0, 10.0)})
    return Specification(
        "tables", rule, "A few units dominate",
        "The (n, k) rule: the `top_units` largest units together have at most `maximum_top_share` "
        "of the total. Signs are left out.",
        (
            magnitude("91 of 100 is more than 90 %; 90 of 100 is not.", given, two, ["N"],
                       rule=rule),
            magnitude("The same for the three largest.", four, three, ["N"], rule=rule),
        ),
    )  # fmt: skip


def _p_percent():
    rule = "p_percent"
    ten = only(minimum_remainder=0.10)
    pq = only(minimum_remainder=0.10, prior_error=0.5)
    given = turnover({"N": (100.0, 50.0, 9.0), "S": (100.0, 50.0, 10.0)})
    doubled = turnover({"N": (100.0, 50.0, 19.0), "S": (100.0, 50.0, 20.0)})
    return Specification(
        "tables", rule, "The largest can be estimated",
        "The p % rule. The second largest unit subtracts its own value from the total; what "
        "remains beside the largest is all that hides it, and must be at least "
        "`minimum_remainder` of the largest. In the pq rule others can be guessed to within a "
        "share `prior_error` beforehand, so only that share of the remainder hides anything.",
        (
            magnitude("Beside 100 and 50 there are 9 in N, 10 in S; 10 % of 100 is 10. In the "
                       "total 69 remain beside the two of 100.", given, ten, ["N"], rule=rule),
            magnitude("Half of the remainder: 9.5 in N, 10 in S.", doubled, pq, ["N"], rule=rule),
            magnitude("Two units alone: nothing remains.", turnover({"N": (5.0, 4.0)}), ten,
                       ["N", ALL], rule=rule),
        ),
    )  # fmt: skip


def _extreme_share():
    rule = "extreme_share"
    third = only(maximum_extreme_share=0.3)
    given = turnover({"N": (31.0, 29.0, 20.0, 20.0), "S": (30.0, 30.0, 25.0, 15.0)})
    negative = turnover({"N": (-40.0, 30.0, 40.0, 35.0, 35.0), "S": (30.0, 30.0, 25.0, 15.0)})
    return Specification(
        "tables", rule, "An extreme is too much of the sum",
        "A rule of income statistics: neither the smallest nor the largest value is more than "
        "`maximum_extreme_share` of the sum. Signs of the extremes are left out.",
        (
            magnitude("31 of 100 is more than 30 %; 30 of 100 is not.", given, third, ["N"],
                       rule=rule),
            magnitude("In N the sum is 100 and the smallest value is -40.", negative, third,
                       ["N"], rule=rule),
        ),
    )  # fmt: skip


def _all_equal():
    rule = "all_equal"
    given = turnover({"N": (7.0, 7.0, 7.0), "S": (7.0, 7.0, 8.0)})
    return Specification(
        "tables", rule, "All values are equal",
        "The mean of equal values is the value of everybody, and so are the median and the sum by "
        "their number. Counts are not judged by it.",
        (
            magnitude("Everybody in N has 7.", given, only(), ["N"], rule=rule, statistic="mean"),
            magnitude("The same for sums.", given, only(), ["N"], rule=rule),
            magnitude("Missing values do not make a difference.",
                       turnover({"N": (7.0, 7.0, None), "S": (7.0, 8.0, 9.0)}), only(), ["N"],
                       rule=rule, statistic="mean"),
            magnitude("Zeros are values.", turnover({"N": (0.0, 0.0), "S": (0.0, 1.0)}), only(),
                       ["N"], rule=rule),
        ),
    )  # fmt: skip


def _binary_value():
    rule = "binary_value"
    two = only(minimum_units=2)
    share = only(minimum_units=2, maximum_group_share=0.9)
    given = turnover({"N": (1.0, 0.0, 0.0, 0.0), "S": (1.0, 1.0, 0.0, 0.0)})
    ones = turnover({"N": (1.0, 1.0, 1.0, 0.0), "S": (1.0, 1.0, 0.0, 0.0)})
    nearly = turnover({"N": (1.0,) * 18 + (0.0,) * 2, "S": (1.0,) * 17 + (0.0,) * 3})
    panel = Given(
        ("region", "firm", "turnover"),
        (("N", ("a", "a", "b", "c"), (1.0, 1.0, 0.0, 0.0)),
         ("S", ("d", "e", "f", "g"), (1.0, 1.0, 0.0, 0.0))),
    )  # fmt: skip
    schools = Given(
        ("region", "school", "turnover"),
        (("N", ("a", "a", "b", "c"), (1.0, 1.0, 0.0, 0.0)),
         ("S", ("a", "b", "b", "c"), (1.0, 1.0, 0.0, 0.0))),
    )  # fmt: skip
    return Specification(
        "tables", rule, "Two values",
        "The sum of zeros and ones is a count, and their mean is a percentage; the same goes for "
        "any two values, and a deviation tells the share as well. They are judged as such: at "
        "least `minimum_units` (and `minimum_entities`) have each of the two values, and less than "
        "`maximum_group_share` have the same. Where everybody has the same, all values are equal.",
        (
            magnitude("One of four in N has a 1.", given, two, ["N"], rule=rule),
            magnitude("One of four in N has a 0.", ones, two, ["N"], rule=rule,
                       statistic="mean"),
            magnitude("A deviation tells it too.", given, two, ["N"], rule=rule,
                       statistic="std"),
            magnitude("1 and 2 are two values as well.",
                       turnover({"N": (2.0, 1.0, 1.0, 1.0), "S": (2.0, 2.0, 1.0, 1.0)}), two,
                       ["N"], rule=rule),
            magnitude("Both ones in N are of firm a.", panel, two, ["N"], rule=rule, unit="firm"),
            magnitude("Both ones in N are of school a.", schools, only(minimum_entities=2), ["N"],
                       rule=rule, entity="school"),
            magnitude("18 of 20 is 90 %, 17 of 20 is less.", nearly, share, ["N"], rule=rule),
            magnitude("A cell with three values is a sum like any other; N has two.",
                       turnover({"N": (1.0, 0.0, 0.0, 0.0), "S": (1.0, 1.0, 0.0, 2.0)}), two,
                       ["N"], rule=rule),
        ),
    )  # fmt: skip


def _degrees_of_freedom():
    rule = "degrees_of_freedom"
    three = only(minimum_degrees_of_freedom=3)
    given = turnover({"N": (1.0, 2.0, 4.0, 8.0), "S": (1.0, 2.0, 4.0)})
    panel = Given(
        ("region", "firm", "turnover"),
        (("N", ("a", "b", "c", "d"), (1.0, 2.0, 4.0, 8.0)),
         ("S", ("e", "e", "f", "g"), (1.0, 2.0, 4.0, 8.0))),
    )  # fmt: skip
    return Specification(
        "tables", rule, "Degrees of freedom of a deviation",
        "A standard deviation has at least `minimum_degrees_of_freedom`: units with a value, less "
        "one.",
        (
            magnitude("Four units have three degrees of freedom, three have two.", given, three,
                       ["S"], rule=rule, statistic="std"),
            magnitude("Units count, not records.", panel, three, ["S"], rule=rule,
                       statistic="std", unit="firm"),
            magnitude("Means are not judged by it.", given, three, [], rule=rule,
                       statistic="mean"),
        ),
    )  # fmt: skip


def _single_holder():
    rule = "single_holder"
    odd = turnover({"N": (1.0, 2.0, 3.0), "S": (1.0, 2.0, 3.0, 4.0)})
    shared = turnover({"N": (1.0, 2.0, 2.0), "S": (1.0, 2.0, 2.0, 3.0)})
    same = Given(("region", "firm", "turnover"),
                 (("N", ("a", "b", "b", "c"), (1.0, 2.0, 2.0, 3.0)),))  # fmt: skip
    return Specification(
        "tables", rule, "A median that is one unit's value",
        "The median of an odd number of values is one of them. When exactly one unit has that "
        "value, the table tells it: people decide.",
        (
            magnitude("The median of N is somebody's 2; that of S, 2.5, is nobody's. All seven "
                       "together have the median 2, which two have.", odd, only(), ["N"],
                       rule=rule, statistic="median", verdict="REVIEW"),
            magnitude("Two units have the median.", shared, only(), [], rule=rule,
                       statistic="median"),
            magnitude("One firm has it twice.", same, only(), ["N", ALL], rule=rule,
                       statistic="median", unit="firm", verdict="REVIEW"),
        ),
    )  # fmt: skip


SPECIFICATIONS: tuple[Specification, ...] = (
    _unit_dominance(),
    _entity_dominance(),
    _top_dominance(),
    _p_percent(),
    _extreme_share(),
    _all_equal(),
    _binary_value(),
    _degrees_of_freedom(),
    _single_holder(),
)
"""Rules on sums, means, medians and deviations."""
