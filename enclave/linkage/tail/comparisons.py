"""What is compared, and which pairs are worth comparing: data that the code below it reads.

An address is one comparison with levels. Postcode and house number apart would be counted as two
independent agreements, and brothers and sisters would look like one person.
"""

from dataclasses import dataclass

from enclave.errors import UsageError

MISSING, DISAGREES = 0, 1
"""Codes below every level: nothing to compare, and nothing that agrees."""


@dataclass(frozen=True)
class Level:
    """One way of agreeing.

    Attributes:
        name: as it stands in the pattern table.
        ways: alternatives; each lists fields that must all agree. ``a=b`` compares field a of the
            pupil with field b of the person.
        at_reference_date: whether the person's address must be valid then.
    """

    name: str
    ways: tuple[tuple[str, ...], ...]
    at_reference_date: bool = False


@dataclass(frozen=True)
class Comparison:
    """One comparison. ``levels`` from strong to weak; the first that agrees counts."""

    name: str
    levels: tuple[Level, ...]

    @property
    def codes(self) -> int:
        """How many codes there are; the strongest level has the highest, codes minus 1."""
        return len(self.levels) + 2

    def code(self, level: str) -> int:
        """The code of a level by its name."""
        names = [one.name for one in self.levels]
        return self.codes - 1 - names.index(level)

    def word(self, code: int) -> str:
        """What a code means."""
        if code <= DISAGREES:
            return ("missing", "disagrees")[code]
        return self.levels[self.codes - 1 - code].name


@dataclass(frozen=True)
class Spec:
    """A whole pattern table's design.

    Attributes:
        comparisons: make the pattern.
        numbers: identifying numbers; they weigh in apart, with an error rate, and never block.
        blocks: pairs that agree on the fields of one block are compared.
        telling: codes from which a comparison can carry a link; all of one entry are needed.
        contradicting: whether a number that differs, while none agrees, forbids a link: who is not
            in the spine may have a twin who is.
    """

    comparisons: tuple[Comparison, ...]
    numbers: tuple[Comparison, ...]
    blocks: tuple[tuple[str, ...], ...]
    telling: tuple[tuple[tuple[str, str], ...], ...]
    contradicting: bool = True

    def __post_init__(self) -> None:
        """Refuses a design without blocks, or with a link that rests on nothing."""
        if not self.blocks or not all(self.blocks):
            raise UsageError("A pattern table has blocks of at least one field.")
        if not self.telling or not all(self.telling):
            raise UsageError("A pattern table says which agreements can carry a link.")

    @property
    def every(self) -> tuple[Comparison, ...]:
        """Comparisons and numbers."""
        return self.comparisons + self.numbers

    @property
    def pupil_fields(self) -> tuple[str, ...]:
        """Fields that are needed of a pupil, each once."""
        return tuple(dict.fromkeys(one.partition("=")[0] for one in self._fields()))

    @property
    def person_fields(self) -> tuple[str, ...]:
        """Fields that are needed of a person, each once."""
        return tuple(dict.fromkeys(one.rpartition("=")[2] for one in self._fields()))

    @property
    def dated(self) -> bool:
        """Whether some level asks when an address was valid."""
        return any(level.at_reference_date for one in self.every for level in one.levels)

    def _fields(self) -> list[str]:
        ways = [way for one in self.every for level in one.levels for way in level.ways]
        return [field for way in (*ways, *self.blocks) for field in way]


def plain(name: str, field: str) -> Comparison:
    """A comparison that agrees or does not."""
    return Comparison(name, (Level("agrees", ((field,),)),))


_HOUSE = ("f_postcode", "f_number")
BIRTH = Comparison(
    "birth date",
    (
        Level("whole", (("f_birth",),)),
        Level("day and month swapped", (("f_birth_swapped=f_birth",),)),
        Level("two parts", (("f_year_month",), ("f_year_day",), ("f_month_day",))),
    ),
)
ADDRESS = Comparison(
    "address",
    (
        Level("home", ((*_HOUSE, "f_addition"),), at_reference_date=True),
        Level("house", (_HOUSE,), at_reference_date=True),
        Level("house at another time", (_HOUSE,)),
        Level("street", (("f_postcode",),)),
        Level("area and number", (("f_area", "f_number"),)),
        Level("area", (("f_area",),)),
    ),
)
PUPILS = Spec(
    comparisons=(BIRTH, plain("sex", "f_sex"), ADDRESS),
    numbers=(plain("BSN", "f_bsn"), plain("education number", "f_education")),
    blocks=(
        (*_HOUSE, "f_year_month"),
        (*_HOUSE, "f_year_day"),
        (*_HOUSE, "f_month_day"),
        (*_HOUSE, "f_birth_swapped=f_birth"),
        ("f_birth", "f_sex", "f_area"),
    ),
    telling=(
        (("birth date", "two parts"), ("sex", "agrees"), ("address", "house at another time")),
        (("birth date", "whole"), ("sex", "agrees"), ("address", "area and number")),
        (("birth date", "whole"), ("BSN", "agrees")),
        (("birth date", "whole"), ("education number", "agrees")),
    ),
)
"""Pupils. Birth date, sex and area alone carry nothing: in a spine of a million, two of three such
links that were the only ones in the spine were wrong."""
