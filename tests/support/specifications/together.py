"""What outputs reveal together, by example."""

from specifications.desk import TEN, table
from specifications.expectations import WHOLE, Finds, Gives, Tells
from specifications.forms import Ask, Case, Given, Specification

RULE = "differencing"


def _by_region(last):
    """Pupils of the regions N and S, numbered; the last of S has this number."""
    rows = (("N", range(1, 31)), ("S", range(31, last + 1)))
    given = Given(("region", "pupil"), rows)
    return Ask("crosstab", {"rows": ["region"]}, given, (), {"unit": "pupil"})


def _finds(found, *more):
    cells = (WHOLE,) if found else ()
    return (Finds(RULE, cells), Gives("UNSAFE" if found else "SAFE"), *more)


def _specification():
    masked, whole = table(), Ask("crosstab", {"rows": ["region"]}, table().given)
    four = Tells(("(S) of output 2 (count by region) - (S) of output 1 (count by region)",))
    small = Tells(("(S, y) of output 1",))
    return Specification(
        "together", RULE, "Differences between outputs",
        "Two outputs that are safe each on its own can differ by a few people, or one can give "
        "back what the other hides. All outputs of a study are compared by who is in them.",
        (
            Case("A table in which one small cell is hidden, and the total of its row: "
                 "62 - 40 - 18 = 4.", (masked, whole), TEN, _finds(True, small)),
            Case("The same after protection.", (table(("protect",)), whole), TEN,
                 _finds(found=False)),
            Case("The same pupils but for four of S: the difference is those four.",
                 (_by_region(60), _by_region(64)), TEN, _finds(True, four)),
            Case("Ten pupils more.", (_by_region(60), _by_region(70)), TEN, _finds(found=False)),
            Case("The same pupils.", (_by_region(60), _by_region(60)), TEN, _finds(found=False)),
        ),
    )  # fmt: skip


SPECIFICATIONS: tuple[Specification, ...] = (_specification(),)
"""The one rule on several outputs."""
