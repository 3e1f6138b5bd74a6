"""Formulas of regressions: a small closed grammar, read as data and never evaluated.

A formula may come from an untrusted bundle. It is split at ``~``, ``+``, ``-``, ``*`` and ``:``;
what remains must be a column or one of a few functions of one column. There is no nesting to
descend into, and no text ever reaches another parser.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from disclosure_control.errors import InvalidInputError

MAXIMUM_LENGTH = 5_000
MAXIMUM_TERMS = 200
MAXIMUM_FACTORS = 5
"""How many factors one interaction has."""

CATEGORICAL = "C"
TRANSFORMS = ("log", "sqrt", "square")
ACCEPTED = (
    "A formula reads: response ~ term + term, where the response is a column or log(column); a "
    "term is a column, C(column), log(column), sqrt(column), square(column) or I(column**2), or an "
    "interaction a:b or a*b of these; 1 is the intercept, 0 or - 1 leaves it out; names with odd "
    "characters stand in backticks."
)

_TOKEN = re.compile(
    r"(?P<space>\s+)|`(?P<quoted>[^`]+)`|(?P<name>[^\W\d][\w.]*)|(?P<mark>\*\*|[~+\-*:()]|[012](?![\w.]))"
)
_PLAIN = re.compile(r"[^\W\d][\w.]*")


@dataclass(frozen=True)
class Factor:
    """A column as a formula uses it.

    Args:
        name: the column.
        transform: empty, ``C`` for a categorical, or one of ``TRANSFORMS``.
    """

    name: str
    transform: str = ""

    @property
    def text(self) -> str:
        """As it stands in a formula."""
        name = self.name if _PLAIN.fullmatch(self.name) else f"`{self.name}`"
        return f"{self.transform}({name})" if self.transform else name


@dataclass(frozen=True)
class Term:
    """A product of factors; one factor is a main effect."""

    factors: tuple[Factor, ...]

    @property
    def text(self) -> str:
        """As it stands in a formula."""
        return ":".join(factor.text for factor in self.factors)


@dataclass(frozen=True)
class Formula:
    """What is explained, and by what.

    Args:
        response: the explained column, perhaps its logarithm.
        terms: each once, in the order of the text, ``a*b`` written out.
        intercept: whether there is one.
    """

    response: Factor
    terms: tuple[Term, ...]
    intercept: bool

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The factors of all terms, each once."""
        return tuple(dict.fromkeys(factor for term in self.terms for factor in term.factors))

    @property
    def variables(self) -> tuple[str, ...]:
        """The columns that are read, the response first."""
        return tuple(dict.fromkeys(item.name for item in (self.response, *self.factors)))

    @property
    def numeric(self) -> tuple[str, ...]:
        """Columns that the text itself makes numeric: the response and what is transformed."""
        known = (item.name for item in self.factors if item.transform in TRANSFORMS)
        return tuple(dict.fromkeys((self.response.name, *known)))

    @property
    def categorical(self) -> tuple[str, ...]:
        """Columns that the text itself makes categorical. The others depend on their type."""
        known = (item.name for item in self.factors if item.transform == CATEGORICAL)
        return tuple(dict.fromkeys(known))

    @property
    def text(self) -> str:
        """The formula written in one way."""
        right = [*([] if self.intercept else ["0"]), *(term.text for term in self.terms)]
        return f"{self.response.text} ~ {' + '.join(right) or '1'}"


@dataclass(frozen=True)
class _Token:
    """A word of the formula; ``kind`` is name, quoted or mark."""

    kind: str
    text: str
    place: int


def parse_formula(text: str) -> Formula:
    """The formula that ``text`` writes.

    Raises:
        InvalidInputError: anything outside the grammar, or too long; the text is not repeated.
    """
    if not isinstance(text, str) or len(text) > MAXIMUM_LENGTH:
        raise InvalidInputError(f"A formula is text of at most {MAXIMUM_LENGTH:,} characters.")
    tokens = tuple(_tokens(text))
    halves = list(_split(tokens, "~"))
    if len(halves) != 2:
        raise InvalidInputError(f"A formula has one ~. {ACCEPTED}")
    response = _factor(halves[0])
    if response.transform not in {"", "log"}:
        raise _refused(halves[0])
    terms, intercept = _right(halves[1])
    formula = Formula(response, terms, intercept)
    _check(formula)
    return formula


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise InvalidInputError(f"Character {place + 1} is not understood. {ACCEPTED}")
        kind = str(found.lastgroup)
        word = found[kind]
        if kind == "quoted" and not word.isprintable():
            raise InvalidInputError(f"Character {place + 1} opens a name that cannot be printed.")
        if kind != "space":
            yield _Token(kind, word, place + 1)
        place = found.end()


