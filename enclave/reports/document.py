"""The report as an object: what is printed, already protected. Templates see nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

DOMAINS = {"RW": "Rekenen-wiskunde", "BL": "Begrijpend lezen", "SP": "Spelling"}
HIDDEN = "Te weinig leerlingen om iets te laten zien."
NO_DIFFERENCE = "Geen duidelijk verschil met het landelijk gemiddelde."
MORE = "Waarschijnlijk wat meer groei dan het landelijk gemiddelde."
LESS = "Waarschijnlijk wat minder groei dan het landelijk gemiddelde."
SMALL = "Kleine groep: dit cijfer zegt weinig."
SMALL_GROUP = 25
WIDTH = 1.96
"""Standard errors to either side: 95 of 100 such bands contain the true value."""


@dataclass(frozen=True)
class Figure:
    """One figure. Everything is null when it is hidden."""

    label: str
    shown: bool
    n: int | None
    points: float | None
    national: float | None
    z: float | None
    low: float | None
    high: float | None

    @property
    def sentence(self) -> str:
        """What may be said about it, chosen by the band and never by the point alone."""
        if not self.shown or self.low is None or self.high is None or self.n is None:
            return HIDDEN
        if self.n < SMALL_GROUP:
            return SMALL
        if self.low > 0:
            return MORE
        return LESS if self.high < 0 else NO_DIFFERENCE


@dataclass(frozen=True)
class Year:
    """One school year of one domain."""

    school_year: str
    total: Figure
    grades: tuple[Figure, ...]
    sexes: tuple[Figure, ...]
    levels: tuple[Figure, ...]


@dataclass(frozen=True)
class Section:
    """One domain with its school years, old to new."""

    domain: str
    years: tuple[Year, ...]


@dataclass(frozen=True)
class Report:
    """One school's report, for that school alone. ``place`` is how the school knows itself."""

    report_id: str
    place: str
    edition: str
    sections: tuple[Section, ...]

    def has_figures(self) -> bool:
        """Whether anything is shown at all."""
        return any(year.total.shown for section in self.sections for year in section.years)


def reports_of(
    protected: pl.DataFrame, ids: dict[str, str], edition: str
) -> Iterator[tuple[str, Report]]:
    """School code and report of every school in ``protected``, in order of school code."""
    for key, rows in protected.group_by("school_code", maintain_order=True):
        code = str(key[0])
        sections = tuple(
            Section(title, _years(part))
            for domain, title in DOMAINS.items()
            if not (part := rows.filter(pl.col("domain") == domain)).is_empty()
        )
        yield code, Report(ids[code], code, edition, sections)


def _years(rows: pl.DataFrame) -> tuple[Year, ...]:
    years = []
    for name in rows["school_year"].unique().sort():
        part = rows.filter(pl.col("school_year") == name)
        years.append(
            Year(
                school_year=name,
                total=_figures(part, "total")[0],
                grades=_figures(part, "grade"),
                sexes=_figures(part, "sex"),
                levels=_figures(part, "level"),
            )
        )
    return tuple(years)


_ORDER = {"laag": 0, "midden": 1, "hoog": 2}


def _figures(rows: pl.DataFrame, kind: str) -> tuple[Figure, ...]:
    wanted = rows.filter((pl.col("kind") == kind) & (pl.col("label") != "onbekend"))
    figures = [_figure(row) for row in wanted.iter_rows(named=True)]
    return tuple(sorted(figures, key=lambda figure: (_ORDER.get(figure.label, 9), figure.label)))


def _figure(row: dict[str, object]) -> Figure:
    z, error = row["z"], row["error"]
    known = isinstance(z, float) and isinstance(error, float)
    return Figure(
        label=str(row["label"]),
        shown=bool(row["shown"]),
        n=row["n"] if isinstance(row["n"], int) else None,
        points=_number(row["points"]),
        national=_number(row["national"]),
        z=_number(z),
        low=float(z) - WIDTH * float(error) if known else None,  # type: ignore[arg-type]
        high=float(z) + WIDTH * float(error) if known else None,  # type: ignore[arg-type]
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, float) else None
