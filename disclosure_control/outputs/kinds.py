"""The closed list of statistics, in one visible table."""

from typing import Any

from disclosure_control.errors import InvalidInputError
from disclosure_control.outputs.crosstab import (
    attack_table,
    evaluate_crosstab,
    evaluate_percentage,
    hide_in_table,
)
from disclosure_control.outputs.custom import evaluate_custom
from disclosure_control.outputs.evaluation import Kind, hide_flagged, reveals_nothing
from disclosure_control.outputs.histogram import evaluate_histogram
from disclosure_control.outputs.modelling import evaluate_correlation, evaluate_model, keep_whole
from disclosure_control.outputs.ranks import (
    evaluate_extremes,
    evaluate_mode,
    evaluate_quantiles,
    evaluate_spread,
)
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.outputs.survival import attack_survival, evaluate_survival

_TABLE = (hide_in_table, attack_table)
_CELLS = (hide_flagged, reveals_nothing)
_WHOLE = (keep_whole, reveals_nothing)
_MODEL: dict[str, Any] = {
    "rounds": False,
    "needs_value": False,
    "labels": ("term", "measure"),
    "by_dimensions": False,
    "hides": False,
}

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("count", evaluate_crosstab, *_TABLE, counts=True, needs_value=False),
        Kind("sum", evaluate_crosstab, *_TABLE),
        Kind("mean", evaluate_crosstab, *_TABLE),
        Kind("percentage", evaluate_percentage, *_TABLE, counts=True, needs_value=False),
        Kind("median", evaluate_crosstab, *_CELLS),
        Kind("std", evaluate_crosstab, *_TABLE),
        Kind("quantiles", evaluate_quantiles, *_CELLS, labels=("quantile",)),
        Kind("extremes", evaluate_extremes, *_CELLS, labels=("extreme",)),
        Kind("mode", evaluate_mode, *_CELLS, rounds=False, needs_value=False),
        Kind("spread", evaluate_spread, *_CELLS, labels=("measure",)),
        Kind("histogram", evaluate_histogram, *_TABLE, counts=True, labels=("bin",)),
        Kind("survival", evaluate_survival, hide_flagged, attack_survival, rounds=False,
             needs_value=False, labels=("until",)),
        Kind("correlation", evaluate_correlation, *_CELLS, rounds=False, needs_value=False,
             labels=("row", "column"), by_dimensions=False),
        Kind("ols", evaluate_model, *_WHOLE, **_MODEL),
        Kind("logit", evaluate_model, *_WHOLE, **_MODEL),
        Kind("probit", evaluate_model, *_WHOLE, **_MODEL),
        Kind("poisson", evaluate_model, *_WHOLE, **_MODEL),
        Kind("custom", evaluate_custom, *_WHOLE, rounds=False, needs_value=False,
             labels=("file",), by_dimensions=False, hides=False),
    )
}  # fmt: skip


def kind_of(recipe: Recipe) -> Kind:
    """The kind of the recipe's statistic; anything outside the list is refused."""
    if not isinstance(recipe.statistic, str) or recipe.statistic not in KINDS:
        raise InvalidInputError(f"A statistic is one of {', '.join(KINDS)}, by name.")
    return KINDS[recipe.statistic]
