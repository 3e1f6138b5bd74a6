"""The passes in order, as data. A weaker key only sees what stronger keys left over.

A pass links a pupil when its key points at exactly one person, no other pupil of the same delivery
claims that person, and, for numbers, the guards do not contradict. Everything else that hits goes
to review; a tie is never broken. Order and fields: the way Statistics Netherlands links (BSN
first, else birth date, sex, postcode and house number at the reference date).
"""

from dataclasses import dataclass

IDENTITY_FIELDS: dict[str, tuple[str, ...]] = {
    "bsn": ("bsn",),
    "education_number": ("education_number",),
    "address": ("birth_date", "sex", "postcode", "house_number", "addition"),
    "home": ("birth_date", "sex", "postcode", "house_number"),
}
"""Key and the identifiers that make it. ``addition`` is the house addition, empty when none."""

GUARD_FIELDS: dict[str, tuple[str, ...]] = {
    "guard_birth": ("birth_date",),
    "guard_sex": ("sex",),
    "guard_place": ("postcode", "house_number"),
}
"""Fields that must not all disagree when a number agrees."""

ALL_FIELDS = IDENTITY_FIELDS | GUARD_FIELDS


@dataclass(frozen=True)
class Pass:
    """One pass. ``at_reference_date``: only addresses valid then; ``guarded``: guards count."""

    name: str
    key: str
    at_reference_date: bool
    guarded: bool
    yardstick: str


PASSES = (
    Pass("BSN", "bsn", at_reference_date=False, guarded=True,
         yardstick="Statistics Netherlands: at most 0.1 % not linked with a BSN"),
    Pass("education number", "education_number", at_reference_date=False, guarded=True,
         yardstick="none published"),
    Pass("birth date, sex and address", "address", at_reference_date=True, guarded=False,
         yardstick="Statistics Netherlands: at most 5 % not linked by address"),
    Pass("the same without addition", "home", at_reference_date=True, guarded=False,
         yardstick="none published"),
)  # fmt: skip
