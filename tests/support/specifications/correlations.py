"""The rules of correlations by example."""

from specifications.expectations import Finds, Gives
from specifications.forms import Ask, Case, Given, Specification, only


def _pair(says, values, policy, rule, *, found, schools=None):
    """A case of the correlation of x and y."""
    names = ("x", "y") if schools is None else ("x", "y", "school")
    given = Given(names, ((*values, schools)[: len(names)],))
    study = {} if schools is None else {"entity": "school"}
    ask = Ask("correlation", {"columns": ["x", "y"]}, given, (), study)
    cells = (("x", "y"),) if found else ()
    return Case(says, (ask,), policy, (Finds(rule, cells), Gives("UNSAFE" if found else "SAFE")))


X, Y = (1.0, 2.0, 3.0, 4.0, 5.0), (2.0, 1.0, 4.0, 3.0, 7.0)


def _specifications():
    three = only(minimum_degrees_of_freedom=3)
    few, schools = only(minimum_units=3), only(minimum_entities=3)
    zeros = (0.0, 0.0, 0.0, 4.0, 5.0)
    return (
        Specification(
            "correlations", "degrees_of_freedom", "Degrees of freedom of a correlation",
            "Units with both values, less two, are at least `minimum_degrees_of_freedom`.",
            (_pair("Five units.", (X, Y), three, "degrees_of_freedom", found=False),
             _pair("One value is missing.", (X, (*Y[:4], None)), three, "degrees_of_freedom",
                   found=True)),
        ),
        Specification(
            "correlations", "minimum_units", "Units behind a correlation",
            "At least `minimum_units` units differ from a column's most frequent value, and lie "
            "in every cell of two columns with two values.",
            (_pair("Five different values.", (X, Y), few, "minimum_units", found=False),
             _pair("x is 0 for all but two.", (zeros, Y), few, "minimum_units", found=True)),
        ),
        Specification(
            "correlations", "minimum_entities", "Entities behind a correlation",
            "The same with schools, where they are known.",
            (_pair("Three schools.", (X, Y), schools, "minimum_entities",
                   found=False, schools=("p", "q", "r", "r", "r")),
             _pair("Two schools.", (X, Y), schools, "minimum_entities", found=True,
                   schools=("p", "q", "q", "q", "q"))),
        ),
        Specification(
            "correlations", "constant", "A column that does not vary",
            "There is no correlation with a column that is the same for everybody, and its absence "
            "says that it is.",
            (_pair("x is 7 for everybody.", ((7.0,) * 5, Y), only(), "constant", found=True),),
        ),
        Specification(
            "correlations", "certain", "A correlation of 1 or -1",
            "One column then gives the other.",
            (_pair("y is 2 x + 1.", (X, (3.0, 5.0, 7.0, 9.0, 11.0)), only(), "certain", found=True),
             _pair("Points beside a line.", (X, Y), only(), "certain", found=False)),
        ),
        Specification(
            "correlations", "leverage", "One unit far from the others",
            "As for a regression on either column.",
            (_pair("The last x is far away.", ((1.0, 2.0, 3.0, 4.0, 50.0), Y),
                   only(maximum_leverage=0.7), "leverage", found=True),
             _pair("Nobody is: at most 0.6 for x, 0.82 for y.", (X, Y), only(maximum_leverage=0.82),
                   "leverage", found=False)),
        ),
    )  # fmt: skip


SPECIFICATIONS: tuple[Specification, ...] = _specifications()
"""In the order in which the rules are applied."""
