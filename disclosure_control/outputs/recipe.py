"""How an output was made: enough to make it again from its evidence.

A recipe may come from an untrusted bundle: it is data, and nothing in it is ever evaluated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import msgspec

from disclosure_control.errors import BundleError, InvalidInputError
from disclosure_control.frames import label_of
from disclosure_control.hierarchy import Hierarchy
from disclosure_control.policy import Policy, find_policy
from disclosure_control.table import Breakdown

RECIPE_VERSION = 2
LIBRARY = "0.2.0"
"""Version of the library, as recipes name it."""


@dataclass(frozen=True)
class Recipe:
    """How one output was made.

    Args:
        title: what people call it.
        statistic: one of the closed list.
        rows: row dimensions; for other outputs than crosstabs the grouping or factor columns.
        columns: column dimensions.
        value: the column that is summed, averaged or ranked; null for counts.
        unit: column of the protected person; null: every record is its own.
        entity: column of the school; null: unknown.
        levels: labels of each dimension that the schema names, absent ones included.
        policy: name of the policy that it was judged by; several joined by ``+``.
        library: version of the library.
        weight: column of sampling weights.
        numeric: further numeric columns: of models, correlations and survival times.
        hierarchies: name, nodes and parents of each dimension's tree.
        impossible: combinations of labels that cannot occur.
        parameters: what the statistic needs besides, as plain values.
        population: the researcher's words for the records that were used.
        rounding: the base to which figures are rounded.
        numbers: the policy's numbers when it is not one of the named policies.
        version: version of this form.
    """

    title: str
    statistic: str
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    value: str | None = None
    unit: str | None = None
    entity: str | None = None
    levels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    policy: str = "cbs"
    library: str = LIBRARY
    weight: str | None = None
    numeric: tuple[str, ...] = ()
    hierarchies: tuple[tuple[str, tuple[str, ...], tuple[int, ...]], ...] = ()
    impossible: tuple[tuple[tuple[str, str], ...], ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    population: str = ""
    rounding: int | None = None
    numbers: dict[str, Any] | None = None
    version: int = RECIPE_VERSION

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Rows, then columns."""
        return (*self.rows, *self.columns)

    @property
    def variables(self) -> tuple[str, ...]:
        """Every column whose meaning a reviewer must know."""
        others = (self.value, self.weight)
        named = (*self.dimensions, *(name for name in others if name is not None), *self.numeric)
        return tuple(dict.fromkeys(named))

    def breakdown(self, *, labelled: bool) -> Breakdown:
        """Levels, trees and impossible combinations, in labels."""
        return Breakdown(
            levels=dict(self.levels),
            hierarchies={name: Hierarchy(nodes, up) for name, nodes, up in self.hierarchies},
            impossible=[dict(combination) for combination in self.impossible],
            labelled=labelled,
        )

    def find_policy(self) -> Policy:
        """The policy that the recipe names, or whose numbers it carries."""
        return (
            find_policy(self.policy) if self.numbers is None else Policy.from_mapping(self.numbers)
        )

    def with_levels(self, levels: Mapping[str, Sequence[object]]) -> "Recipe":
        """The recipe with every level that a schema names, whatever its author declared.

        Absent levels decide about group disclosure, so they are not left to the author.
        """
        own = dict(self.levels)
        treed = {name for name, _, _ in self.hierarchies}
        for name, schema in declared(levels, self.dimensions):
            if name not in treed:
                own[name] = tuple(dict.fromkeys([*own.get(name, ()), *schema]))
        return replace(self, levels=tuple(own.items()))

    def to_json(self) -> str:
        """The recipe as JSON with sorted keys."""
        return msgspec.json.format(
            msgspec.json.encode(asdict(self), order="deterministic"), indent=1
        ).decode()


def read_recipe(text: str) -> Recipe:
    """The recipe in JSON ``text``; a ``BundleError`` for anything else."""
    try:
        plain = msgspec.json.decode(text, type=dict[str, Any])
        recipe = msgspec.convert(plain, Recipe)
        strange = set(plain) - {item.name for item in fields(Recipe)}
        recipe.find_policy()
        recipe.breakdown(labelled=True)
    except (msgspec.MsgspecError, InvalidInputError, RecursionError):
        strange = {"form"}
        recipe = Recipe("", "count")
    if strange or recipe.version != RECIPE_VERSION:
        raise BundleError("A recipe is JSON with the documented fields, version and policy.")
    return recipe


def declared(
    levels: Mapping[str, Sequence[object]], dimensions: Sequence[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The declared levels of ``dimensions`` as labels."""
    found = []
    for name in dimensions:
        if name in levels:
            labels = tuple(label_of(level) for level in levels[name])
            if len(set(labels)) != len(labels):
                raise InvalidInputError(f"The levels of {name} differ from each other.")
            found.append((name, labels))
    return tuple(found)


def trees(
    hierarchies: Mapping[str, Hierarchy], dimensions: Sequence[str]
) -> tuple[tuple[str, tuple[str, ...], tuple[int, ...]], ...]:
    """The trees of ``dimensions`` in the recipe's form."""
    return tuple(
        (name, hierarchies[name].nodes, hierarchies[name].parents)
        for name in dimensions
        if name in hierarchies
    )


def ruled_out(
    impossible: Sequence[Mapping[str, object]], dimensions: Sequence[str]
) -> tuple[tuple[tuple[str, str], ...], ...]:
    """The impossible combinations that speak of ``dimensions`` only, in labels."""
    return tuple(
        tuple(sorted((name, label_of(level)) for name, level in combination.items()))
        for combination in impossible
        if combination and set(combination) <= set(dimensions)
    )