def _is_mark(token: _Token, marks: str) -> bool:
    return token.kind == "mark" and token.text in marks.split()


def _split(tokens: tuple[_Token, ...], marks: str) -> Iterator[tuple[_Token, ...]]:
    """The parts between the marks, empty ones included."""
    part: list[_Token] = []
    for token in tokens:
        if _is_mark(token, marks):
            yield tuple(part)
            part = []
        else:
            part.append(token)
    yield tuple(part)


def _right(tokens: tuple[_Token, ...]) -> tuple[tuple[Term, ...], bool]:
    """Terms and intercept of the right-hand side."""
    signs = [token.text for token in tokens if _is_mark(token, "+ -")]
    parts = list(_split(tokens, "+ -"))
    if signs and not parts[0]:  # the side begins with a sign
        parts = parts[1:]
    else:
        signs = ["+", *signs]
    terms: dict[frozenset[Factor], Term] = {}
    stated: list[bool] = []
    for sign, part in zip(signs, parts, strict=True):
        if len(part) == 1 and _is_mark(part[0], "0 1"):
            if sign == "-" and part[0].text == "0":
                raise _refused(part)
            stated.append(sign == "+" and part[0].text == "1")
        elif sign == "-":
            raise _refused(part)
        else:
            for term in _product(part):
                terms.setdefault(frozenset(term.factors), term)
        if len(terms) > MAXIMUM_TERMS:
            raise InvalidInputError(f"A formula has at most {MAXIMUM_TERMS} terms.")
    if len(stated) > 1:
        raise InvalidInputError(f"The intercept is named once at most. {ACCEPTED}")
    return tuple(terms.values()), (stated or [True])[0]


def _product(tokens: tuple[_Token, ...]) -> Iterator[Term]:
    """The terms of ``a*b:c``: every product of the parts between the stars."""
    parts = [
        tuple(dict.fromkeys(_factor(one) for one in _split(part, ":")))
        for part in _split(tokens, "*")
    ]
    if sum(len(part) for part in parts) > MAXIMUM_FACTORS:
        raise InvalidInputError(f"An interaction has at most {MAXIMUM_FACTORS} factors.")
    for size in range(1, len(parts) + 1):
        for chosen in combinations(parts, size):
            yield Term(tuple(dict.fromkeys(factor for part in chosen for factor in part)))


def _factor(tokens: tuple[_Token, ...]) -> Factor:
    """A column, or one of the functions of one column."""
    shape = " ".join(token.text if token.kind == "mark" else token.kind for token in tokens)
    shape = shape.replace("quoted )", "name )").replace("quoted **", "name **")
    if shape in {"name", "quoted"}:
        return Factor(tokens[0].text)
    function = tokens[0].text if tokens else ""
    if shape == "name ( name )" and function in {CATEGORICAL, *TRANSFORMS}:
        return Factor(tokens[2].text, function)
    if shape == "name ( name ** 2 )" and function == "I":
        return Factor(tokens[2].text, "square")
    raise _refused(tokens)


def _check(formula: Formula) -> None:
    if not formula.terms and not formula.intercept:
        raise InvalidInputError(f"A formula explains the response by something. {ACCEPTED}")
    if formula.response.name in _names(formula.factors):
        raise InvalidInputError("The response does not explain itself: leave it out of the terms.")
    others = (item for item in formula.factors if item.transform != CATEGORICAL)
    mixed = sorted(set(formula.categorical) & _names(others))
    if mixed:
        raise InvalidInputError(
            f"A column stands in C() everywhere or nowhere: {', '.join(mixed)}."
        )


def _names(factors: Iterable[Factor]) -> set[str]:
    return {factor.name for factor in factors}


def _refused(tokens: tuple[_Token, ...]) -> InvalidInputError:
    where = f"The part at character {tokens[0].place}" if tokens else "An empty part"
    return InvalidInputError(f"{where} is not understood. {ACCEPTED}")
