"""The dialects as data: names of columns, separators, encodings, code maps.

Sources: docs/reference/delivery-formats.md. ``names`` maps the file's columns to ours.
"""

from dataclasses import dataclass

from enclave.identifiers.birth_date import DAY_FIRST, YEAR_FIRST

OURS = (
    "learner_id", "bsn", "education_number", "sex", "birth_date", "postcode", "house_number",
    "house_addition", "school_year", "grade", "domain", "moment", "test_date", "provider", "scale",
    "score",
)  # fmt: skip
"""Our names, in the order of the tables below."""

IDENTIFYING = OURS[:8]


@dataclass(frozen=True)
class Dialect:
    """How one format writes a table.

    ``kind`` is ``csv``, ``parquet`` or ``uwlr``; ``house_together`` means that one column holds
    number and addition; ``files`` are the file names that the format consists of.
    """

    name: str
    kind: str
    files: tuple[str, ...]
    names: dict[str, str]
    sex_coding: str
    birth_order: str
    separator: str = ","
    encoding: str = "utf-8"
    decimal_comma: bool = False
    house_together: bool = False


_LEER = (
    "Leerlingnummer", "BSN", "Onderwijsnummer", "Geslacht", "Geboortedatum", "Postcode",
    "Huisnummer", "Toevoeging", "Schooljaar", "Jaargroep", "Vakgebied", "Moment", "Afnamedatum",
    "Aanbieder", "Schaal", "Vaardigheidsscore",
)  # fmt: skip
_TOETS = (*OURS[:6], "house", *OURS[8:])
_UWLR_IDENTIFIERS = (
    "leerlingid", "bsn", "onderwijsnummer", "geslacht", "geboortedatum", "postcode", "huisnummer",
    "toevoeging",
)  # fmt: skip

DIALECTS: dict[str, Dialect] = {
    "csv-leer": Dialect(
        name="csv-leer",
        kind="csv",
        files=("results.csv",),
        names=dict(zip(_LEER, OURS, strict=True)),
        sex_coding="letters",
        birth_order=DAY_FIRST,
        separator=";",
        encoding="cp1252",
        decimal_comma=True,
    ),
    "csv-toets": Dialect(
        name="csv-toets",
        kind="csv",
        files=("results.csv",),
        names={name: "house_number" if name == "house" else name for name in _TOETS},
        sex_coding="ISO 5218",
        birth_order=YEAR_FIRST,
        encoding="utf-8-sig",
        house_together=True,
    ),
    "parquet-las": Dialect(
        name="parquet-las",
        kind="parquet",
        files=("results.parquet",),
        names={name: name for name in OURS},
        sex_coding="OSO",
        birth_order=YEAR_FIRST,
    ),
    "uwlr-xml": Dialect(
        name="uwlr-xml",
        kind="uwlr",
        files=("results.xml", "identifiers.csv"),
        names=dict(zip(_UWLR_IDENTIFIERS, IDENTIFYING, strict=True)),
        sex_coding="letters",
        birth_order=YEAR_FIRST,
        separator=";",
    ),
}
