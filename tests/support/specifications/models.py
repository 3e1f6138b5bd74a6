"""The rules of regressions by example."""

from specifications.expectations import WHOLE, Finds, Gives
from specifications.forms import Ask, Case, Given, Specification, only

MEASURES = ("coefficient", "standard_error", "statistic", "p_value")


def _model(says, ask, policy, rule, finds, verdict=None):
    """A case of one model and one rule; a term stands for all its figures."""
    cells = [cell for item in finds for cell in ([item] if item == WHOLE else _figures(item))]
    given = verdict or ("UNSAFE" if cells else "SAFE")
    return Case(says, (ask,), policy, (Finds(rule, tuple(cells)), Gives(given)))


def _figures(term):
    return [(term, measure) for measure in MEASURES]


def _fit(family, formula, columns, rows, **study):
    return Ask(family, {"formula": formula}, Given(columns, rows), (), study)


def _line(count, family="ols", formula="y ~ x", **study):
    """Points near a line."""
    x, y = (1.0, 2.0, 3.0, 4.0, 5.0)[:count], (2.0, 1.0, 4.0, 3.0, 7.0)[:count]
    return _fit(family, formula, ("x", "y"), ((x, y),), **study)


def _groups(first, second, formula="y ~ C(g)", **study):
    """Two groups with their responses."""
    return _fit("ols", formula, ("g", "y"), (("a", first), ("b", second)), **study)


FIVE, TWO = (1.0, 3.0, 4.0, 6.0, 9.0), (2.0, 5.0)


def _degrees_of_freedom():
    rule = "degrees_of_freedom"
    three = only(minimum_degrees_of_freedom=3)
    panel = Given(("pupil", "x", "y"),
                  (((1, 2, 3, 4, 4), (1.0, 2.0, 3.0, 4.0, 5.0), (2.0, 1.0, 4.0, 3.0, 7.0)),))  # fmt: skip
    return Specification(
        "models", rule, "Residual degrees of freedom",
        "Units less coefficients are at least `minimum_degrees_of_freedom`. More records of one "
        "unit add none.",
        (
            _model("Five units less two coefficients.", _line(5), three, rule, []),
            _model("Four units less two.", _line(4), three, rule, [WHOLE]),
            _model("Five records of four pupils.",
                   Ask("ols", {"formula": "y ~ x"}, panel, (), {"unit": "pupil"}), three, rule,
                   [WHOLE]),
        ),
    )  # fmt: skip


def _minimum_units():
    rule = "minimum_units"
    three = only(minimum_units=3)
    rare = (0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0)
    dummy = _fit("ols", "y ~ x", ("x", "y"), ((rare, (*FIVE, *TWO)),))
    outcomes = _fit("logit", "passed ~ x", ("x", "passed"),
                    (((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), (0, 1, 0, 0, 1, 0, 0)),))  # fmt: skip
    return Specification(
        "models", rule, "Units behind every coefficient",
        "The model, every group behind a coefficient, its baseline, and every number that differs "
        "from its most frequent value have at least `minimum_units` units; so has each outcome of "
        "a response of 0 and 1. Otherwise coefficients tell means of few people.",
        (
            _model("Five and three.", _groups(FIVE, (*TWO, 6.0)), three, rule, []),
            _model("Two in group b: intercept and coefficient add up to their mean.",
                   _groups(FIVE, TWO), three, rule, ["C(g)[b]"]),
            _model("Two in the baseline a.", _groups(TWO, FIVE), three, rule,
                   ["C(g)[b]", WHOLE]),
            _model("A number that is zero for all but two.", dummy, three, rule, ["x"]),
            _model("Two of seven passed.", outcomes, three, rule, [WHOLE]),
        ),
    )  # fmt: skip


def _minimum_entities():
    rule = "minimum_entities"
    three = only(minimum_entities=3)
    columns = ("g", "school", "y")
    good = (("a", ("p", "q", "r", "r", "r"), FIVE), ("b", ("p", "q", "r"), (*TWO, 6.0)))
    bad = (good[0], ("b", ("p", "q", "q"), (*TWO, 6.0)))
    return Specification(
        "models", rule, "Entities behind every coefficient",
        "The same with schools, where they are known.",
        (
            _model("Three schools in each group.",
                   _fit("ols", "y ~ C(g)", columns, good, entity="school"), three, rule, []),
            _model("Two schools in group b.",
                   _fit("ols", "y ~ C(g)", columns, bad, entity="school"), three, rule,
                   ["C(g)[b]"]),
        ),
    )  # fmt: skip


def _unit_dominance():
    rule = "unit_dominance"
    half = only(maximum_unit_share=0.5)
    return Specification(
        "models", rule, "One unit dominates a response",
        "Fitted values of a group add up to its responses, so a coefficient follows the unit that "
        "dominates them. The largest unit has at most `maximum_unit_share` of the absolute "
        "response, in all and in every group behind a coefficient.",
        (
            _model("50 of 100 in group b.", _groups(FIVE, (30.0, 50.0, 20.0)), half, rule, []),
            _model("60 of 100 in group b.", _groups((40.0, 30.0, 35.0), (20.0, 60.0, 20.0)),
                   half, rule, ["C(g)[b]"]),
        ),
    )  # fmt: skip


def _entity_dominance():
    rule = "entity_dominance"
    half = only(maximum_entity_share=0.5)
    schools = (
        ("a", ("p", "q", "r"), (40.0, 30.0, 35.0)),
        ("b", ("q", "p", "q"), (20.0, 30.0, 50.0)),
    )
    ask = _fit("ols", "y ~ C(g)", ("g", "school", "y"), schools, entity="school")
    return Specification(
        "models", rule, "One entity dominates a response",
        "The same for schools. In the example school q has 70 of 100 in group b, and 100 of 205 in "
        "all.",
        (_model("School q.", ask, half, rule, ["C(g)[b]"]),),
    )  # fmt: skip


