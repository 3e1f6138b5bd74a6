"""The rules of tables on who is in a cell, by example."""

import disclosure_control as dc
from specifications.expectations import WHOLE, Finds, Gives, Reasons
from specifications.forms import Ask, Case, Given, Specification, Tree, counted, only, valued

ALL = dc.TOTAL


def count(says, given, policy, finds, *, rule, verdict=None, dimensions=("region",), **more):
    """A case of a count table."""
    ask = Ask("count_table", {"dimensions": list(dimensions), **more}, given)
    return Case(says, (ask,), policy, _expected(rule, finds, verdict))


def magnitude(says, given, policy, finds, *, rule, verdict=None, **more):
    """A case of a magnitude table of ``turnover`` by region."""
    chosen = {"dimensions": ["region"], "value": "turnover", "statistic": "sum", **more}
    return Case(
        says, (Ask("magnitude_table", chosen, given),), policy, _expected(rule, finds, verdict)
    )


def _expected(rule, finds, verdict):
    cells = tuple((cell,) if isinstance(cell, str) else cell for cell in finds)
    return Finds(rule, cells), Gives(verdict or ("UNSAFE" if cells else "SAFE"))


def turnover(values, **kinds):
    return valued(["region"], "turnover", values, **kinds)


def _nobody():
    rule = "nobody"
    given = turnover({"N": (None, None), "S": (None,)})
    known = turnover({"N": (3.0, 4.0), "S": (None,)})
    declared = {"levels": {"region": ["N", "S"]}}
    return Specification(
        "tables", rule, "Nobody has a value",
        "A table in which nobody has a value is mostly a filter or a column gone wrong. It says "
        "nothing about anybody, but it is never called SAFE: people decide.",
        (
            magnitude("All values are missing.", given, only(), [WHOLE], rule=rule,
                       verdict="REVIEW", **declared),
            magnitude("One value is enough for this rule.", known, only(), [], rule=rule,
                       **declared),
        ),
    )  # fmt: skip


def _minimum_units():
    rule = "minimum_units"
    ten = only(minimum_units=10)
    pupils = Given(("region", "pupil"), (("N", range(1, 11)), ("S", (1,) * 40)))
    known = turnover({"N": (1.0, 2.0, 3.0), "S": (1.0, 2.0, None, None)})
    weighted = counted(["region", "weight"], {("N", 5.0): 2, ("S", 1.0): 3})
    declared = {"region": ["N", "S", "E"]}
    return Specification(
        "tables", rule, "At least so many units",
        "A shown cell has nobody in it, or at least `minimum_units` units that have a value. Units "
        "are counted, not records: a pupil with many records is one. A record without a value "
        "counts for nothing. Weights change the figure and never the number of units. Margins and "
        "the nodes of a hierarchy are cells like any other.",
        (
            count("Ten are enough, nine are not.", counted(["region"], {"N": 10, "S": 9}), ten,
                   ["S"], rule=rule),
            count("An empty cell is no small cell.", counted(["region"], {"N": 10, "S": 12}), ten,
                   [], rule=rule, levels=declared),
            count("The total is judged as well.", counted(["region"], {"N": 4, "S": 5}), ten,
                   ["N", "S", ALL], rule=rule),
            count("Forty records of one pupil are one unit. The total has ten pupils.", pupils,
                   ten, ["S"], rule=rule, unit="pupil"),
            magnitude("Only units with a value count: S has two of four.", known,
                       only(minimum_units=3), ["S"], rule=rule, statistic="mean"),
            count("The cell N shows 10 and S shows 3; N has two units.", weighted,
                   only(minimum_units=3), ["N"], rule=rule, weight="weight"),
            magnitude("A policy can ask more of sums and means: `minimum_units_of_totals`.",
                       turnover({"N": (1.0, 2.0, 3.0, 4.0), "S": (1.0, 2.0, 3.0)}),
                       only(minimum_units=2, minimum_units_of_totals=4), ["S"], rule=rule),
            count("... and not of counts.", counted(["region"], {"N": 4, "S": 3}),
                   only(minimum_units=2, minimum_units_of_totals=4), [], rule=rule),
            count("Nodes of a hierarchy are cells: C holds c1 and c2.",
                   counted(["place"], {"c1": 3, "c2": 4, "d1": 9}), only(minimum_units=8),
                   ["c1", "c2", "C"], rule=rule, dimensions=("place",),
                   hierarchies={"place": Tree({"C": "Total", "D": "Total", "c1": "C", "c2": "C",
                                               "d1": "D"})}),
        ),
    )  # fmt: skip


