"""Outputs against each other and against all earlier releases: from outputs to differencing."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl

from disclosure_control.auditing import cell_names
from disclosure_control.differencing import (
    Cells,
    Comparison,
    Difference,
    HistoryStore,
    PublishedCell,
    compare,
)
from disclosure_control.errors import InvalidInputError
from disclosure_control.frames import collect
from disclosure_control.hierarchy import leaves_below
from disclosure_control.outputs.evidence import Records, evidence_of, records_in
from disclosure_control.outputs.grouping import labelled
from disclosure_control.outputs.histogram import BIN, bin_of, check_edges
from disclosure_control.outputs.output import Output
from disclosure_control.policy import Policy, find_policy
from disclosure_control.table import Table
from disclosure_control.verdict import Assessment, Verdict

DIFFERENCING = "differencing"
KEY = "__key"
_COUNTS = ("count", "percentage", "histogram")
_SUMS = ("sum", "mean")
_REMEDY = "use the same population and cuts in both, or join categories"
_COLUMNS = ("rule", "reason", "remedy", "verdict", "equation", "outputs")


def check_together(outputs: Sequence[Output], policy: Policy | str) -> Assessment:
    """What outputs reveal together that none of them shows.

    Findings have the columns rule, reason, remedy, verdict, equation (what an attacker would
    compute, in words) and outputs (the titles involved). Outputs without a unit column are taken to
    be of the same people where their records agree in all columns that the frames share.
    """
    shared = _shared_columns(outputs)
    new: list[Cells] = []
    alone: list[set[str]] = []
    for at, one in enumerate(outputs, 1):
        own = cells_of(one, at, shared)
        new += own
        # What a table reveals by itself is for its own rules, which know more about it.
        alone += [{cells.name for cells in own}] if one.verdict is not Verdict.UNSAFE else []
    chosen = find_policy(policy)
    if not new:
        return _assessment((), chosen, complete=True)
    found = compare(new, (), chosen.minimum_units)
    several = tuple(
        item
        for item in found.differences
        if not (item.tables and any(set(item.tables) <= names for names in alone))
    )
    return _judged(replace(found, differences=several), chosen)


class History:
    """All earlier releases, on disk. It holds who is in which cell: for the desk only.

    Args:
        path: the folder of the store; made when it is not there.
    """

    def __init__(self, path: Path | str) -> None:
        """Opens the store; a damaged one is an error."""
        self._store = HistoryStore(Path(path))

    def check(self, outputs: Output | Sequence[Output]) -> Assessment:
        """What the outputs reveal together with everything released before."""
        several = [outputs] if isinstance(outputs, Output) else list(outputs)
        if not several:
            raise InvalidInputError("There is an output to check.")
        policy = several[0].policy
        for output in several[1:]:
            policy = Policy.strictest(policy, output.policy)
        new = self._cells(several)
        if not new:
            return _assessment((), policy, complete=True)
        return _judged(self._store.check(*new, minimum_units=policy.minimum_units), policy)

    def add(self, outputs: Output | Sequence[Output]) -> None:
        """Records that the outputs were released; they count from now on."""
        several = [outputs] if isinstance(outputs, Output) else list(outputs)
        if any(output.verdict is Verdict.UNSAFE for output in several):
            raise InvalidInputError("A release is not UNSAFE; protect the output first.")
        cells = self._cells(several)
        if cells:
            self._store.add(*cells)

    def _cells(self, outputs: Sequence[Output]) -> list[Cells]:
        number = len(self._store)
        found = []
        for at, output in enumerate(outputs, 1):
            found += cells_of(output, number + at, None)
        return found


def cells_of(output: Output, number: int, shared: Sequence[str] | None) -> list[Cells]:
    """What an output says about units; nothing for outputs that do not add up."""
    table, statistic = output.evaluation.table, output.recipe.statistic
    if table is None or statistic not in (*_COUNTS, *_SUMS):
        return []
    codes, values = _codes(output, table, shared)
    name = f"output {number} ({output.recipe.title})"
    found = []
    if statistic in _COUNTS or statistic == "mean":
        counts = table.cells["records"].cast(pl.Float64)
        found.append(Cells(name, codes, _published(output, table, counts)))
    if statistic in _SUMS:
        sums = table.cells["sum"]
        variable = str(output.recipe.value)
        published = _published(output, table, sums)
        found.append(Cells(f"{name}, sums", codes, published, "sum", variable, values))
    return found


def _published(output: Output, table: Table, figures: pl.Series) -> tuple[PublishedCell, ...]:
    """Every cell of the table with the finest cells beneath it."""
    below = [leaves_below(axis.children) for axis in table.axes]
    names = cell_names(table)
    strides = [len(axis.labels) for axis in table.axes]
    found = []
    for at, nodes in enumerate(product(*below)):
        mesh = np.meshgrid(*nodes, indexing="ij")
        places = np.ravel_multi_index(tuple(line.ravel() for line in mesh), tuple(strides))
        shown = not output.flags[at]
        found.append(PublishedCell(names[at], places, shown, figures[at] if shown else None))
    return tuple(found)


def _codes(
    output: Output, table: Table, shared: Sequence[str] | None
) -> tuple[pl.DataFrame, pl.Series | None]:
    """Who is in which finest cell, and what each contributes to a sum."""
    known, named = _people(output, shared)
    lazy = known.lazy
    if output.recipe.statistic == "histogram":
        figure = pl.col(str(known.value))
        edges = check_edges(output.recipe.parameters.get("edges"))
        lazy = lazy.filter(figure.is_not_null()).with_columns(bin_of(figure, edges).alias(BIN))
    unit = pl.col(str(known.unit)).cast(pl.String).alias("unit")
    value = [] if known.value is None else [pl.col(known.value).alias("value")]
    frame = collect(lazy.select(unit, *table.dimensions, *value))
    if not named:
        # Records that agree in everything are interchangeable; their number tells them apart.
        number = pl.int_range(pl.len()).over("unit").cast(pl.String)
        frame = frame.with_columns(pl.col("unit") + "\x1e" + number)
    if value:
        frame = frame.filter(pl.col("value").is_not_null())
    places = table.grid.fold(table.grid.places(frame)).astype(np.int32)
    codes = pl.DataFrame({"unit": frame["unit"].fill_null("(unknown)"), "cell": places})
    return codes, (frame["value"] if value else None)


def _people(output: Output, shared: Sequence[str] | None) -> tuple[Records, bool]:
    """The records with a unit, and whether it is a real one or made from the record itself."""
    records, recipe = output.records, output.recipe
    if recipe.unit is not None:
        return labelled(records, recipe), True
    columns = _shared_columns([output]) if shared is None else shared
    if records.labelled:
        columns = [*recipe.dimensions, *([records.value] if records.value else [])]
    text = [pl.col(name).cast(pl.String, strict=False).fill_null("\x1d") for name in columns]
    key = pl.concat_str(text, separator="\x1f") if text else pl.lit("")
    if records.labelled:
        return replace(records, lazy=records.lazy.with_columns(key.alias(KEY)), unit=KEY), False
    with_unit = replace(recipe, unit=KEY)
    evidence = evidence_of(records.lazy.with_columns(key.alias(KEY)), with_unit)
    return records_in(evidence, with_unit), False


def _shared_columns(outputs: Sequence[Output]) -> list[str]:
    """Columns that the frames of all outputs without a unit have; in alphabetical order."""
    names: set[str] | None = None
    for output in outputs:
        if output.recipe.unit is None and not output.records.labelled:
            own = {
                name
                for name, kind in output.records.lazy.collect_schema().items()
                if not kind.is_nested() and kind not in (pl.Object, pl.Binary)
            }
            names = own if names is None else names & own
    return sorted(names or ())


def _judged(found: Comparison, policy: Policy) -> Assessment:
    return _assessment(found.differences, policy, complete=found.exhaustive)


def _assessment(differences: Iterable[Difference], policy: Policy, *, complete: bool) -> Assessment:
    rows: list[tuple[str, str, str, str, str | None, str]] = [
        (DIFFERENCING, _reason(item), _REMEDY, item.verdict.name, item.equation,
         "; ".join(item.tables))
        for item in differences
    ]  # fmt: skip
    verdicts = [item.verdict for item in differences]
    if not complete:
        reason = "the tables are too large to be compared in full"
        rows.append((DIFFERENCING, reason, "compare fewer at a time", "REVIEW", None, ""))
        verdicts.append(Verdict.REVIEW)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(_COLUMNS, pl.String), orient="row")
    return Assessment(Verdict.worst(verdicts), frame, policy.name)


def _reason(item: Difference) -> str:
    words = {
        "group": "together the outputs isolate a group below the threshold",
        "hidden cell": "together the outputs give a hidden cell back",
        "interval": "together the outputs narrow a hidden cell too much",
        "undecided": "it is not certain that the outputs isolate nobody",
    }
    return words[item.subject]
