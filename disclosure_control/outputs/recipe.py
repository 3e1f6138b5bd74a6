"""How an output was made: enough to make it again from its evidence."""

import json
from dataclasses import asdict, dataclass

from disclosure_control.errors import BundleError, InvalidInputError
from disclosure_control.frames import label_of
from disclosure_control.policy import policies

RECIPE_VERSION = 1
LIBRARY = "0.1.0"
"""Version of the library, as recipes name it."""


@dataclass(frozen=True)
class Recipe:
    """A crosstab's recipe.

    Args:
        title: what people call it.
        statistic: one of the closed list.
        rows: row dimensions.
        columns: column dimensions.
        value: the column that is summed or averaged; null for counts.
        unit: column of the protected person; null: every record is its own.
        entity: column of the school; null: unknown.
        levels: labels of each dimension that the schema names, absent ones included.
        policy: name of the policy that it was judged by.
        library: version of the library.
        version: version of this form.
    """

    title: str
    statistic: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    value: str | None
    unit: str | None
    entity: str | None
    levels: tuple[tuple[str, tuple[str, ...]], ...]
    policy: str
    library: str
    version: int = RECIPE_VERSION

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Rows, then columns."""
        return (*self.rows, *self.columns)

    def to_json(self) -> str:
        """The recipe as JSON with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True, indent=1)


def read_recipe(text: str) -> Recipe:
    """The recipe in JSON ``text``; a ``BundleError`` for anything else."""
    try:
        plain = json.loads(text)
        recipe = Recipe(
            **{
                **plain,
                "rows": tuple(plain["rows"]),
                "columns": tuple(plain["columns"]),
                "levels": tuple((name, tuple(group)) for name, group in plain["levels"]),
            }
        )
    except (ValueError, TypeError, KeyError):
        raise BundleError("A recipe is JSON with the documented fields.") from None
    if recipe.version != RECIPE_VERSION or recipe.policy not in policies:
        raise BundleError("A recipe has a known version and a known policy.")
    return recipe


def declared(
    levels: dict[str, list[object]] | None, dimensions: tuple[str, ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The declared levels of ``dimensions`` as labels."""
    given = levels or {}
    found = []
    for name in dimensions:
        if name in given:
            labels = tuple(label_of(level) for level in given[name])
            if len(set(labels)) != len(labels):
                raise InvalidInputError(f"The levels of {name} differ from each other.")
            found.append((name, labels))
    return tuple(found)
