"""What can be expected of an example. Each says itself in a sentence and checks itself.

``broken`` returns the sentences that tell what is wrong; nothing when the expectation holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

import disclosure_control as dc

Cell = tuple[str, ...]
WHOLE: Cell = ()
"""A finding on the whole output."""


class Outcome(Protocol):
    """What came of an example."""

    verdict: dc.Verdict
    found: list[tuple[Cell, str, str]]
    """Cell, rule and reason of every finding."""

    refused: bool
    output: Any
    protected: Any
    equations: list[str]


class Expectation(Protocol):
    """Something that must hold."""

    def says(self) -> str:
        """The sentence in the manual."""

    def broken(self, outcome: Outcome) -> list[str]:
        """What is wrong."""


def in_words(cells: tuple[Cell, ...]) -> str:
    """Cells as the manual writes them."""
    return ", ".join(
        "(" + ", ".join(dc.plain(text) or '""' for text in cell) + ")" if cell else "the whole"
        for cell in cells
    )


def _difference(wanted: object, got: object) -> list[str]:
    return [] if wanted == got else [f"expected {wanted}, got {got}"]


@dataclass(frozen=True)
class Finds:
    """The rule finds exactly these cells."""

    rule: str
    cells: tuple[Cell, ...] = ()

    def says(self) -> str:
        """The sentence in the manual."""
        return f"`{self.rule}` finds {in_words(self.cells) or 'nothing'}"

    def broken(self, outcome: Outcome) -> list[str]:
        """Cells that are missing or too many."""
        got = sorted({cell for cell, rule, _ in outcome.found if rule == self.rule})
        return _difference(sorted(self.cells), got)


@dataclass(frozen=True)
class Gives:
    """The verdict."""

    verdict: str

    def says(self) -> str:
        """The sentence in the manual."""
        return f"the verdict is **{self.verdict}**"

    def broken(self, outcome: Outcome) -> list[str]:
        """Another verdict."""
        return _difference(self.verdict, outcome.verdict.name)


@dataclass(frozen=True)
class Reasons:
    """Some reason of the rule has these words."""

    rule: str
    words: str

    def says(self) -> str:
        """The sentence in the manual."""
        return f"`{self.rule}` says: {self.words}"

    def broken(self, outcome: Outcome) -> list[str]:
        """No such reason."""
        reasons = [reason for _, rule, reason in outcome.found if rule == self.rule]
        return [] if any(self.words in text for text in reasons) else [f"not in {reasons}"]


@dataclass(frozen=True)
class Refuses:
    """The question itself is refused."""

    def says(self) -> str:
        """The sentence in the manual."""
        return "it is refused with an error; there is no output"

    def broken(self, outcome: Outcome) -> list[str]:
        """It was answered."""
        return [] if outcome.refused else ["it was answered"]


@dataclass(frozen=True)
class Masks:
    """These cells are not shown, before anything is protected."""

    cells: tuple[Cell, ...]

    def says(self) -> str:
        """The sentence in the manual."""
        return f"masked at once: {in_words(self.cells)}"

    def broken(self, outcome: Outcome) -> list[str]:
        """Cells that show a value, or others that do not."""
        return _difference(sorted(self.cells), hidden(outcome.output.released))


@dataclass(frozen=True)
class Hides:
    """Protection hides these cells (and may hide others)."""

    cells: tuple[Cell, ...]
    exactly: bool = False

    def says(self) -> str:
        """The sentence in the manual."""
        what = "exactly" if self.exactly else "among others"
        return f"protection hides {what} {in_words(self.cells)}, and the verdict is then **SAFE**"

    def broken(self, outcome: Outcome) -> list[str]:
        """Cells that are shown, or a verdict that is not SAFE."""
        got = hidden(outcome.protected.released)
        wrong = _difference("SAFE", outcome.protected.verdict.name)
        if self.exactly:
            return wrong + _difference(sorted(self.cells), got)
        return wrong + [f"{cell} is shown" for cell in self.cells if cell not in got]


@dataclass(frozen=True)
class Keeps:
    """After protection these cells are shown with these values."""

    values: Mapping[Cell, float]

    def says(self) -> str:
        """The sentence in the manual."""
        return "after protection: " + equalities(self.values)

    def broken(self, outcome: Outcome) -> list[str]:
        """Cells that are hidden or have another value."""
        shown = values(outcome.protected.released)
        return _difference(dict(self.values), {cell: shown.get(cell) for cell in self.values})


@dataclass(frozen=True)
class Shows:
    """These cells are shown with these values, before protection."""

    values: Mapping[Cell, float]

    def says(self) -> str:
        """The sentence in the manual."""
        return "shown: " + equalities(self.values)

    def broken(self, outcome: Outcome) -> list[str]:
        """Cells that are masked or have another value."""
        shown = values(outcome.output.released)
        return _difference(dict(self.values), {cell: shown.get(cell) for cell in self.values})


@dataclass(frozen=True)
class NeverShows:
    """No cell shows one of these numbers, neither before nor after protection."""

    numbers: tuple[float, ...]

    def says(self) -> str:
        """The sentence in the manual."""
        told = " or ".join(f"{number:,.12g}" for number in self.numbers)
        return f"no cell shows {told}, neither before nor after protection"

    def broken(self, outcome: Outcome) -> list[str]:
        """Numbers that are shown."""
        every = {*values(outcome.output.released).values()}
        every |= {*values(outcome.protected.released).values()}
        return [f"shows {number}" for number in self.numbers if number in every]


@dataclass(frozen=True)
class NeverNames:
    """No label has one of these numbers."""

    numbers: tuple[float, ...]

    def says(self) -> str:
        """The sentence in the manual."""
        return f"no label names {' or '.join(f'{number:.12g}' for number in self.numbers)}"

    def broken(self, outcome: Outcome) -> list[str]:
        """Labels that do."""
        labels = outcome.output.released.drop("value", "status").iter_rows()
        words = {word for row in labels for text in row for word in text.split()}
        return [f"names {n}" for n in self.numbers if f"{n:.12g}" in words]


@dataclass(frozen=True)
class LeavesOpen:
    """After protection an attacker knows no more about a cell than this interval."""

    cell: Cell
    lower: float
    upper: float

    def says(self) -> str:
        """The sentence in the manual."""
        interval = f"between {self.lower:g} and {self.upper:g}"
        return f"who subtracts then knows of {in_words((self.cell,))} that it lies {interval}"

    def broken(self, outcome: Outcome) -> list[str]:
        """Another interval."""
        frame = outcome.protected.audit().frame
        for row in frame.iter_rows(named=True):
            if tuple(row[name] for name in outcome.protected.columns) == self.cell:
                return _difference((self.lower, self.upper), (row["lower"], row["upper"]))
        return [f"{self.cell} is not hidden"]


@dataclass(frozen=True)
class Tells:
    """One of these equations is told: the arithmetic that an attacker would do."""

    equations: tuple[str, ...]

    def says(self) -> str:
        """The sentence in the manual."""
        return "told: " + " or ".join(f"`{text}`" for text in self.equations)

    def broken(self, outcome: Outcome) -> list[str]:
        """None of them is."""
        every = outcome.equations
        good = any(wanted in told for wanted in self.equations for told in every)
        return [] if good else [f"told: {every}"]


def equalities(values_of: Mapping[Cell, float]) -> str:
    """Cells and their values, as the manual writes them."""
    return ", ".join(f"{in_words((cell,))} = {value:,.12g}" for cell, value in values_of.items())


def hidden(released: pl.DataFrame) -> list[Cell]:
    """The cells that are not shown."""
    gone = released.filter(pl.col("status") == "hidden").drop("value", "status")
    return sorted(tuple(row) for row in gone.iter_rows())


def values(released: pl.DataFrame) -> dict[Cell, float | None]:
    """The cells that are shown, with their values."""
    shown = released.filter(pl.col("status") == "shown")
    cells = shown.drop("value", "status").iter_rows()
    return dict(zip((tuple(cell) for cell in cells), shown["value"], strict=True))
