"""CSV and Parquet of unknown origin, as text columns under our names."""

import csv
import io

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from enclave.deliveries.problems import DeliveryProblem
from enclave.deliveries.readers.dialects import Dialect
from enclave.deliveries.special import special_columns

MAXIMUM_ROWS = 2_000_000


def read_csv(data: bytes, dialect: Dialect) -> pl.DataFrame:
    """All columns of a CSV as text under our names; empty text is null.

    Raises:
        DeliveryProblem: no CSV of this dialect.
    """
    text = _decode(data, dialect)
    head, _, _ = text.partition("\n")
    columns = next(csv.reader([head.strip("\r")], delimiter=dialect.separator), [])
    check_columns(columns, dialect)
    try:
        frame = pl.read_csv(
            io.BytesIO(text.encode()),
            separator=dialect.separator,
            infer_schema=False,
            null_values=[""],
            truncate_ragged_lines=False,
            n_rows=MAXIMUM_ROWS + 1,
        )
    except (pl.exceptions.PolarsError, ValueError):
        raise DeliveryProblem("wrong_file_type", "CSV lines with one cell per column") from None
    return frame.rename(dialect.names)


def read_parquet(data: bytes, dialect: Dialect) -> pl.DataFrame:
    """All columns of a Parquet file as text under our names, read by Arrow's checked reader."""
    if data[:4] != b"PAR1" or data[-4:] != b"PAR1":
        raise DeliveryProblem("wrong_file_type", "Parquet")
    try:
        file = pq.ParquetFile(
            io.BytesIO(data), page_checksum_verification=True, thrift_string_size_limit=1 << 20
        )
        if file.metadata.num_rows > MAXIMUM_ROWS:
            raise DeliveryProblem("too_large", "rows")
        columns = file.schema_arrow.names
        check_columns(columns, dialect)
        frame = pl.from_arrow(file.read())
    except (pa.ArrowException, OSError, ValueError, TypeError):
        raise DeliveryProblem("wrong_file_type", "Parquet") from None
    if not isinstance(frame, pl.DataFrame):
        raise DeliveryProblem("wrong_file_type", "Parquet")
    return frame.select(_as_text(name, kind).alias(name) for name, kind in frame.schema.items())


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    if kind == pl.Date:
        return pl.col(name).dt.strftime("%Y%m%d")
    return pl.col(name).cast(pl.String, strict=False)


def check_columns(columns: list[str], dialect: Dialect) -> None:
    """Raises unless ``columns`` are exactly those of the dialect.

    Names of unknown columns are not repeated: a name may be data (a file without a header).
    """
    extra = [name for name in columns if name not in dialect.names]
    special = special_columns(extra)
    missing = [name for name in dialect.names if name not in columns]
    if len(missing) > len(dialect.names) // 2:
        raise DeliveryProblem("wrong_file_type", f"header of {dialect.name}")
    if special:
        raise DeliveryProblem("special_category_without_consent", f"{len(special)} columns")
    if missing:
        raise DeliveryProblem("missing_column", f"columns {', '.join(missing)}")
    if extra or len(columns) != len(set(columns)):
        raise DeliveryProblem("unknown_column", f"{len(extra)} columns beside the declared ones")


def _decode(data: bytes, dialect: Dialect) -> str:
    if b"\x00" in data or data[:5] == b"%PDF-" or data[:4] in {b"PK\x03\x04", b"PAR1"}:
        raise DeliveryProblem("wrong_file_type", f"text of {dialect.name}")
    try:
        return data.decode(dialect.encoding)
    except UnicodeDecodeError:
        raise DeliveryProblem("wrong_file_type", f"encoding {dialect.encoding}") from None
