"""The quality of a linkage as one record: everything in it may be shown."""

from dataclasses import dataclass
from datetime import date

import msgspec

from enclave.errors import InputError
from enclave.linkage.quality.estimates import Captured, Difference, Share
from enclave.linkage.quality.groups import GroupCount


@dataclass(frozen=True)
class Totals:
    """All delivered pupils by what became of them; a hidden count is null."""

    delivered: int | None
    linked: int | None
    not_linked: int | None
    review: int | None
    unlinked: int | None
    rate: Share | None


@dataclass(frozen=True)
class PassLinks:
    """What one pass linked and what it sent to review; a hidden count is null."""

    name: str
    linked: int | None
    review: int | None


@dataclass(frozen=True)
class Coverage:
    """Persons enrolled where somebody delivered, and whether a pupil was linked to them.

    ``newcomer_months`` and ``mover_months``: how long before the reference date somebody is new in
    the population, and has just moved.
    """

    school_year: str
    newcomer_months: int
    mover_months: int
    groups: tuple[GroupCount, ...]


@dataclass(frozen=True)
class ReplayGroup:
    """Pupils linked again without numbers, of one pass or one group; a hidden count is null.

    ``precision``: right links of all links. ``found``: right links of all pupils of the group; for
    a pass, of all pupils. Without an estimate they are as narrow as the shown counts make them;
    null when these tell nothing.
    """

    characteristic: str
    level: str
    pupils: int | None
    right: int | None
    not_right: int | None
    wrong: int | None
    precision: Share | None
    found: Share | None


@dataclass(frozen=True)
class AbsentQuality:
    """Replayed pupils whose person was taken out of the spine; all of their links are wrong.

    ``wrong``: the share that was linked. ``least``: the least precision of the links without
    numbers, should everybody who was not linked be absent from the spine; null when a count that it
    takes is hidden.
    """

    wrong: Share
    least: float | None


@dataclass(frozen=True)
class RoutesQuality:
    """Pupils found by BSN, by education number and by both, and how often both agree.

    ``captured`` estimates how many neither found. All null when a count would tell a small one.
    """

    by_bsn: int | None
    by_education_number: int | None
    by_both: int | None
    agreement: Share | None
    captured: Captured | None


@dataclass(frozen=True)
class TruthQuality:
    """The links against a known truth: right of all links, and of all who could be linked."""

    precision: Share | None
    recall: Share | None


@dataclass(frozen=True)
class Verdict:
    """A published yardstick and whether it is met."""

    name: str
    yardstick: float
    rate: Share | None
    verdict: str


@dataclass(frozen=True)
class RoundRate:
    """One round, and its rate minus that of the round before; null when one of them is hidden.

    ``fell``: whether the rate fell by more than chance; false when that is hidden.
    """

    round_id: str
    delivered: int | None
    linked: int | None
    rate: Share | None
    change: Difference | None
    fell: bool


@dataclass(frozen=True)
class ReasonCount:
    """How many deliveries were doubted for one reason. They are files, not persons."""

    reason: str
    deliveries: int


@dataclass(frozen=True)
class Quality:
    """The quality of the linkage of one round.

    Attributes:
        round_id: of the round.
        reference_date: at which addresses had to be valid.
        policy: by which counts were hidden.
        table: name of the pattern table; null when it is not known.
        totals: all pupils.
        passes: in their order.
        groups: by characteristic and level; the level ``[total]`` is all pupils.
        coverage: seen from the registers; null when not counted, or when it would tell a small
            count.
        replay: by pass and by group; empty without a replay.
        absent: null when not measured on enough pupils.
        routes: BSN against education number; null when not looked at.
        truth: null without a known truth.
        verdicts: on published yardsticks.
        rounds: oldest first, this one the last.
        doubted: deliveries whose links were withdrawn, by reason.
    """

    round_id: str
    reference_date: date
    policy: str
    table: str | None
    totals: Totals
    passes: tuple[PassLinks, ...]
    groups: tuple[GroupCount, ...]
    coverage: Coverage | None
    replay: tuple[ReplayGroup, ...]
    absent: AbsentQuality | None
    routes: RoutesQuality | None
    truth: TruthQuality | None
    verdicts: tuple[Verdict, ...]
    rounds: tuple[RoundRate, ...]
    doubted: tuple[ReasonCount, ...]


def to_json(quality: Quality) -> bytes:
    """The record as JSON; ``from_json`` gives it back."""
    return msgspec.json.format(msgspec.json.encode(quality), indent=2) + b"\n"


def from_json(data: bytes) -> Quality:
    """The record of a ``report.json``.

    Raises:
        InputError: it is another file.
    """
    try:
        return msgspec.json.decode(data, type=Quality)
    except msgspec.DecodeError:
        # The message may name a value.
        raise InputError(
            "A quality report in JSON has the fields of this version.",
            where="report.json",
            next_step="make the report again: enclave link report --html FOLDER",
        ) from None
