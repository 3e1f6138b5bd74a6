"""What the names of columns say, in English and Dutch. A name is judged by its words."""

import re
from collections.abc import Iterable

_WORD = re.compile(r"[a-zà-ÿ]+\d?|\d+", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")

COUNTS = frozenset(
    {
        "n", "nobs", "count", "counts", "cnt", "aantal", "aantallen", "freq", "frequency",
        "frequencies", "frequentie", "obs", "observations", "units", "records", "pupils",
        "leerlingen", "students", "studenten", "persons", "personen", "people", "respondents",
    }
)  # fmt: skip
"""Any of these words makes a column one of counts."""
TOTALS = frozenset({"total", "totaal", "number", "num", "sum"})
"""These do so when nothing else in the name says otherwise."""
FILLERS = frozenset({"of", "van", "the", "in", "all", "weighted", "unweighted", "rounded", "cell"})
STATISTICS = frozenset(
    {
        "mean", "average", "avg", "gemiddelde", "median", "mediaan", "sd", "std", "stdev", "se",
        "stderr", "error", "err", "var", "variance", "estimate", "coef", "coefficient",
        "coefficients", "beta", "odds", "or", "rr", "hr", "ratio", "rate", "p", "pvalue", "pval",
        "t", "z", "f", "chi2", "ci", "lower", "upper", "conf", "percentage", "percent", "pct",
        "perc", "share", "aandeel", "proportion", "prop", "density", "survival", "hazard", "r2",
        "quantile", "percentile", "q1", "q3", "value", "waarde", "statistic", "bin", "bins",
        "edge", "edges", "cumulative", "correlation", "cor", "auc", "sensitivity", "specificity",
    }
)  # fmt: skip
"""Words that say that a column holds a statistic of many units."""
PERSONS = frozenset(
    {
        "id", "ids", "pseudonym", "pseudoniem", "rin", "rinpersoon", "respondent", "pupil",
        "leerling", "student", "person", "persoon", "patient", "participant", "deelnemer", "child",
        "uuid", "guid", "naam", "name", "surname", "achternaam", "voornaam",
    }
)  # fmt: skip
"""Words that say that a column tells one unit from another."""
IDENTIFIERS = frozenset(
    {
        "bsn", "sofinummer", "burgerservicenummer", "onderwijsnummer", "ondwnr", "eckid", "iban",
        "email", "telefoon", "telefoonnummer", "phone", "surname", "achternaam", "voornaam",
    }
)  # fmt: skip
"""Words that name a direct identifier."""
BIRTHS = frozenset(
    {"dob", "birth", "birthdate", "birthday", "geboortedatum", "geboorte", "geboren"}
)
CODES = frozenset(
    {
        "year", "jaar", "grade", "groep", "leerjaar", "age", "leeftijd", "level", "niveau", "month",
        "maand", "quarter", "kwartaal", "week", "day", "dag", "code", "class", "klas", "category",
        "categorie", "rank", "order", "term", "df", "dof", "lag", "wave", "decile", "quintile",
        "quartile", "bin", "index", "row", "column", "x", "step", "iteration", "model", "cohort",
        "period", "time", "tijd", "size", "width", "height", "opacity",
    }
)  # fmt: skip
"""Words of columns whose small whole numbers are no counts."""


def words_of(name: str) -> frozenset[str]:
    """The words in a name, in lower case: ``nPupils_2020`` has n, pupils and 2020."""
    return frozenset(word.lower() for word in _WORD.findall(_HUMP.sub(" ", name)))


def is_count(words: Iterable[str]) -> bool:
    """Whether a name with these words is one of counts."""
    own = set(words)
    return bool(own & COUNTS) or bool(own & TOTALS and own <= TOTALS | FILLERS)


def is_statistic(words: Iterable[str]) -> bool:
    """Whether a name with these words is one of statistics."""
    return not STATISTICS.isdisjoint(words)
