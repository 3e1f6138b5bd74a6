"""Whether released figures may be shown, given the output made anew from evidence."""

from dataclasses import replace

import numpy as np
import polars as pl

from disclosure_control.outputs.evaluation import Flags
from disclosure_control.outputs.kinds import kind_of
from disclosure_control.outputs.output import Output
from disclosure_control.outputs.rounding import rounding_findings
from disclosure_control.protect import SHOWN
from disclosure_control.verdict import Assessment, Finding, Verdict, collect


def judge(output: Output, released: pl.DataFrame) -> Assessment:
    """What is wrong with ``released`` as figures of ``output``.

    ``released`` has the label columns (text), ``value`` (null when hidden) and ``status``. UNSAFE
    when its cells are not those of the output, a shown value is not the true one, an unsafe cell
    is shown, or a hidden one can be derived; REVIEW when a cell is shown about which people decide.
    """
    names = list(output.columns)
    wanted = output.evaluation.figures.select(names)
    if not _same_cells(released, wanted, names):
        what = ("cells", "the cells are not those of the recomputed output", "submit again")
        return collect([Finding((), *what)], output.columns, output.policy.name)
    joined = wanted.join(released, on=names, how="left", maintain_order="left")
    hidden = np.asarray((joined["status"] != SHOWN).to_numpy(), dtype=np.bool_)
    found = _figures(output, joined["value"], hidden)
    found += _on_show(output, hidden)
    found += kind_of(output.recipe).attack(output.evaluation, output.policy, hidden)
    found += rounding_findings(output.recipe, output.policy)
    return collect(found, output.columns, output.policy.name)


def as_released(output: Output, released: pl.DataFrame) -> Output:
    """The output with exactly the cells hidden that ``released`` hides, whoever chose them."""
    names = list(output.columns)
    joined = output.evaluation.figures.select(names).join(
        released, on=names, how="left", maintain_order="left"
    )
    hidden = np.asarray((joined["status"] != SHOWN).fill_null(value=True).to_numpy(), np.bool_)
    return replace(output, hidden=hidden, protected=None)


def _figures(output: Output, value: pl.Series, hidden: Flags) -> list[Finding]:
    """Values that are not the true ones, and hidden cells that carry one."""
    differs = ~hidden & ~_close(value, output.figures)
    revealing = hidden & value.is_not_null().to_numpy()
    found = []
    for flags, rule, reason in (
        (differs, "value", "the shown value is not the one in the data"),
        (revealing, "visible", "a cell marked as hidden has a value"),
    ):
        rows = output.evaluation.figures.filter(pl.Series(flags, dtype=pl.Boolean))
        labels = rows.select(output.columns).iter_rows()
        found += [Finding(tuple(row), rule, reason, "submit again") for row in labels]
    return found


def _on_show(output: Output, hidden: Flags) -> list[Finding]:
    """Findings about the whole, and about cells that are shown all the same."""
    evaluation = output.evaluation
    places = {row: at for at, row in enumerate(evaluation.figures.select(output.columns).rows())}
    found = []
    for item in evaluation.findings:
        if not item.labels or (item.verdict is Verdict.REVIEW and not hidden[places[item.labels]]):
            found.append(item)
        elif item.verdict is Verdict.UNSAFE and not hidden[places[item.labels]]:
            found.append(Finding(item.labels, "visible", "an unsafe cell is shown", item.remedy))
    return list(dict.fromkeys(found))


def _same_cells(released: pl.DataFrame, wanted: pl.DataFrame, names: list[str]) -> bool:
    if not {*names, "value", "status"} <= set(released.columns):
        return False
    typed = all(released.schema[name] == pl.String for name in [*names, "status"])
    if not typed or released.schema["value"] != pl.Float64:
        return False
    if released.height != wanted.height or released.select(names).is_duplicated().any():
        return False
    return wanted.join(released, on=names, how="anti").is_empty()


def _close(shown: pl.Series, true: pl.Series) -> np.ndarray:
    """Whether shown and true values agree to nine digits; both null counts as agreeing."""
    left, right = shown.to_numpy().astype(float), true.to_numpy().astype(float)
    both = np.isnan(left) & np.isnan(right)
    near = np.isclose(left, right, rtol=1e-9, atol=1e-9)
    return np.asarray(both | near)