def _empty_cell():
    rule = "empty_cell"
    zeros = only(zeros_are_unsafe=True)
    given = counted(["region", "state"], {("N", "in"): 5, ("N", "out"): 5, ("S", "in"): 5})
    pairs = {"rule": rule, "dimensions": ("region", "state")}
    impossible = [{"region": "S", "state": "out"}]
    return Specification(
        "tables", rule, "Empty cells",
        "Some policies (`zeros_are_unsafe`) count an empty cell as a small one, for it tells that "
        "nobody is there. A combination that cannot occur tells nothing.",
        (
            count("Nobody in S is out, though somebody could be.", given, zeros, [("S", "out")],
                   **pairs),
            count("The combination is impossible.", given, zeros, [], impossible=impossible,
                   **pairs),
            count("The policy does not ask for it.", given, only(), [], **pairs),
        ),
    )  # fmt: skip


def _minimum_entities():
    rule = "minimum_entities"
    three = only(minimum_entities=3)
    rows = (("N", "a", 5), ("N", "b", 5), ("N", "c", 1), ("S", "a", 9), ("S", "b", 9))
    given = Given(("region", "school", "records"), rows)
    unknown = Given(("region", "school", "records"), (*rows[:2], ("N", None, 7)))
    return Specification(
        "tables", rule, "At least so many entities",
        "An entity stands above the units: a school above pupils, an enterprise above its "
        "branches. With two schools in a cell, each subtracts its own figure and has the other's. "
        "An unknown school does not count as one. Without a column of entities the rule does not "
        "apply.",
        (
            count("Three schools are enough, two are not.", given, three, ["S"], rule=rule,
                   entity="school"),
            count("Records without a school make no third school.", unknown, three, ["N", ALL],
                   rule=rule, entity="school"),
            count("No column of schools was named.", given, three, [], rule=rule),
        ),
    )  # fmt: skip


def _group_disclosure():
    rule = "group_disclosure"
    nine = only(maximum_group_share=0.9)
    names = ["region", "passed"]
    pairs = {"rule": rule, "dimensions": names}
    shares = {("N", "y"): 9, ("N", "n"): 1, ("S", "y"): 6, ("S", "n"): 4}
    fewer = {("N", "y"): 17, ("N", "n"): 3, ("S", "y"): 6, ("S", "n"): 4}
    whole = {("N", "y"): 6, ("S", "y"): 5, ("S", "n"): 5}
    yes = {("N", "y"): 5, ("S", "y"): 5}
    schema = {"levels": {"passed": ["y", "n"]}}
    tree = {"place": Tree({"C": "Total", "D": "Total", "c1": "C", "c2": "C", "d1": "D"})}
    weighted = Given(
        ("passed", "weight", "records"), (("y", 9.0, 5), ("n", 1.0, 5)),
    )  # fmt: skip
    every = ("N", "y"), ("S", "y"), (ALL, "y")
    reason = Reasons(rule, "100 % of the group is in this category of passed, the others have 0 %")
    named = count("All of N passed. In column n all are of S, which is a group as well.",
                   counted(names, whole), nine, [("N", "y"), ("S", "n")], **pairs)  # fmt: skip
    return Specification(
        "tables", rule, "A group shares a category",
        "Whoever is known to belong to a group then has the category too. A category holds less "
        "than `maximum_group_share` of a group. Groups are rows, columns and margins, and what "
        "lies below one node of a hierarchy. A group has to have another possibility: levels that "
        "occur elsewhere or that the schema names count, impossible combinations do not. Weights "
        "are judged both ways. Hiding the zero beside the 100 % would protect nothing, so it is "
        "the full cell that is found.",
        (
            count("9 of 10 is 90 %, so it is found; no other share reaches 90 %.",
                   counted(names, shares), nine, [("N", "y")], **pairs),
            count("17 of 20 is less.", counted(names, fewer), nine, [], **pairs),
            Case(named.says, named.asks, named.policy, (*named.expects, reason)),
            count("Nobody has another category, and the data know of none.", counted(names, yes),
                   nine, [], **pairs),
            count("The schema knows one.", counted(names, yes), nine, every, **schema, **pairs),
            count("It is impossible in N, and so it says nothing about N.", counted(names, yes),
                   nine, [("S", "y"), (ALL, "y")],
                   impossible=[{"region": "N", "passed": "n"}], **schema, **pairs),
            count("In C, 9 of 10 live in c1. D has one child: no choice.",
                   counted(["place"], {"c1": 9, "c2": 1, "d1": 10}), nine, ["c1"], rule=rule,
                   dimensions=("place",), hierarchies=tree),
            count("Half of the records, but 45 of 50 by weight.", weighted, nine, ["y"],
                   rule=rule, dimensions=("passed",), weight="weight"),
        ),
    )  # fmt: skip


SPECIFICATIONS: tuple[Specification, ...] = (
    _nobody(),
    _minimum_units(),
    _empty_cell(),
    _minimum_entities(),
    _group_disclosure(),
)
"""Rules on who is in a cell."""
