"""Counts of linked pupils, by pass and by group, as they stand in the receipt of a linkage."""

import msgspec


class LevelCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many pupils of one level of one characteristic were delivered and linked."""

    characteristic: str
    level: str
    pupils: int
    linked: int


class ReplayCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pupils linked again without their numbers: how many, to the right person, to a wrong one."""

    characteristic: str
    level: str
    pupils: int
    right: int
    wrong: int


class RouteCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pupils for whom each number points at one person; ``agree``: at the same, of ``by_both``."""

    by_bsn: int
    by_education_number: int
    by_both: int
    agree: int


class AbsentCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pupils without numbers whose person was taken out, and how many were linked all the same."""

    pupils: int
    linked: int


class MeasuredLinks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was counted of the links while the keyed identifiers existed. Small groups are joined.

    ``school_year``: the one of which ``coverage`` counts persons who are enrolled at the schools
    and in the grades that delivered, and how many of them were linked. ``replay``: pupils with two
    numbers, linked again without them, by the characteristics of their person and by ``pass``.
    ``absent``: the same with their person taken out of the spine, so that every link is wrong.
    """

    school_year: str
    coverage: tuple[LevelCount, ...]
    replay: tuple[ReplayCount, ...]
    routes: RouteCount
    absent: AbsentCount = AbsentCount(0, 0)


class PassCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many pupils one linkage pass linked, and how many it sent to review."""

    name: str
    linked: int
    review: int


class TruthScore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Links compared with a known truth (made-up nations only).

    ``linkable`` counts delivered pupils whose true person is in the spine. ``wrong_same_home``
    counts the wrong links to somebody born on the same day at the same address: twins.
    """

    linkable: int
    correct: int
    wrong: int
    missed: int
    precision: float
    recall: float
    wrong_same_home: int = 0
