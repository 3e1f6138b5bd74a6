"""From the files of a delivery to one frame: text identifiers, typed results."""

import polars as pl

from enclave.deliveries.problems import DeliveryProblem
from enclave.deliveries.readers.dialects import DIALECTS, IDENTIFYING, OURS, Dialect
from enclave.deliveries.readers.tables import read_csv, read_parquet
from enclave.deliveries.readers.uwlr import read_results


def read_delivery(kind: str, files: dict[str, bytes]) -> tuple[pl.DataFrame, str | None]:
    """The rows of a delivery, and the school code that its content states (null when it has none).

    Grain: one row per learner and test. Identifier columns are text as delivered; result columns
    are typed, null where the text did not fit.

    Raises:
        DeliveryProblem: the files are not of the declared format.
    """
    dialect = DIALECTS.get(kind)
    if dialect is None:
        raise DeliveryProblem("unknown_format", "delivery.json, format")
    if sorted(files) != sorted(dialect.files):
        raise DeliveryProblem("wrong_file_type", f"files of {dialect.name}")
    try:
        rows, school = _read(dialect, files)
        return typed(rows, dialect), school
    except (KeyboardInterrupt, SystemExit, DeliveryProblem):
        raise
    except BaseException:  # noqa: BLE001 - a parser's panic is no Exception, and may quote data
        raise DeliveryProblem("wrong_file_type", f"files of {dialect.name}") from None


def _read(dialect: Dialect, files: dict[str, bytes]) -> tuple[pl.DataFrame, str | None]:
    first = files[dialect.files[0]]
    if dialect.kind == "csv":
        return read_csv(first, dialect), None
    if dialect.kind == "parquet":
        return read_parquet(first, dialect), None
    results, school = read_results(first)
    learners = read_csv(files[dialect.files[1]], dialect)
    if learners["learner_id"].n_unique() != learners.height:
        raise DeliveryProblem("wrong_file_type", "identifiers.csv, one row per learner")
    return results.join(learners, on="learner_id", how="left", maintain_order="left"), school


def typed(rows: pl.DataFrame, dialect: Dialect) -> pl.DataFrame:
    """Identifiers as text, results typed; a value that does not fit becomes null."""
    score = pl.col("score").str.strip_chars()
    if dialect.decimal_comma:
        score = score.str.replace(",", ".", literal=True)
    day_first = dialect.decimal_comma
    digits = pl.col("test_date").str.replace_all(r"[\-/.]", "")
    if "house_addition" not in rows.columns:
        rows = rows.with_columns(pl.lit(None, pl.String).alias("house_addition"))
    return rows.select(
        *(pl.col(name).cast(pl.String).str.strip_chars() for name in IDENTIFYING),
        pl.col("school_year").str.replace("/", "-", literal=True).str.strip_chars(),
        pl.col("grade").cast(pl.Int8, strict=False),
        *(pl.col(name).str.strip_chars() for name in ("domain", "moment")),
        digits.str.to_date("%d%m%Y" if day_first else "%Y%m%d", strict=False),
        *(pl.col(name).str.strip_chars() for name in ("provider", "scale")),
        score.cast(pl.Float64, strict=False).fill_nan(None),
    ).select(OURS)
