"""The researcher's front door: a study makes outputs and submits them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from disclosure_control.bundle import Receipt, Request, write_bundle
from disclosure_control.outputs.crosstab import Output, check_recipe, crosstab
from disclosure_control.outputs.recipe import LIBRARY, Recipe, declared
from disclosure_control.policy import find_policy


@dataclass
class Study:
    """A line of work under one policy. Outputs are kept in the order in which they were made.

    Args:
        policy: name of the policy.
        unit: column of the protected person; null: every record is its own.
        entity: column of the school; null: unknown.
        levels: all levels of dimensions, absent ones included.
    """

    policy: str = "cbs"
    unit: str | None = None
    entity: str | None = None
    levels: Mapping[str, Sequence[object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuses an unknown policy at once."""
        find_policy(self.policy)

    def crosstab(
        self,
        frame: Any,
        rows: Sequence[str],
        columns: Sequence[str] = (),
        values: str | None = None,
        statistic: str = "count",
        title: str = "",
    ) -> Output:
        """A table of ``frame`` by ``rows`` and ``columns``, judged at once.

        Args:
            frame: records; polars (eager or lazy), Arrow or pandas.
            rows: row dimensions.
            columns: column dimensions.
            values: what is summed or averaged.
            statistic: count, sum, mean or percentage (of the row's total).
            title: what reviewers see above it.
        """
        dimensions = (*rows, *columns)
        recipe = Recipe(
            title=title or f"{statistic} by {', '.join(dimensions)}",
            statistic=statistic,
            rows=tuple(rows),
            columns=tuple(columns),
            value=values,
            unit=self.unit,
            entity=self.entity,
            levels=declared({name: list(group) for name, group in self.levels.items()}, dimensions),
            policy=self.policy,
            library=LIBRARY,
        )
        check_recipe(recipe)
        return crosstab(frame, recipe, find_policy(self.policy))

    def submit(  # noqa: PLR0913 - the argument names are the library's public surface
        self,
        outbox: Path | str,
        outputs: Output | Sequence[Output],
        *,
        purpose: str,
        population: str,
        variables: Mapping[str, str],
        title: str = "",
        charts: Mapping[int, Mapping[str, Any]] | None = None,
        protect_at_desk: bool = False,
    ) -> Receipt:
        """Puts outputs into the outbox as one request; refuses what is unsafe.

        Args:
            outbox: the folder that leaves the workspace.
            outputs: one output or several that belong together.
            purpose: what the figures are for.
            population: who is in them.
            variables: a description of every variable used.
            title: what reviewers call the request.
            charts: position of an output and the ``x`` and ``color`` of its chart.
            protect_at_desk: ask the desk to hide what must be hidden.
        """
        several = [outputs] if isinstance(outputs, Output) else list(outputs)
        name = title or "; ".join(output.recipe.title for output in several)
        request = Request(name, purpose, population, variables, protect_at_desk)
        return write_bundle(Path(outbox), several, request, charts)
