"""What a world is made of: sizes, shares and rates of error."""

from dataclasses import asdict, dataclass, replace
from typing import Any

ALL, NONE, HALF = "all", "none", "half"
_PUPILS, _COHORTS, _YOUNGEST = 0.12, 9, 4
_MOST_PUPILS, _DELIVERED_OF_PUPILS = 0.45, 0.9


@dataclass(frozen=True)
class Errors:
    """Shares of delivered rows, each drawn by itself.

    ``typed``: one field typed wrongly, for every field alone: a digit, another day or year, the
    neighbour's number. ``swapped``: day and month changed round, among the wrong birth dates.
    ``stale``: the address of before a move in the last year. ``unknown``: not in the spine.
    """

    typed: float = 0.02
    swapped: float = 0.003
    sex: float = 0.005
    stale: float = 0.07
    no_bsn: float = 0.15
    no_education_number: float = 0.25
    no_address: float = 0.02
    no_addition: float = 0.1
    unknown: float = 0.03


@dataclass(frozen=True)
class Plan:
    """One world.

    ``persons`` in the spine and ``delivered`` pupils. ``numbers``: ``all`` as drawn, ``none`` in
    the whole world, or ``half``: the deliverer left both numbers out of every second row.
    Shares are of pupils, ``moved`` of households and ``in_institutions`` of persons.
    """

    persons: int
    delivered: int
    seed: int = 1
    numbers: str = ALL
    errors: Errors = Errors()
    twins: float = 0.035
    twins_same_sex: float = 0.65
    moved: float = 0.1
    two_education_numbers: float = 0.005
    changed_bsn: float = 0.002
    no_bsn: float = 0.003
    no_education_number: float = 0.03
    unknown_birth: float = 0.002
    in_institutions: float = 0.004

    def __post_init__(self) -> None:
        if self.persons < 1_000 or self.delivered < 1 or self.pupil_share > _MOST_PUPILS:
            raise ValueError("a world has 1,000 persons or more and pupils for its delivery")
        if self.numbers not in {ALL, NONE, HALF} or self.errors.stale > self.moved:
            raise ValueError("numbers is all, none or half, and stale addresses come from moves")

    @property
    def pupil_share(self) -> float:
        """How many of the persons are pupils: primary schools, and older ones when asked more."""
        known = self.delivered * (1 - self.errors.unknown)
        return max(_PUPILS, known / _DELIVERED_OF_PUPILS / self.persons)

    @property
    def pupil_ages(self) -> tuple[float, float]:
        """Youngest and oldest pupil in years; more pupils are more cohorts, not larger ones."""
        return _YOUNGEST, _YOUNGEST + _COHORTS * self.pupil_share / _PUPILS

    def with_numbers(self, numbers: str) -> "Plan":
        """The same world with other numbers known."""
        return replace(self, numbers=numbers)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
