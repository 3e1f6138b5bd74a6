"""The researcher's front door: a study makes outputs, checks them together and submits them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from disclosure_control.bundle import Receipt, Request, write_bundle
from disclosure_control.differences import check_together
from disclosure_control.errors import InvalidInputError, UnsafeOutputError
from disclosure_control.frames import as_lazy, collect, enum_levels
from disclosure_control.hierarchy import Hierarchy
from disclosure_control.outputs.custom import STATISTIC, content_records
from disclosure_control.outputs.evidence import records_of
from disclosure_control.outputs.histogram import rounded_edges
from disclosure_control.outputs.output import Journal, Output, check_recipe, make
from disclosure_control.outputs.recipe import Recipe, declared, ruled_out, trees
from disclosure_control.policy import Policy, find_policy
from disclosure_control.verdict import Assessment, Verdict

CROSSTABS = ("count", "sum", "mean", "percentage", "median", "std")
QUARTILES = (0.25, 0.5, 0.75)
_LARGEST_FILE = 16_000_000


@dataclass
class Study:
    """A line of work under one policy. Outputs are kept in the order in which they were made.

    Args:
        policy: a policy or its name.
        unit: column of the protected person; null: every record is its own.
        entity: column of the school; null: unknown.
        levels: all levels of dimensions, absent ones included.
        hierarchies: code trees of dimensions.
        impossible: combinations of levels that cannot occur.
        column_policies: policy names of columns whose source asks for more, such as income; an
            output that uses one is judged by the strictest of both.
        one_row_per_unit: a promise about every frame; a unit with two rows is then an error.
    """

    policy: Policy | str = "cbs"
    unit: str | None = None
    entity: str | None = None
    levels: Mapping[str, Sequence[object]] = field(default_factory=dict)
    hierarchies: Mapping[str, Hierarchy] = field(default_factory=dict)
    impossible: Sequence[Mapping[str, object]] = ()
    column_policies: Mapping[str, Policy | str] = field(default_factory=dict)
    one_row_per_unit: bool = False
    journal: Journal = field(default_factory=Journal, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuses an unknown policy at once."""
        for policy in (self.policy, *self.column_policies.values()):
            find_policy(policy)
        if not all(isinstance(tree, Hierarchy) for tree in self.hierarchies.values()):
            raise InvalidInputError(
                "Hierarchies are made by Hierarchy.from_levels or from_parents."
            )
        if not all(isinstance(one, Mapping) for one in self.impossible):
            raise InvalidInputError("Impossible combinations map dimensions to levels.")

    @property
    def outputs(self) -> list[Output]:
        """The newest form of every output of the study that was not dropped."""
        return self.journal.outputs()

    def drop(self, output: Output) -> None:
        """Leaves an output out of what is checked together and submitted."""
        self.journal.drop(output)

    def crosstab(  # noqa: PLR0913 - the argument names are the library's public surface
        self,
        frame: Any,
        rows: Sequence[str],
        columns: Sequence[str] = (),
        values: str | None = None,
        statistic: str = "count",
        title: str = "",
        *,
        weight: str | None = None,
        population: str = "",
    ) -> Output:
        """A table of ``frame`` by ``rows`` and ``columns``, judged at once.

        Args:
            frame: records; polars (eager or lazy), Arrow or pandas.
            rows: row dimensions.
            columns: column dimensions.
            values: what is summed or averaged.
            statistic: count, sum, mean, percentage (of the row's total), median or std.
            title: what reviewers see above it.
            weight: sampling weight of every record; rules go on counting units.
            population: which records these are, in words.
        """
        if not isinstance(statistic, str) or statistic not in CROSSTABS:
            raise InvalidInputError(f"A statistic is one of {', '.join(CROSSTABS)}, by name.")
        recipe = self._recipe(
            statistic, (_names(rows), _names(columns)), title, population,
            value=values, weight=weight,
        )  # fmt: skip
        return self._make(frame, recipe)

    def quantiles(
        self,
        frame: Any,
        column: str,
        by: Sequence[str] = (),
        probabilities: Sequence[float] = QUARTILES,
        title: str = "",
        *,
        population: str = "",
    ) -> Output:
        """Quantiles of ``column`` by group; for a box plot without whiskers take the quartiles."""
        given = {"probabilities": _numbers(probabilities, "Probabilities")}
        recipe = self._recipe(
            "quantiles", (_names(by), ()), title, population, value=column, parameters=given
        )
        return self._make(frame, recipe)

    def extremes(
        self, frame: Any, column: str, by: Sequence[str] = (), title: str = "",
        *, population: str = "",
    ) -> Output:  # fmt: skip
        """Smallest and largest value by group: never safe without people deciding."""
        recipe = self._recipe("extremes", (_names(by), ()), title, population, value=column)
        return self._make(frame, recipe)

    def mode(
        self, frame: Any, column: str, by: Sequence[str] = (), title: str = "",
        *, population: str = "",
    ) -> Output:  # fmt: skip
        """Which category of ``column`` is the most frequent in each group (1), which not (0)."""
        recipe = self._recipe("mode", (_names(by), (column,)), title, population)
        return self._make(frame, recipe)

    def spread(
        self,
        frame: Any,
        column: str,
        by: Sequence[str] = (),
        measure: str = "std",
        title: str = "",
        *,
        population: str = "",
    ) -> Output:
        """A measure of spread by group: std, variance, cv (std over mean) or iqr."""
        recipe = self._recipe(
            "spread", (_names(by), ()), title, population,
            value=column, parameters={"measure": measure},
        )  # fmt: skip
        return self._make(frame, recipe)

    def histogram(
        self,
        frame: Any,
        column: str,
        by: Sequence[str] = (),
        edges: Sequence[float] | None = None,
        title: str = "",
        *,
        population: str = "",
    ) -> Output:
        """Counts by interval of ``column``; without ``edges``, round ones are chosen."""
        lazy = as_lazy(frame, [column])
        chosen = rounded_edges(lazy, column) if edges is None else _numbers(edges, "Edges")
        given = {"edges": chosen, "given": edges is not None}
        recipe = self._recipe(
            "histogram", (_names(by), ()), title, population, value=column, parameters=given
        )
        return self._make(frame, recipe)

    def survival(  # noqa: PLR0913 - the argument names are the library's public surface
        self,
        frame: Any,
        time: str,
        event: str,
        by: Sequence[str] = (),
        times: Sequence[float] | None = None,
        title: str = "",
        *,
        population: str = "",
    ) -> Output:
        """The share without the event at ``times`` (round ones when not given), by group."""
        lazy = as_lazy(frame, [time, event])
        chosen = rounded_edges(lazy, time) if times is None else _numbers(times, "Times")
        given = {"times": [moment for moment in chosen if moment > 0]}
        recipe = self._recipe(
            "survival", (_names(by), ()), title, population,
            numeric=(time, event), parameters=given,
        )  # fmt: skip
        return self._make(frame, recipe)

    def ols(self, frame: Any, formula: str, title: str = "", *, population: str = "") -> Output:
        """A linear regression by least squares, such as ``y ~ x + C(g)``."""
        return self._model("ols", frame, formula, title, population)

    def logit(self, frame: Any, formula: str, title: str = "", *, population: str = "") -> Output:
        """A logistic regression; the response is 0 or 1."""
        return self._model("logit", frame, formula, title, population)

    def probit(self, frame: Any, formula: str, title: str = "", *, population: str = "") -> Output:
        """A probit regression; the response is 0 or 1."""
        return self._model("probit", frame, formula, title, population)

    def poisson(self, frame: Any, formula: str, title: str = "", *, population: str = "") -> Output:
        """A Poisson regression; the response is a count."""
        return self._model("poisson", frame, formula, title, population)

    def correlation(
        self, frame: Any, columns: Sequence[str], title: str = "", *, population: str = ""
    ) -> Output:
        """Pearson correlations of all pairs of ``columns``."""
        recipe = self._recipe("correlation", ((), ()), title, population, numeric=_names(columns))
        return self._make(frame, recipe)

    def custom(self, path: Path | str, title: str = "", *, population: str = "") -> Output:
        """A file made elsewhere (CSV, text, JSON, PNG): scanned, and for people to decide."""
        file = Path(path)
        if file.is_symlink() or not file.is_file() or file.stat().st_size > _LARGEST_FILE:
            raise InvalidInputError("A file is plain, no link, and at most 16 MB.")
        data = file.read_bytes()
        given = {"name": file.name, "sha256": sha256(data).hexdigest()}
        recipe = self._recipe(STATISTIC, ((), ()), title or file.name, population, parameters=given)
        return make(recipe, content_records(data), find_policy(self.policy), self.journal)

    def check_together(self) -> Assessment:
        """What the study's own outputs reveal together; findings carry the equation."""
        return check_together(self.outputs, find_policy(self.policy))

    def submit(  # noqa: PLR0913 - the argument names are the library's public surface
        self,
        outbox: Path | str,
        outputs: Output | Sequence[Output] | None = None,
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
            outputs: one output or several that belong together; null: all of the study.
            purpose: what the figures are for.
            population: who is in them.
            variables: a description of every variable used.
            title: what reviewers call the request.
            charts: position of an output and the ``x``, ``color`` and ``mark`` of its chart.
            protect_at_desk: ask the desk to hide what must be hidden.
        """
        chosen = self.outputs if outputs is None else outputs
        several = [chosen] if isinstance(chosen, Output) else list(chosen)
        name = title or "; ".join(output.recipe.title for output in several)
        self._check_together(several)
        request = Request(name, purpose, population, variables, protect_at_desk)
        return write_bundle(Path(outbox), several, request, charts)

    def _check_together(self, outputs: Sequence[Output]) -> None:
        """Refuses outputs that isolate a group together; the desk would refuse them later."""
        safe = [output for output in outputs if output.verdict is not Verdict.UNSAFE]
        found = check_together(safe, find_policy(self.policy))
        if found.verdict is Verdict.UNSAFE:
            equations = found.findings["equation"].drop_nulls().to_list()
            first = equations[0] if equations else "see .check_together()"
            raise UnsafeOutputError(
                f"Together the outputs reveal what each hides: {first}. "
                "Use the same population and cuts, or drop one from the study."
            )

    def _model(self, family: str, frame: Any, formula: str, title: str, population: str) -> Output:
        from disclosure_control.models import parse_formula

        parsed = parse_formula(formula)
        schema = as_lazy(frame, parsed.variables).collect_schema()
        numbers = {
            name
            for name in parsed.variables
            if schema[name].is_numeric() or schema[name] == pl.Boolean
        } - set(parsed.categorical)
        recipe = self._recipe(
            family,
            (tuple(name for name in parsed.variables if name not in numbers), ()),
            title or formula,
            population,
            numeric=tuple(name for name in parsed.variables if name in numbers),
            parameters={"formula": formula},
        )
        return self._make(frame, recipe)

    def _recipe(
        self,
        statistic: str,
        by: tuple[tuple[str, ...], tuple[str, ...]],
        title: str,
        population: str,
        **others: Any,
    ) -> Recipe:
        rows, columns = by
        dimensions = (*rows, *columns)
        if not isinstance(title, str) or not isinstance(population, str):
            raise InvalidInputError("Titles and populations are texts.")
        recipe = Recipe(
            title=title or _title(statistic, dimensions, others.get("value")),
            statistic=statistic,
            rows=rows,
            columns=columns,
            unit=self.unit,
            entity=self.entity,
            levels=declared(self.levels, dimensions),
            hierarchies=trees(self.hierarchies, dimensions),
            impossible=ruled_out(self.impossible, dimensions),
            population=population,
            **others,
        )
        check_recipe(recipe)
        policy = self.policy_of(recipe)
        named = isinstance(self.policy, str) and all(
            isinstance(self.column_policies.get(name, ""), str) for name in recipe.variables
        )
        numbers = None if named else policy.to_mapping()
        return replace(recipe, policy=policy.name, numbers=numbers)

    def policy_of(self, recipe: Recipe) -> Policy:
        """The study's policy, made stricter by the columns that the recipe uses."""
        chosen = find_policy(self.policy)
        for name in recipe.variables:
            if name in self.column_policies:
                chosen = Policy.strictest(chosen, find_policy(self.column_policies[name]))
        return chosen

    def _make(self, frame: Any, recipe: Recipe) -> Output:
        records = records_of(frame, recipe)
        recipe = recipe.with_levels(enum_levels(records.lazy, recipe.dimensions))
        if self.one_row_per_unit and self.unit is not None:
            rows = collect(records.lazy.select(pl.len() - pl.col(self.unit).n_unique())).item()
            if rows:
                raise InvalidInputError(
                    f"One row per unit was promised; {rows} rows repeat a unit of {self.unit}."
                )
        return make(recipe, records, recipe.find_policy(), self.journal)


def _title(statistic: str, dimensions: tuple[str, ...], value: str | None) -> str:
    """What an output is called when nobody says."""
    what = statistic if value is None else f"{statistic} of {value}"
    return f"{what} by {', '.join(dimensions)}" if dimensions else what


def _names(given: Sequence[str]) -> tuple[str, ...]:
    """Column names; a single name may stand alone."""
    names = (given,) if isinstance(given, str) else tuple(given)
    if not all(isinstance(name, str) for name in names):
        raise InvalidInputError("Columns are named by text.")
    return names


def _numbers(given: Sequence[float], what: str) -> list[float]:
    """Numbers as floats; texts are none."""
    several = list(given)
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in several):
        raise InvalidInputError(f"{what} are numbers.")
    return [float(one) for one in several]
