"""The rules of tables, in the order in which they are applied. One rule, one file."""

from disclosure_control.rules.all_equal import all_equal
from disclosure_control.rules.binary_value import binary_value
from disclosure_control.rules.dominance import entity_dominance, top_dominance, unit_dominance
from disclosure_control.rules.extreme_share import extreme_share
from disclosure_control.rules.group_disclosure import group_disclosure
from disclosure_control.rules.minimum_entities import minimum_entities
from disclosure_control.rules.minimum_units import empty_cells, minimum_units
from disclosure_control.rules.nobody import nobody
from disclosure_control.rules.p_percent import p_percent
from disclosure_control.rules.rule import Rule
from disclosure_control.rules.single_holder import single_holder
from disclosure_control.rules.spread import degrees_of_freedom

_DWB = "DwB / ESSnet guidelines for output checking"
_HANDBOOK = "Handbook on Statistical Disclosure Control, 2nd edition"

RULES: tuple[Rule, ...] = (
    Rule("nobody", nobody, "every statistic",
         "somebody has a value in the table (else people decide)", "own choice"),
    Rule("minimum_units", minimum_units, "every statistic",
         "a shown cell with contributors has at least minimum_units units with a value, for totals "
         "with one other than 0 (minimum_units_of_totals for magnitudes)",
         f"{_DWB}, rule of thumb 1"),
    Rule("empty_cell", empty_cells, "count, percentage",
         "where zeros_are_unsafe, no possible cell is shown as empty",
         "ACRO, zeros_are_disclosive"),
    Rule("minimum_entities", minimum_entities, "every statistic, when entities are known",
         "a shown cell with contributors has at least minimum_entities entities", "own choice"),
    Rule("unit_dominance", unit_dominance, "sum, mean, std",
         "the largest unit has at most maximum_unit_share of the absolute total (of a deviation, "
         "the farthest value of the squares)",
         f"{_DWB}, rule of thumb 4"),
    Rule("entity_dominance", entity_dominance, "sum, mean, when entities are known",
         "the largest entity has at most maximum_entity_share of the absolute total",
         f"{_DWB}, rule of thumb 4"),
    Rule("top_dominance", top_dominance, "sum, mean",
         "the top_units largest units have at most maximum_top_share of the absolute total, the "
         "entities at most maximum_top_entity_share",
         f"{_HANDBOOK}, section 4.2.2: (n, k) rule"),
    Rule("p_percent", p_percent, "sum, mean",
         "prior_error times the remainder beside the two largest units is at least "
         "minimum_remainder of the largest", f"{_HANDBOOK}, section 4.2.2: p % and pq rule"),
    Rule("extreme_share", extreme_share, "sum, mean",
         "smallest and largest value are at most maximum_extreme_share of the sum",
         "CBS, income statistics (2021)"),
    Rule("group_disclosure", group_disclosure, "count, percentage",
         "a category holds less than maximum_group_share of a group",
         f"{_DWB}, rule of thumb 3"),
    Rule("all_equal", all_equal, "sum, mean, median, std",
         "not all contributors have the same value", "SACRO guide, class of linear aggregations"),
    Rule("binary_value", binary_value, "sum, mean, std of values of which there are two",
         "minimum_units and minimum_entities have each of the two values (or nobody has), and less "
         "than maximum_group_share the same", f"{_DWB}, rules of thumb 1 and 3"),
    Rule("degrees_of_freedom", degrees_of_freedom, "std",
         "units less one are at least minimum_degrees_of_freedom", f"{_DWB}, rule of thumb 2"),
    Rule("single_holder", single_holder, "median",
         "the figure is not exactly one unit's value (else people decide)",
         "SACRO guide, class of positions"),
)  # fmt: skip
"""Every rule of tables with the statistics it applies to."""

__all__ = ["RULES", "Rule"]
