"""Fitting: statsmodels on plain arrays. What cannot be fitted is a problem by name, no crash."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from disclosure_control.errors import InvalidInputError
from disclosure_control.models.algebra import Floats, dependent
from disclosure_control.models.design import Design
from disclosure_control.models.separation import is_separated

FAMILIES = ("ols", "logit", "probit", "poisson")
MEASURES = ("coefficient", "standard_error", "statistic", "p_value")
_STEPS = 100
"""How many steps the iterations of logit, probit and poisson may take."""

COLLINEAR, ALL_EQUAL, SEPARATION, UNFINISHED = "collinear", "all_equal", "separation", "unfinished"


@dataclass(frozen=True, repr=False, eq=False)
class Fit:
    """A fitted regression, or why there is none.

    Args:
        family: ``ols``, ``logit``, ``probit`` or ``poisson``.
        problems: ``collinear``, ``all_equal``, ``separation``, ``unfinished``; empty when fitted.
        dependent: places of columns that are combinations of earlier ones.
        rank: how many columns are not.
        measures: coefficient, standard_error, statistic (t for ols, else z) and p_value, each one
            number per column; NaN without a fit.
        summary: r_squared or pseudo_r_squared (McFadden) and log_likelihood; NaN without a fit.
        weights: the weight of one row of every group in the last step of the iteration; 1 for ols.
        unexplained: the squared residuals as a share of the variation of the response.
    """

    family: str
    problems: tuple[str, ...]
    dependent: tuple[int, ...]
    rank: int
    measures: Mapping[str, Floats]
    summary: Mapping[str, float]
    weights: Floats
    unexplained: float = float("nan")


@dataclass(frozen=True)
class _Estimate:
    """What comes back from the fitting library, in plain numbers."""

    measures: Mapping[str, Floats]
    finished: bool
    fitted: Floats
    weights: Floats
    summary: Mapping[str, float]


def fit(design: Design, family: str) -> Fit:
    """The regression ``family`` of ``design``.

    Nothing is fitted to dependent columns, equal responses, or separated groups.

    Raises:
        InvalidInputError: an unknown family, or a response that it does not model.
    """
    check_response(design, family)
    found = dependent(design.upper)
    problems = [COLLINEAR] if found else []
    if np.ptp(design.response) == 0:
        problems.append(ALL_EQUAL)
    elif family != "ols" and _separated(design, family):
        problems.append(SEPARATION)
    if problems:
        return _without(design, family, tuple(problems), tuple(found))
    estimate = _estimated(design, family)
    if estimate is None:
        return _without(design, family, (UNFINISHED,), ())
    numbers = [
        *estimate.measures.values(),
        np.array(list(estimate.summary.values())),
        estimate.weights,
    ]
    sound = estimate.finished and all(np.isfinite(values).all() for values in numbers)
    return Fit(
        family=family,
        problems=() if sound else (UNFINISHED,),
        dependent=(),
        rank=len(design.columns),
        measures=estimate.measures,
        summary=estimate.summary,
        weights=estimate.weights,
        unexplained=_unexplained(design.response, estimate.fitted),
    )


def _unexplained(response: Floats, fitted: Floats) -> float:
    with np.errstate(all="ignore"):
        variation = np.square(response - response.mean()).sum()
        return float(np.square(response - fitted).sum() / variation)


def check_response(design: Design, family: str) -> None:
    """Raises ``InvalidInputError`` unless the family exists and models such a response."""
    if not isinstance(family, str) or family not in FAMILIES:
        raise InvalidInputError(f"A family is one of {', '.join(FAMILIES)}, by name.")
    if family in {"logit", "probit"} and not design.binary:
        raise InvalidInputError(f"The response of a {family} is 0 or 1 (or false and true).")
    if family == "poisson" and bool((design.response < 0).any()):
        raise InvalidInputError("The response of a poisson model is at least 0.")


def _separated(design: Design, family: str) -> bool:
    """Judged on the distinct rows: how often each occurs does not matter."""
    kinds = design.groups * 2 + (design.response > 0)
    _, rows = np.unique(kinds, return_index=True)
    return is_separated(design.matrix[rows], design.response[rows], family)


def _estimated(design: Design, family: str) -> _Estimate | None:
    """The estimate; null when the library gives up. Its warnings and messages go nowhere."""
    scaled = design.matrix / design.scale
    with warnings.catch_warnings(record=True) as said, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        from statsmodels.tools.sm_exceptions import ModelWarning

        try:
            found = (
                _linear(design, scaled) if family == "ols" else _iterated(design, scaled, family)
            )
        except Exception:  # noqa: BLE001 - whatever stops the library, there is no model
            return None
        doubts = any(issubclass(item.category, ModelWarning) for item in said)
    return None if doubts else found


def _linear(design: Design, scaled: Floats) -> _Estimate:
    from statsmodels.regression.linear_model import OLS

    result = OLS(design.response, scaled).fit()
    summary = {"r_squared": float(result.rsquared), "log_likelihood": float(result.llf)}
    fitted = np.asarray(result.fittedvalues, dtype=np.float64)
    return _Estimate(
        _measures(result, design.scale), True, fitted, np.ones(len(design.first)), summary
    )


def _iterated(design: Design, scaled: Floats, family: str) -> _Estimate:
    from statsmodels.discrete.discrete_model import Logit, Poisson, Probit

    kind = {"logit": Logit, "probit": Probit, "poisson": Poisson}[family]
    result = kind(design.response, scaled).fit(disp=0, maxiter=_STEPS, method="newton")
    likelihood = float(result.llf)
    share = 1 - likelihood / _without_terms(design.response, family)
    summary = {"pseudo_r_squared": share, "log_likelihood": likelihood}
    rows = scaled[design.first]
    mean = np.asarray(result.model.predict(result.params, rows), dtype=np.float64)
    weights = _weights(rows @ result.params, mean, family)
    converged = bool(result.mle_retvals["converged"])
    measures = _measures(result, design.scale)
    return _Estimate(measures, converged, mean[design.groups], weights, summary)


def _weights(linear: Floats, mean: Floats, family: str) -> Floats:
    """Fisher's information about the linear predictor of one record."""
    from scipy.stats import norm

    if family == "poisson":
        return mean
    if family == "logit":
        return mean * (1 - mean)
    # In logarithms, because means close to 1 are rounded to 1.
    both = norm.logcdf(linear) + norm.logcdf(-linear)
    return np.asarray(np.exp(2 * norm.logpdf(linear) - both), dtype=np.float64)


