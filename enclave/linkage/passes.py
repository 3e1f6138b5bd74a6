"""The passes in order, as data. A weaker key only sees what stronger keys left over.

A pass links a pupil when its key points at exactly one person, no other pupil of the same delivery
points at that person in this or an earlier pass, and the guards do not all contradict. Everything
else that hits goes to review; a tie is never broken, and being the only one in the spine is not
enough for a key weaker than these.
"""

from dataclasses import dataclass

LINKED, REVIEW, UNLINKED = "linked", "review", "unlinked"

IDENTITY_FIELDS: dict[str, tuple[str, ...]] = {
    "bsn": ("bsn",),
    "education_number": ("education_number",),
    "address": ("birth", "sex", "postcode", "house_number", "addition"),
    "home": ("birth", "sex", "postcode", "house_number"),
}
"""Key and the identifiers that make it: 128 bits. ``birth`` is a whole birth date, null when a part
of it is unknown. ``addition`` is the house addition, empty when there is none."""

GUARD_FIELDS: dict[str, tuple[str, ...]] = {
    "birth": ("f_birth",),
    "sex": ("f_sex",),
    "place": ("f_postcode", "f_number"),
    "bsn": ("f_bsn",),
}
"""What only confirms or contradicts what a key found, by fields that must all agree. A field is a
keyed hash of 32 bits, made anew for every job."""

FIELD_COLUMNS = tuple(field for fields in GUARD_FIELDS.values() for field in fields)
PERSONAL_GUARDS = ("birth", "sex", "place")
TELLING_GUARDS = ("birth", "place")
"""Guards that two persons seldom share by chance; sex agrees for every second pair."""


@dataclass(frozen=True)
class Pass:
    """One pass.

    Attributes:
        name: as it stands in receipts and reports.
        key: the key, from ``IDENTITY_FIELDS``.
        guards: guards that contradict when at least one is known on both sides and none agrees.
        at_reference_date: the address must be valid then (from that day on, before ``valid_to``).
        tolerance_days: by how many days an address may miss the reference date.
        source: where the rule comes from.
        yardstick: what is known of its reach.
    """

    name: str
    key: str
    guards: tuple[str, ...]
    at_reference_date: bool
    source: str
    yardstick: str
    tolerance_days: int = 0

    @property
    def by_number(self) -> bool:
        """Whether the key is a number that a person has for years, and not where one lives."""
        return not self.at_reference_date

    @property
    def fields(self) -> tuple[str, ...]:
        """The identifiers that make the key."""
        return IDENTITY_FIELDS[self.key]


_CBS = "Statistics Netherlands, FAQ Barometer of cultural diversity, identifying data"
PASSES = (
    Pass("BSN", "bsn", PERSONAL_GUARDS, at_reference_date=False, source=_CBS,
         yardstick="at least 99.9 % of those with a BSN linked (Statistics Netherlands)"),
    Pass("education number", "education_number", PERSONAL_GUARDS, at_reference_date=False,
         source="the number stands in for the BSN of pupils who have none (DUO)",
         yardstick="none published"),
    Pass("birth date, sex and address", "address", ("bsn",), at_reference_date=True, source=_CBS,
         yardstick="at least 95 % linked by address alone (Statistics Netherlands)"),
    Pass("the same without addition", "home", ("bsn",), at_reference_date=True,
         source="additions are written in many ways, or not at all (EDEXML has none)",
         yardstick="none published"),
)  # fmt: skip