def _all_equal():
    rule = "all_equal"
    same = _fit("ols", "y ~ x", ("x", "y"), (((1.0, 2.0, 3.0, 4.0), (7.0,) * 4),))
    return Specification(
        "models", rule, "All responses are equal",
        "A model of a response that does not vary tells everybody's.",
        (_model("Everybody has 7.", same, only(), rule, [WHOLE]),
         _model("They differ.", _line(5), only(), rule, [])),
    )  # fmt: skip


def _collinear():
    rule = "collinear"
    twice = _fit("ols", "y ~ x + z", ("x", "z", "y"),
                 (((1.0, 2.0, 3.0, 4.0), (2.0, 4.0, 6.0, 8.0), (2.0, 1.0, 4.0, 3.0)),))  # fmt: skip
    one = _fit("ols", "y ~ x + C(g)", ("g", "x", "y"),
               (("a", (1.0, 2.0, 3.0, 4.0), (2.0, 1.0, 4.0, 3.0)),))  # fmt: skip
    return Specification(
        "models", rule, "Terms that repeat others",
        "A term that is a combination of others has no coefficient of its own, and a factor of one "
        "level distinguishes nobody. What is not understood is not released.",
        (
            _model("z is twice x.", twice, only(), rule, ["z"]),
            _model("g is a for everybody.", one, only(), rule, [WHOLE]),
            _model("One regressor.", _line(5), only(), rule, []),
        ),
    )  # fmt: skip


def _separation():
    rule = "separation"
    x = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    apart = _fit("logit", "passed ~ x", ("x", "passed"), ((x, (0, 0, 0, 1, 1, 1)),))
    mixed = _fit("logit", "passed ~ x", ("x", "passed"), ((x, (0, 0, 1, 0, 1, 1)),))
    return Specification(
        "models", rule, "Perfect separation",
        "When some value of the regressors tells the response for certain, whoever knows a "
        "person's regressors knows the response.",
        (
            _model("Who has 4 or more passed, nobody else did.", apart, only(), rule, [WHOLE]),
            _model("One with 3 passed, one with 4 did not.", mixed, only(), rule, []),
        ),
    )  # fmt: skip


def _saturated():
    rule = "saturated"
    three = only(minimum_units=3)
    return Specification(
        "models", rule, "Models that are tables",
        "Where regressors are categories, the fitted values are means of groups: the coefficients "
        "are a table, and the rules of tables judge it. Fewer than `minimum_units` units that "
        "nearly determine a fitted value are left to people.",
        (
            _model("A table of two means, one of two units.", _groups(FIVE, TWO), three, rule,
                   [WHOLE]),
            _model("One of three units.", _groups(FIVE, (*TWO, 6.0)), three, rule, []),
            _model("A line through numbers is no table.", _line(5), only(), rule, []),
        ),
    )  # fmt: skip


def _leverage():
    rule = "leverage"
    half = only(maximum_leverage=0.5)
    far = _fit("ols", "y ~ x", ("x", "y"),
               (((1.0, 2.0, 3.0, 4.0, 5.0, 50.0), (*FIVE, 2.0)),))  # fmt: skip
    near = _fit("ols", "y ~ x", ("x", "y"),
                (((1.0, 2.0, 3.0, 4.0, 5.0, 6.0), (*FIVE, 2.0)),))  # fmt: skip
    return Specification(
        "models", rule, "One unit determines its own fitted value",
        "The leverage (hat value) of a unit's records, added up, is at most `maximum_leverage`. A "
        "unit far from all others pulls the line to its own response. For a line through numbers "
        "the leverage is 1/n plus the squared distance to the mean over the sum of these.",
        (
            _model("The last is far away: its leverage is above 0.98.", far, half, rule,
                   [WHOLE]),
            _model("None of six equal steps has more than 11/21.", near, only(maximum_leverage=0.53),
                   rule, []),
        ),
    )  # fmt: skip


def _perfect_fit():
    rule = "perfect_fit"
    perfect = _fit("ols", "y ~ x", ("x", "y"),
                   (((1.0, 2.0, 3.0, 4.0, 5.0), (3.001, 5.0, 7.0, 9.0, 11.0)),))  # fmt: skip
    return Specification(
        "models", rule, "A perfect fit",
        "Without residuals the coefficients give every response.",
        (_model("y is 2 x + 1, but for a thousandth.", perfect, only(), rule, [WHOLE]),
         _model("Points beside a line.", _line(5), only(), rule, [])),
    )  # fmt: skip


def _unfinished():
    rule = "unfinished"
    large = _fit("ols", "y ~ x", ("x", "y"),
                 (((1.0, 2.0, 3.0, 4.0, 5.0), (2e200, 1e200, 4e200, 3e200, 7e200)),))  # fmt: skip
    return Specification(
        "models", rule, "A fit that did not end",
        "A model that did not converge, or some figure of which does not exist, is not understood.",
        (_model("The squares of the responses are too large to be numbers.", large, only(), rule,
                [WHOLE]),),
    )  # fmt: skip


SPECIFICATIONS: tuple[Specification, ...] = (
    _degrees_of_freedom(),
    _minimum_units(),
    _minimum_entities(),
    _unit_dominance(),
    _entity_dominance(),
    _all_equal(),
    _collinear(),
    _separation(),
    _saturated(),
    _leverage(),
    _perfect_fit(),
    _unfinished(),
)
"""In the order in which the rules are applied."""
