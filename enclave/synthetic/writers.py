"""One school's export in the formats that schools' systems really make.

The readers of the enclave are written from the same description, never from this code.
Input: ``learners`` (one row per learner, identifiers as typed, ``girl``) and ``results`` (one row
per test, with ``learner_id``).
"""

from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import quoteattr

import polars as pl

FORMATS = ("csv-leer", "csv-toets", "parquet-las", "uwlr-xml")
FORMAT_SHARES = (0.35, 0.30, 0.15, 0.20)
NAMESPACE = "http://www.edustandaard.nl/leerresultaten/2/leerresultaten"


def write_csv_leer(folder: Path, rows: pl.DataFrame, school_code: str) -> list[str]:
    """A spreadsheet's CSV: semicolons, decimal comma, Windows-1252, leading zeros lost."""
    del school_code
    day = pl.col("birth_date")
    table = rows.select(
        pl.col("learner_id").alias("Leerlingnummer"),
        _without_zeros("bsn").alias("BSN"),
        _without_zeros("education_number").alias("Onderwijsnummer"),
        pl.when("girl").then(pl.lit("V")).otherwise(pl.lit("M")).alias("Geslacht"),
        (day.str.slice(6, 2) + "-" + day.str.slice(4, 2) + "-" + day.str.slice(0, 4)).alias(
            "Geboortedatum"
        ),
        (pl.col("postcode").str.slice(0, 4) + " " + pl.col("postcode").str.slice(4)).alias(
            "Postcode"
        ),
        pl.col("house_number").alias("Huisnummer"),
        pl.col("house_addition").alias("Toevoeging"),
        pl.col("school_year").cast(pl.String).str.replace("-", "/").alias("Schooljaar"),
        pl.col("grade").alias("Jaargroep"),
        pl.col("domain").alias("Vakgebied"),
        pl.col("moment").alias("Moment"),
        pl.col("test_date").dt.strftime("%d-%m-%Y").alias("Afnamedatum"),
        pl.col("provider").alias("Aanbieder"),
        pl.col("scale").alias("Schaal"),
        pl.col("score")
        .cast(pl.String)
        .str.replace(".", ",", literal=True)
        .alias("Vaardigheidsscore"),
    )
    text = table.write_csv(separator=";", quote_style="necessary", line_terminator="\r\n")
    (folder / "results.csv").write_bytes(text.encode("cp1252"))
    return ["results.csv"]


