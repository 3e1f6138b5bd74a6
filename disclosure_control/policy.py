"""Policies: every number with its direction and its source."""

from dataclasses import dataclass, fields
from typing import Any

from disclosure_control.errors import InvalidInputError

_DWB = "Data without Boundaries / ESSnet guidelines for output checking, as used by CBS Microdata"


@dataclass(frozen=True)
class Policy:
    """A named set of thresholds. ``None`` switches a rule off.

    Args:
        name: the policy's name.
        minimum_units: a shown cell with contributors has at least so many units with a value.
        minimum_entities: and at least so many entities.
        maximum_unit_share: the largest unit has at most this share of a total.
        maximum_entity_share: the same for the largest entity.
        maximum_group_share: no category holds more than this share of a group.
        interval_share: a hidden total stays uncertain by at least this share of its largest unit.
        rounding_base: counts are rounded to this base when given.
        sources: field name and where its number comes from.
    """

    name: str
    minimum_units: int
    minimum_entities: int | None = None
    maximum_unit_share: float | None = None
    maximum_entity_share: float | None = None
    maximum_group_share: float | None = None
    interval_share: float = 0.10
    rounding_base: int | None = None
    sources: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuses thresholds that protect nobody."""
        if self.minimum_units < 1:
            raise InvalidInputError("minimum_units is at least 1")
        for name in ("maximum_unit_share", "maximum_entity_share", "maximum_group_share"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                raise InvalidInputError(f"{name} lies above 0 and not above 1")

    @staticmethod
    def strictest(first: "Policy", second: "Policy") -> "Policy":
        """A policy at least as strict as both in every number."""
        if first == second:
            return first
        chosen: dict[str, Any] = {}
        for field in fields(Policy):
            one, other = getattr(first, field.name), getattr(second, field.name)
            chosen[field.name] = _stricter(field.name, one, other)
        chosen["name"] = f"{first.name}+{second.name}"
        chosen["sources"] = (*first.sources, *second.sources)
        return Policy(**chosen)


def _stricter(name: str, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    if name in {"name", "sources"}:
        return one
    return min(one, other) if name.startswith("maximum") else max(one, other)


policies: dict[str, Policy] = {
    "cbs": Policy(
        name="cbs",
        minimum_units=10,
        minimum_entities=3,
        maximum_unit_share=0.50,
        maximum_entity_share=0.50,
        maximum_group_share=0.90,
        sources=(
            ("minimum_units", f"{_DWB}: at least 10 units per cell"),
            ("minimum_entities", "own choice: with two, each learns the other"),
            ("maximum_unit_share", f"{_DWB}: the largest contributor at most 50 %"),
            ("maximum_entity_share", "the same share for a school"),
            ("maximum_group_share", f"{_DWB}: no category above 90 % of a group"),
            ("interval_share", "own choice: as a p % rule of 10"),
        ),
    ),
    "ess": Policy(
        name="ess",
        minimum_units=10,
        maximum_unit_share=0.50,
        maximum_group_share=0.90,
        sources=(
            ("minimum_units", f"{_DWB}: at least 10"),
            ("maximum_unit_share", f"{_DWB}: (1, 50 %)"),
            ("maximum_group_share", f"{_DWB}: 90 %"),
        ),
    ),
    "nco_report": Policy(
        name="nco_report",
        minimum_units=6,
        sources=(
            (
                "minimum_units",
                "NCO: nothing on groups of five or fewer pupils (the stricter of two statements)",
            ),
        ),
    ),
    "opensafely": Policy(
        name="opensafely",
        minimum_units=8,
        rounding_base=5,
        sources=(
            ("minimum_units", "OpenSAFELY: counts of 7 or fewer are redacted"),
            ("rounding_base", "OpenSAFELY: then rounded to 5"),
        ),
    ),
}
"""The named policies."""


def find_policy(policy: "Policy | str") -> Policy:
    """The policy itself or the one of that name."""
    if isinstance(policy, Policy):
        return policy
    if policy not in policies:
        raise InvalidInputError(f"A policy is one of {', '.join(policies)}.")
    return policies[policy]
