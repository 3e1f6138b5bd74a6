"""The rules, in the order in which they are applied. One rule, one file."""

from disclosure_control.rules.all_equal import all_equal
from disclosure_control.rules.dominance import entity_dominance, unit_dominance
from disclosure_control.rules.group_disclosure import group_disclosure
from disclosure_control.rules.minimum_entities import minimum_entities
from disclosure_control.rules.minimum_units import minimum_units
from disclosure_control.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule("minimum_units", minimum_units, "every statistic",
         "a shown cell with contributors has at least minimum_units units with a value"),
    Rule("minimum_entities", minimum_entities, "every statistic, when entities are known",
         "a shown cell with contributors has at least minimum_entities entities"),
    Rule("unit_dominance", unit_dominance, "sum, mean",
         "the largest unit has at most maximum_unit_share of the absolute total"),
    Rule("entity_dominance", entity_dominance, "sum, mean, when entities are known",
         "the largest entity has at most maximum_entity_share of the absolute total"),
    Rule("group_disclosure", group_disclosure, "count, percentage",
         "no category holds more than maximum_group_share of a group"),
    Rule("all_equal", all_equal, "mean",
         "not all contributors have the same value"),
)  # fmt: skip
"""Every rule with the statistics it applies to."""

__all__ = ["RULES", "Rule"]