def write_csv_toets(folder: Path, rows: pl.DataFrame, school_code: str) -> list[str]:
    """A test supplier's CSV: commas, quotes, UTF-8 with a byte order mark, ISO 5218."""
    del school_code
    table = rows.select(
        "learner_id",
        "bsn",
        "education_number",
        pl.when("girl").then(pl.lit("2")).otherwise(pl.lit("1")).alias("sex"),
        "birth_date",
        "postcode",
        _house().alias("house"),
        pl.col("school_year").cast(pl.String),
        "grade",
        pl.col("domain").cast(pl.String),
        pl.col("moment").cast(pl.String),
        pl.col("test_date").dt.strftime("%Y%m%d"),
        pl.col("provider").cast(pl.String),
        pl.col("scale").cast(pl.String),
        "score",
    )
    text = table.write_csv(quote_style="non_numeric", line_terminator="\r\n")
    (folder / "results.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    return ["results.csv"]


def write_parquet_las(folder: Path, rows: pl.DataFrame, school_code: str) -> list[str]:
    """A school administration's Parquet: numbers as integers, OSO coding of sex."""
    del school_code
    day = pl.col("birth_date")
    rows.select(
        "learner_id",
        pl.col("bsn").cast(pl.Int64),
        pl.col("education_number").cast(pl.Int64),
        pl.when("girl").then(1).otherwise(2).cast(pl.Int8).alias("sex"),
        (day.str.slice(0, 4) + "-" + day.str.slice(4, 2) + "-" + day.str.slice(6, 2)).alias(
            "birth_date"
        ),
        "postcode",
        pl.col("house_number").cast(pl.Int32),
        "house_addition",
        *(pl.col(name).cast(pl.String) for name in ("school_year",)),
        "grade",
        *(pl.col(name).cast(pl.String) for name in ("domain", "moment")),
        "test_date",
        *(pl.col(name).cast(pl.String) for name in ("provider", "scale")),
        "score",
    ).write_parquet(folder / "results.parquet")
    return ["results.parquet"]


def write_uwlr(folder: Path, rows: pl.DataFrame, school_code: str) -> list[str]:
    """UWLR 2.2 results, and the identifiers that UWLR may not carry in a file beside it."""
    day = pl.col("birth_date")
    learners = rows.unique("learner_id", maintain_order=True).select(
        pl.col("learner_id").alias("leerlingid"),
        "bsn",
        pl.col("education_number").alias("onderwijsnummer"),
        pl.when("girl").then(pl.lit("V")).otherwise(pl.lit("M")).alias("geslacht"),
        (day.str.slice(0, 4) + "-" + day.str.slice(4, 2) + "-" + day.str.slice(6, 2)).alias(
            "geboortedatum"
        ),
        "postcode",
        pl.col("house_number").alias("huisnummer"),
        pl.col("house_addition").alias("toevoeging"),
    )
    learners.write_csv(folder / "identifiers.csv", separator=";")
    (folder / "results.xml").write_text(_xml(rows, school_code), encoding="utf-8")
    return ["results.xml", "identifiers.csv"]


WRITERS: dict[str, Callable[[Path, pl.DataFrame, str], list[str]]] = {
    "csv-leer": write_csv_leer,
    "csv-toets": write_csv_toets,
    "parquet-las": write_parquet_las,
    "uwlr-xml": write_uwlr,
}


def _without_zeros(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars_start("0")


def _house() -> pl.Expr:
    addition = pl.col("house_addition")
    number = pl.col("house_number")
    return (
        pl.when(addition.is_null())
        .then(number)
        .when(addition.str.contains(r"^\d+$"))
        .then(number + "-" + addition)
        .when(addition.str.len_chars() > 1)
        .then(number + " " + addition)
        .otherwise(number + addition)
    )


def _xml(rows: pl.DataFrame, school_code: str) -> str:
    code = _test_code()
    result = pl.format(
        '<resultaat key="r{}"><afnamedatum>{}</afnamedatum><toetscode>{}</toetscode>'
        "<osoresultaat><toetsscore><vaardigheidsscore>{}</vaardigheidsscore>"
        "<codevaardigheidsschaal>{}</codevaardigheidsschaal></toetsscore></osoresultaat></resultaat>",
        pl.int_range(1, pl.len() + 1),
        pl.col("test_date").dt.strftime("%Y-%m-%d"),
        code,
        pl.col("score"),
        pl.col("scale").cast(pl.String),
    )
    taken = (
        rows.with_columns(result.alias("xml"))
        .group_by("learner_id", maintain_order=True)
        .agg(pl.col("xml").str.join(""))
        .select(
            pl.format(
                "<toetsafname><leerlingid>{}</leerlingid><resultaten>{}</resultaten></toetsafname>",
                "learner_id",
                "xml",
            )
        )
        .to_series()
    )
    tests = rows.select(
        pl.format(
            "<toets><toetscode>{}</toetscode><toetsnaam>{}</toetsnaam><leerjaar>{}</leerjaar>"
            "<vakgebied>{}</vakgebied><toetsnormering>{}</toetsnormering></toets>",
            code,
            code,
            pl.col("grade"),
            pl.col("domain").cast(pl.String),
            pl.col("provider").cast(pl.String),
        )
    ).to_series()
    year = max(rows["school_year"].cast(pl.String).unique())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<leerresultaten_verzoek xmlns={quoteattr(NAMESPACE)}><school><schooljaar>{year}"
        f"</schooljaar><brincode>{school_code[:4]}</brincode><dependancecode>{school_code[4:]}"
        "</dependancecode></school><toetsafnames>"
        + "\n".join(taken)
        + "</toetsafnames><toetsen>"
        + "\n".join(tests.unique(maintain_order=True))
        + "</toetsen></leerresultaten_verzoek>\n"
    )


def _test_code() -> pl.Expr:
    return pl.format(
        "{}-{}-{}{}-{}",
        pl.col("provider").cast(pl.String),
        pl.col("domain").cast(pl.String),
        pl.col("moment").cast(pl.String),
        pl.col("grade"),
        pl.col("school_year").cast(pl.String),
    )
