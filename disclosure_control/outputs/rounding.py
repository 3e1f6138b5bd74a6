"""Rounding of figures, and the rule that what a policy wants rounded is rounded."""

import polars as pl

from disclosure_control.outputs.evaluation import Evaluation
from disclosure_control.outputs.recipe import Recipe
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding


def rounded(evaluation: Evaluation, recipe: Recipe, policy: Policy) -> pl.Series:
    """The figures as shown: to multiples of the recipe's base, half away from zero.

    Percentages are taken of rounded counts, so that they do not give the true ones back.
    """
    figures = evaluation.figures["value"]
    base = recipe.rounding
    if recipe.statistic == "percentage":
        return _percentages(evaluation, base, policy)
    if base is None:
        return figures
    sign = pl.col("value").sign()
    whole = sign * (pl.col("value").abs() / base + 0.5).floor() * base
    return evaluation.figures.select(whole.alias("value")).to_series()


def _percentages(evaluation: Evaluation, base: int | None, policy: Policy) -> pl.Series:
    part, total = (evaluation.extra[name].cast(pl.Float64) for name in ("part", "total"))
    if base is not None:
        part, total = ((line / base + 0.5).floor() * base for line in (part, total))
    frame = pl.DataFrame({"part": part, "total": total})
    share = pl.when(pl.col("total") > 0).then(100.0 * pl.col("part") / pl.col("total"))
    digits = share.round_sig_figs(12)
    clamped = digits.clip(policy.percentage_floor, policy.percentage_ceiling)
    # The total itself is 100 by definition; a clamp would only hide that.
    whole = pl.when(evaluation.extra["is_total"]).then(digits).otherwise(clamped)
    return frame.select(whole.alias("value")).to_series()


def rounding_findings(recipe: Recipe, policy: Policy) -> list[Finding]:
    """A finding on the whole when the policy wants counts rounded and they are not."""
    from disclosure_control.outputs.kinds import kind_of

    base = policy.rounding_base
    done = recipe.rounding is not None and base is not None and recipe.rounding % base == 0
    if base is None or done or not kind_of(recipe).counts:
        return []
    reason = f"counts are to be rounded to multiples of {base}"
    return [Finding((), "rounding", reason, f"use .protect() or .round({base})")]
