"""Policies: every number with its direction and its source. The named ones are in ``policies``."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from disclosure_control.errors import InvalidInputError

JOIN = "+"
_SHARES = (
    "maximum_unit_share", "maximum_entity_share", "maximum_top_share", "maximum_top_entity_share",
    "maximum_group_share",
    "maximum_extreme_share", "maximum_leverage",
)  # fmt: skip
_WHOLE = (
    "minimum_units", "minimum_entities", "minimum_units_of_totals", "minimum_denominator",
    "minimum_degrees_of_freedom", "top_units", "rounding_base",
)  # fmt: skip
TOP_UNITS = 3
"""How many of the largest contributions a table keeps for every cell."""


@dataclass(frozen=True)
class Policy:
    """A named set of thresholds. ``None`` switches a rule off.

    Args:
        name: the policy's name.
        minimum_units: a shown cell with contributors has at least so many units with a value.
        minimum_entities: and at least so many entities.
        minimum_units_of_totals: a shown sum or mean has at least so many units.
        minimum_denominator: a shown percentage is of at least so many units.
        minimum_degrees_of_freedom: residual degrees of freedom of a model, at least.
        maximum_unit_share: the largest unit has at most this share of a total.
        maximum_entity_share: the same for the largest entity.
        maximum_top_share: the ``top_units`` largest units together have at most this share.
        maximum_top_entity_share: the same for the ``top_units`` largest entities.
        top_units: the n of the (n, k) rules, 1 to 3.
        minimum_remainder: p % rule: what is left without the two largest is at least this share
            of the largest, when a contributor guesses others to within ``prior_error``.
        prior_error: the q of the pq rule; 1 makes it the p % rule.
        maximum_group_share: a category holds less than this share of its group.
        maximum_extreme_share: smallest and largest value are at most this share of the sum.
        maximum_leverage: one unit determines at most this share of its own fitted value.
        interval_share: a hidden total stays uncertain by at least this share of its largest unit.
        rounding_base: counts are rounded to this base.
        percentage_floor: percentages below are shown as this.
        percentage_ceiling: percentages above are shown as this.
        zeros_are_unsafe: whether an empty cell, unless it is impossible, counts as a small one.
        sources: field name and where its number comes from.
    """

    name: str
    minimum_units: int
    minimum_entities: int | None = None
    minimum_units_of_totals: int | None = None
    minimum_denominator: int | None = None
    minimum_degrees_of_freedom: int = 10
    maximum_unit_share: float | None = None
    maximum_entity_share: float | None = None
    maximum_top_share: float | None = None
    maximum_top_entity_share: float | None = None
    top_units: int = 2
    minimum_remainder: float | None = None
    prior_error: float = 1.0
    maximum_group_share: float | None = None
    maximum_extreme_share: float | None = None
    maximum_leverage: float = 0.5
    interval_share: float = 0.10
    rounding_base: int | None = None
    percentage_floor: float | None = None
    percentage_ceiling: float | None = None
    zeros_are_unsafe: bool = False
    sources: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuses thresholds that protect nobody, and numbers of the wrong kind."""
        for name in _WHOLE:
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < 1):
                raise InvalidInputError(f"{name} is a whole number of at least 1")
        for name in _SHARES:
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and 0 < value <= 1):
                raise InvalidInputError(f"{name} lies above 0 and not above 1")
        for name in ("interval_share", "prior_error", "minimum_remainder"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and value > 0):
                raise InvalidInputError(f"{name} lies above 0")
        if self.top_units > TOP_UNITS:
            raise InvalidInputError(f"top_units is at most {TOP_UNITS}")

    @staticmethod
    def strictest(first: "Policy", second: "Policy") -> "Policy":
        """A policy at least as strict as both in every number."""
        if first == second:
            return first
        chosen: dict[str, Any] = {}
        for field in fields(Policy):
            one, other = getattr(first, field.name), getattr(second, field.name)
            chosen[field.name] = _stricter(field.name, one, other)
        names = dict.fromkeys([*first.name.split(JOIN), *second.name.split(JOIN)])
        chosen["name"] = JOIN.join(names)
        chosen["sources"] = (*first.sources, *second.sources)
        return Policy(**chosen)

    @classmethod
    def from_toml(cls, path: Path | str) -> "Policy":
        """The policy in a TOML file: keys as in this class, ``sources`` as a table.

        Raises:
            InvalidInputError: not TOML, an unknown key, or a number of the wrong kind.
        """
        try:
            given = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            raise InvalidInputError("A policy is a readable file in TOML.") from None
        return cls.from_mapping(given)

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> "Policy":
        """The policy of a mapping; refuses unknown keys."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(given) - known)
        if unknown or not {"name", "minimum_units"} <= set(given):
            raise InvalidInputError(
                f"A policy has name, minimum_units and some of: {', '.join(sorted(known))}"
                + (f"; unknown: {', '.join(unknown)}." if unknown else ".")
            )
        sources = given.get("sources", {})
        pairs = sources.items() if isinstance(sources, Mapping) else sources
        try:
            return cls(**{**given, "sources": tuple((str(k), str(v)) for k, v in pairs)})
        except (TypeError, ValueError) as fault:
            raise InvalidInputError(str(fault)) from None

    def to_mapping(self) -> dict[str, Any]:
        """The policy as plain values, as ``from_mapping`` reads it."""
        return {**asdict(self), "sources": [list(pair) for pair in self.sources]}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _stricter(name: str, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    if name in {"name", "sources"}:
        return one
    smaller = name.startswith("maximum") or name in {"prior_error", "percentage_ceiling"}
    return min(one, other) if smaller else max(one, other)


def find_policy(policy: "Policy | str") -> Policy:
    """The policy itself, the one of that name, or the strictest of names joined by ``+``."""
    from disclosure_control.named_policies import policies

    if isinstance(policy, Policy):
        return policy
    if not isinstance(policy, str) or not all(n in policies for n in policy.split(JOIN)):
        raise InvalidInputError(f"A policy is one of {', '.join(policies)}, or joined by +.")
    first, *others = (policies[name] for name in policy.split(JOIN))
    for other in others:
        first = Policy.strictest(first, other)
    return first