def _without_terms(response: Floats, family: str) -> float:
    """The log-likelihood of the model with an intercept only: every fitted value is the mean."""
    from scipy.special import gammaln, xlogy

    mean, rows = float(response.mean()), len(response)
    if family == "poisson":
        constants = float(gammaln(response + 1).sum())
        return float(rows * (xlogy(mean, mean) - mean)) - constants
    return float(rows * (xlogy(mean, mean) + xlogy(1 - mean, 1 - mean)))


def _measures(result: Any, size: Floats) -> dict[str, Floats]:
    """The measures of the columns as they were before scaling."""
    numbers = (result.params / size, result.bse / size, result.tvalues, result.pvalues)
    return {
        name: np.asarray(values, dtype=np.float64)
        for name, values in zip(MEASURES, numbers, strict=True)
    }


def _without(design: Design, family: str, problems: tuple[str, ...], found: tuple[int, ...]) -> Fit:
    """No fit, and why."""
    width = len(design.columns)
    nothing = {name: np.full(width, np.nan) for name in MEASURES}
    shown = "r_squared" if family == "ols" else "pseudo_r_squared"
    summary = {shown: float("nan"), "log_likelihood": float("nan")}
    ones = np.ones(len(design.first))
    return Fit(family, problems, found, width - len(found), nothing, summary, ones)
