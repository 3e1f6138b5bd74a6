"""What a specification is made of: given records, what is asked, and what is expected.

Everything here is data, so that the same objects run as tests and print as pages of the manual.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

import disclosure_control as dc
from specifications.expectations import Expectation

REPEATED = "records"
"""The column of ``Given`` that says how many records a row stands for."""
FAMILIES = {
    "tables": "Tables",
    "outputs": "Other outputs",
    "models": "Regressions",
    "correlations": "Correlations",
    "files": "Files made elsewhere",
    "together": "Outputs together",
    "desk": "What is handed in",
}
"""Where rules belong, and the heading in the manual."""


@dataclass(frozen=True)
class Given:
    """Records in short: a row may stand for several.

    Args:
        columns: names; ``records`` says how many records a row stands for.
        rows: a tuple or range in a row is spread over as many records.
        kinds: polars types of columns that need one.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    kinds: Mapping[str, Any] = field(default_factory=dict)

    def frame(self) -> pl.DataFrame:
        """The records."""
        names = [name for name in self.columns if name != REPEATED]
        found = [record for row in self.rows for record in self._spread(row)]
        schema = {name: self.kinds.get(name) for name in names}
        return pl.DataFrame(found, schema=schema, orient="row", infer_schema_length=None)

    def _spread(self, row: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        own = dict(zip(self.columns, row, strict=True))
        repeated = own.pop(REPEATED, None)
        sizes = {len(value) for value in own.values() if isinstance(value, tuple | range)}
        if len(sizes) > 1 or (sizes and repeated is not None):
            raise ValueError(row)
        many = sizes.pop() if sizes else 1 if repeated is None else repeated
        return [
            tuple(v[at] if isinstance(v, tuple | range) else v for v in own.values())
            for at in range(many)
        ]


@dataclass(frozen=True)
class File:
    """A file made elsewhere."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Tree:
    """A hierarchy by child and parent; what has no parent lies below the total."""

    parents: Mapping[str, str]

    def build(self) -> dc.Hierarchy:
        """The hierarchy."""
        return dc.Hierarchy.from_parents(self.parents)


@dataclass(frozen=True)
class Ask:
    """One call of the library.

    Args:
        call: ``count_table``, ``magnitude_table`` or a method of ``Study`` that makes an output.
        arguments: of the call, by name, without the frame.
        given: the records or the file.
        then: what is done with the output afterwards: a method's name and its arguments.
        study: arguments of the study; a table's other arguments stand in ``arguments``.
    """

    call: str
    arguments: Mapping[str, Any]
    given: Given | File
    then: tuple[tuple[Any, ...], ...] = ()
    study: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HandIn:
    """Figures as somebody hands them in: those of the output, with changes.

    Args:
        changes: cell and its value and status in the hand-in.
        without: cells left out.
    """

    changes: Mapping[tuple[str, ...], tuple[float | None, str]] = field(default_factory=dict)
    without: Sequence[tuple[str, ...]] = ()


@dataclass(frozen=True)
class Case:
    """An example with what is expected of it.

    Args:
        says: what it shows, in a sentence.
        asks: one call; several are judged together.
        policy: a policy or its name.
        expects: what must hold.
        hand_in: null, or what is handed in instead of the figures.
        elsewhere: what another checker was seen to do.
    """

    says: str
    asks: tuple[Ask, ...]
    policy: dc.Policy | str
    expects: tuple[Expectation, ...]
    hand_in: HandIn | None = None
    elsewhere: str = ""


@dataclass(frozen=True)
class Specification:
    """A rule in words and by example. ``family`` is one of ``FAMILIES``."""

    family: str
    rule: str
    title: str
    words: str
    cases: tuple[Case, ...]


def only(**numbers: Any) -> dc.Policy:
    """A policy with these numbers and nothing else that could be broken."""
    quiet = {"minimum_units": 1, "minimum_degrees_of_freedom": 1, "maximum_leverage": 1.0}
    chosen = quiet | numbers
    return dc.Policy(name="example", **chosen)


def counted(names: Sequence[str], counts: Mapping[Any, int], **kinds: Any) -> Given:
    """So many records for each cell."""
    rows = tuple((*_key(key), number) for key, number in counts.items())
    return Given((*names, REPEATED), rows, kinds)


def valued(names: Sequence[str], value: str, values: Mapping[Any, Any], **kinds: Any) -> Given:
    """A record for every value of each cell."""
    rows = tuple((*_key(key), several) for key, several in values.items())
    return Given((*names, value), rows, {value: pl.Float64} | kinds)


def _key(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)
