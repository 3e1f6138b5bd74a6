"""The rules of models, in the order in which they are applied. One rule, one file."""

from disclosure_control.models.rules.all_equal import all_equal
from disclosure_control.models.rules.collinear import collinear
from disclosure_control.models.rules.degrees_of_freedom import degrees_of_freedom
from disclosure_control.models.rules.dominance import entity_dominance, unit_dominance
from disclosure_control.models.rules.leverage import leverage
from disclosure_control.models.rules.minimum_entities import minimum_entities
from disclosure_control.models.rules.minimum_units import minimum_units
from disclosure_control.models.rules.perfect_fit import perfect_fit
from disclosure_control.models.rules.rule import Model, ModelRule
from disclosure_control.models.rules.saturated import saturated
from disclosure_control.models.rules.separation import separation
from disclosure_control.models.rules.unfinished import unfinished

_DWB = "DwB / ESSnet guidelines for output checking"
_SACRO = "SACRO guide, class of correlation coefficients and regressions"
_HANDBOOK = "SDC Handbook (SDAP), section on regressions"

MODEL_RULES: tuple[ModelRule, ...] = (
    ModelRule("degrees_of_freedom", degrees_of_freedom, "every model",
         "distinct units less the rank are at least minimum_degrees_of_freedom",
         f"{_DWB}, rule of thumb 2; {_SACRO}"),
    ModelRule("minimum_units", minimum_units, "every model",
         "the model, every level and combination of levels behind a coefficient, baselines "
         "included, and every number that differs from its most frequent value have at least "
         "minimum_units units; so has each outcome of a response of 0 and 1",
         f"{_DWB}, rule of thumb 1"),
    ModelRule("minimum_entities", minimum_entities, "every model, when entities are known",
         "the same with minimum_entities entities", "own choice"),
    ModelRule("unit_dominance", unit_dominance, "responses other than 0 and 1",
         "the largest unit has at most maximum_unit_share of the absolute response, in the model "
         "and in every group behind a coefficient", f"{_DWB}, rule of thumb 4"),
    ModelRule("entity_dominance", entity_dominance,
         "responses other than 0 and 1, when entities are known",
         "the same for the largest entity and maximum_entity_share", f"{_DWB}, rule of thumb 4"),
    ModelRule("all_equal", all_equal, "every model",
         "not everybody has the same response", "SACRO guide, class of linear aggregations"),
    ModelRule("collinear", collinear, "every model",
         "no term is a combination of others, and every factor has two levels", "own choice"),
    ModelRule("separation", separation, "logit, probit, poisson",
         "no response follows from the regressors for certain", _HANDBOOK),
    ModelRule("saturated", saturated, "every model",
         "group means that follow from the coefficients (hat value 1) pass the rules of tables; "
         "fewer than minimum_units units do not nearly determine a fitted value (else people "
         "decide)", f"{_HANDBOOK}: saturated models"),
    ModelRule("leverage", leverage, "every model",
         "the hat values of a unit's records add up to at most maximum_leverage", "own choice"),
    ModelRule("perfect_fit", perfect_fit, "every model",
         "the residuals are not practically zero", _HANDBOOK),
    ModelRule("unfinished", unfinished, "every model",
         "the fit converged and all its figures exist", "own choice"),
)  # fmt: skip
"""Every rule of regressions with the models it applies to."""

__all__ = ["MODEL_RULES", "Model", "ModelRule"]
