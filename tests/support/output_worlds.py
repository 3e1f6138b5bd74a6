"""Outputs of every kind on the same made-up records, for tests that hold for all of them."""

from random import Random

import polars as pl

import disclosure_control as dc

ROWS = 400


def people(seed=0, rows=ROWS):
    """Pupils with a school, two dimensions, values and a weight; some values are missing."""
    random = Random(seed)
    made = []
    for at in range(rows):
        g = random.choice("aaaabbbc")
        made.append(
            {
                "g": g,
                "h": random.choice({"a": "xxxxy", "b": "xyz", "c": "xyyyyyzzzzz"}[g]),
                "v": None if random.random() < 0.05 else float(random.randrange(1, 60)),
                "x": random.gauss(0, 1),
                "t": float(random.randrange(1, 9)),
                "event": float(random.random() < 0.4),
                "w": random.choice((0.5, 1.0, 2.0)),
                "unit": f"u{at}",
                "school": f"s{at % 9}",
            }
        )
    made[0] |= {"g": "c", "h": "z", "v": 900.0}
    return pl.DataFrame(made, schema_overrides={"v": pl.Float64})


def _crosstab(statistic, **more):
    values = None if statistic in {"count", "percentage"} else "v"

    def make(study, data):
        return study.crosstab(data, ["g"], ["h"], values=values, statistic=statistic, **more)

    return make


def _model(call, formula):
    return lambda study, data: getattr(study, call)(data, formula)


KINDS = {
    **{name: _crosstab(name) for name in ("count", "sum", "mean", "percentage", "median", "std")},
    "weighted": _crosstab("sum", weight="w"),
    "quantiles": lambda study, data: study.quantiles(data, "v", by=["g"]),
    "quantiles of all": lambda study, data: study.quantiles(data, "v"),
    "extremes": lambda study, data: study.extremes(data, "v", by=["g"]),
    "mode": lambda study, data: study.mode(data, "h", by=["g"]),
    "spread": lambda study, data: study.spread(data, "v", by=["g"]),
    "iqr": lambda study, data: study.spread(data, "v", by=["g"], measure="iqr"),
    "histogram": lambda study, data: study.histogram(data, "v", by=["g"]),
    "survival": lambda study, data: study.survival(
        data, "t", "event", by=["g"], times=[2.0, 4.0, 6.0]
    ),
    "correlation": lambda study, data: study.correlation(data, ["v", "x", "t"]),
    "ols": _model("ols", "v ~ x + C(g)"),
    "logit": _model("logit", "event ~ x"),
    "probit": _model("probit", "event ~ x"),
    "poisson": _model("poisson", "t ~ x"),
}
"""Name and how the output is made."""
TABLES = ("count", "sum", "mean", "percentage", "std", "weighted", "histogram")
BY_CELL = (
    "median",
    "quantiles",
    "quantiles of all",
    "extremes",
    "mode",
    "spread",
    "iqr",
    "survival",
)
VALUED = ("sum", "mean", "median", "std", "weighted", "quantiles", "extremes", "spread", "iqr")
"""Kinds of figures of ``v`` by ``g``."""


def study_of(policy="cbs"):
    """A study of the pupils."""
    return dc.Study(policy=policy, unit="unit", entity="school")


def output_of(kind, data=None, policy="cbs"):
    """The output of that kind."""
    return KINDS[kind](study_of(policy), people() if data is None else data)


def protected(output):
    """The output after protection; null when it cannot be protected."""
    try:
        return output.protect()
    except dc.ProtectionError:
        return None


def shown(output):
    """The cells that are shown, with their values."""
    rows = output.released.filter(pl.col("status") == "shown").drop("status").iter_rows()
    return {row[:-1]: row[-1] for row in rows}
