"""What a made-up nation is like: size, seed, and the documented rates of everything drawn."""

from dataclasses import dataclass
from datetime import date

from enclave.errors import UsageError
from enclave.ids import RoundId

PERSONS_PER_PUPIL = 14.8
"""200,000 persons for 13,500 pupils; the nation as a whole has 12.8 (17.5 M for 1.37 M)."""

DEFAULT_ROUND = RoundId("2026-E")
NATIONAL_PUPILS = 1_367_485
NATIONAL_PERSONS = 17_500_000


@dataclass(frozen=True)
class ErrorRates:
    """Share of learners whose record in the school's system has each error.

    Stale addresses follow from moving rates (7 to 12 % a year by age; CBS, moving behaviour 2017).
    The others are working values: typing errors of about 2 % a field are usual in linkage studies.
    """

    typed_digit: float = 0.02
    numbers_swapped: float = 0.003
    bsn_missing: float = 0.03
    education_number_missing: float = 0.10
    address_missing: float = 0.01
    placeholder_bsn: float = 0.001
    duplicate_rows: float = 0.002
    schools_with_wrong_sex_coding: float = 0.02
    birth_date_partly_unknown: float = 0.003
    move_not_passed_on: float = 0.8


@dataclass(frozen=True)
class NationSpec:
    """Which nation. ``pupils`` is approximate: schools are whole.

    ``persons`` is the size of the spine; null means in proportion to the pupils.
    """

    pupils: int = 13_500
    seed: int = 1
    persons: int | None = None
    school_years: tuple[str, str] = ("2024-2025", "2025-2026")
    round_id: RoundId = DEFAULT_ROUND
    reference_date: date = date(2026, 7, 1)
    errors: ErrorRates = ErrorRates()
    objections: float = 0.01

    def __post_init__(self) -> None:
        """Refuses a nation too small to have schools."""
        if self.pupils < 100:
            raise UsageError("A nation has at least 100 pupils.", next_step="give --pupils 100")

    @property
    def spine_size(self) -> int:
        """How many persons the population spine holds."""
        if self.persons is not None:
            return self.persons
        if self.pupils >= NATIONAL_PUPILS // 2:
            return round(self.pupils * NATIONAL_PERSONS / NATIONAL_PUPILS)
        return round(self.pupils * PERSONS_PER_PUPIL)
