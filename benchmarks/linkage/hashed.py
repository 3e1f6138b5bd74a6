"""A world as hashed columns, for tools that compare fields: HMAC-SHA256, its first 64 bits as text.

The same columns for every tool: both numbers, birth date, sex, postcode, house number, and the four
digits of the postcode. Values that cannot be right are null: a number that fails the eleven test,
a date of which a part is unknown.
"""

from pathlib import Path

import polars as pl
import polars_hash  # noqa: F401 - adds the expression

from benchmarks.linkage.eleven import remainder

FIELDS = ("bsn", "education_number", "birth", "sex", "postcode", "house_number")
COLUMNS = (*FIELDS, "area")
WAYS = ("present", "spells")
_KEY = bytes(range(32)).hex()
_DIGITS = 16
_TESTS = {"bsn": 0, "education_number": 5}


def hash_world(world: Path) -> Path:
    """Writes ``hashed-delivery.parquet`` and, for either way, ``hashed-WAY.parquet``.

    ``present`` has one row per person: that of the address at the reference date, with the first
    of the person's numbers. ``spells`` has every row of the spine; its ``unique_id`` is the
    person's with a number, see ``persons``. Returns the world's folder.
    """
    delivery = pl.scan_parquet(world / "delivery.parquet")
    spine = pl.scan_parquet(world / "spine.parquet")
    present = spine.filter(pl.col("valid_to").is_null()).collect(engine="streaming")
    row = pl.int_range(pl.len()).cast(pl.String)
    frames = {
        "delivery": delivery.with_columns(pl.col("row_id").alias("unique_id")),
        "present": present.unique("person_id", keep="first", maintain_order=True).lazy(),
        "spells": spine.with_columns(pl.concat_str("person_id", row, separator="|")),
    }
    for name, frame in frames.items():
        target = world / f"hashed-{name}.parquet"
        if not target.is_file():
            named = frame if name == "delivery" else frame.rename({"person_id": "unique_id"})
            hashed_columns(sound(named), COLUMNS).select("unique_id", *COLUMNS).sink_parquet(target)
    return world


def persons(links: pl.DataFrame) -> pl.DataFrame:
    """Links to rows of the spine as links to persons."""
    return links.with_columns(pl.col("person_id").str.split("|").list.first())


def sound(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The fields in clear, null where the value cannot be right."""
    numbers = [
        pl.when(_passes(name, rest)).then(pl.col(name)).alias(name) for name, rest in _TESTS.items()
    ]
    whole = (pl.col("birth_date").str.slice(4, 2) != "00") & (
        pl.col("birth_date").str.slice(6, 2) != "00"
    )
    return frame.with_columns(
        *numbers,
        pl.when(whole).then("birth_date").alias("birth"),
        pl.col("postcode").str.slice(0, 4).alias("area"),
    )


def hashed_columns(frame: pl.LazyFrame, names: tuple[str, ...]) -> pl.LazyFrame:
    """The named columns as text of 16 hexadecimal digits, null for null."""
    return frame.with_columns(
        pl.concat_str(pl.lit(name), pl.col(name), separator="\x1f")
        .chash.hmac_sha256(key=_KEY)  # type: ignore[attr-defined]
        .str.slice(0, _DIGITS)
        .alias(name)
        for name in names
    )


def _passes(name: str, rest: int) -> pl.Expr:
    number = pl.col(name).cast(pl.Int64)
    return number.map_batches(
        lambda values: pl.Series(remainder(values.fill_null(0).to_numpy()) == rest),
        return_dtype=pl.Boolean,
    )
