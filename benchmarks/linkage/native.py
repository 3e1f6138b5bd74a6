"""The same three passes written by hand in polars, for this data alone: what ours is held against.

Joins first and counts on the hits; keys of 128 bits are joined as one number; only pupils and
persons that occur in several pairs are grouped.

Run: ``python -m benchmarks.linkage.native KEYED OUT``
"""

import argparse
from pathlib import Path

import polars as pl

ROW = ["delivery_id", "pupil_row"]
CLAIM = ["delivery_id", "person_id"]
_GUARDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "BSN": (("f_birth",), ("f_sex",), ("f_postcode", "f_number")),
    "education number": (("f_birth",), ("f_sex",), ("f_postcode", "f_number")),
    "birth date, sex and address": (("f_bsn",),),
}
_KEYS = ("bsn", "education_number", "address")


def link(pupils: pl.LazyFrame, spine: pl.LazyFrame) -> pl.DataFrame:
    """Decisions on the pupils that some pass finds: as ``enclave.linkage.dataflow`` gives them."""
    decided: list[pl.DataFrame] = []
    claimed = pl.DataFrame(schema=dict.fromkeys(CLAIM, pl.String))
    guards = {field for every in _GUARDS.values() for guard in every for field in guard}
    residue = pupils.select(*ROW, *_KEYS, "reference_date", *sorted(guards))
    for key, name in zip(_KEYS, _GUARDS, strict=True):
        pairs = _pairs(residue, spine, key, _GUARDS[name])
        decided.append(_decide(pairs, claimed, name))
        claimed = pl.concat([claimed, pairs.select(CLAIM)])
        residue = residue.join(decided[-1].lazy().select(ROW), on=ROW, how="anti")
        residue = residue.collect(engine="streaming").lazy()
    return pl.concat(decided)


def _pairs(
    residue: pl.LazyFrame, spine: pl.LazyFrame, key: str, guards: tuple[tuple[str, ...], ...]
) -> pl.DataFrame:
    fields = [field for guard in guards for field in guard]
    dated = key == "address"
    number = pl.col(key).bin.reinterpret(dtype=pl.UInt128, endianness="big").alias("number")
    wanted = residue.filter(pl.col(key).is_not_null()).select(
        *ROW, number, *fields, *(["reference_date"] if dated else [])
    )
    known = spine.filter(pl.col(key).is_not_null()).select(
        "person_id", number, *(pl.col(field).alias(f"{field}_spine") for field in fields),
        *(["valid_from", "valid_to"] if dated else []),
    )  # fmt: skip
    pairs = wanted.join(known, on="number")
    if dated:
        day = pl.col("reference_date")
        ended = (pl.col("valid_to") <= day).fill_null(value=False)
        pairs = pairs.filter((pl.col("valid_from") <= day) & ~ended)
    same = [
        pl.all_horizontal((pl.col(field) == pl.col(f"{field}_spine")) for field in guard)
        for guard in guards
    ]
    missing = [
        pl.any_horizontal(
            pl.col(name).is_null() for field in guard for name in (field, f"{field}_spine")
        )
        for guard in guards
    ]
    agrees = [~gone & one for gone, one in zip(missing, same, strict=True)]
    contradicted = ~pl.all_horizontal(missing) & ~pl.any_horizontal(
        one.fill_null(value=False) for one in agrees
    )
    return pairs.select(*ROW, "person_id", contradicted.alias("contradicted")).collect(
        engine="streaming"
    )


def _decide(pairs: pl.DataFrame, claimed: pl.DataFrame, name: str) -> pl.DataFrame:
    """Most pupils and persons occur in one pair: hashes find the others, who alone are grouped."""
    again = claimed.join(pairs.select(CLAIM), on=CLAIM, how="semi").unique()
    row, claim = (_hashed(pairs, names) for names in (ROW, CLAIM))
    several = row.is_duplicated() | claim.is_duplicated()
    several |= claim.is_in(_hashed(again, CLAIM).implode())
    alone = pairs.filter(~several).with_columns(pl.lit(1, pl.Int64).alias("candidates"))
    decided = [_decision(alone, ~pl.col("contradicted"), name)]
    rest = pairs.filter(several)
    if rest.height:
        grouped = _grouped(rest, again)
        sure = (pl.col("candidates") == 1) & ~pl.col("taken") & ~pl.col("contradicted")
        decided.append(_decision(grouped, sure, name))
    return pl.concat(decided)


def _hashed(frame: pl.DataFrame, names: list[str]) -> pl.Series:
    """64 bits, enough to find what may occur twice; what does is counted by its names."""
    return frame.select(pl.col(names[0]).hash() ^ pl.col(names[1]).hash(seed=1)).to_series()


def _grouped(pairs: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """One row per pupil: a person, how many there are, and whether one is taken by another."""
    row = pl.col("pupil_row")
    contested = pairs.group_by(CLAIM).agg((row.min() != row.max()).alias("taken")).filter("taken")
    before = again.with_columns(pl.lit(value=True).alias("taken"))
    taken = pl.concat([contested, before]).unique()
    return (
        pairs.join(taken, on=CLAIM, how="left")
        .group_by(ROW)
        .agg(
            pl.col("person_id").min(),
            pl.col("person_id").n_unique().cast(pl.Int64).alias("candidates"),
            pl.col("taken").fill_null(value=False).any(),
            pl.col("contradicted").all(),
        )
    )


def _decision(rows: pl.DataFrame, sure: pl.Expr, name: str) -> pl.DataFrame:
    return rows.select(
        *ROW,
        pl.when(sure).then("person_id").alias("person_id"),
        pl.when(sure).then(pl.lit("linked")).otherwise(pl.lit("review")).alias("status"),
        pl.lit(name).alias("pass_name"),
        "candidates",
    )


def main() -> None:
    """Links keyed files; the decisions are written to ``links.parquet``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keyed", type=Path)
    parser.add_argument("out", type=Path)
    wanted = parser.parse_args()
    wanted.out.mkdir(exist_ok=True)
    links = link(
        pl.scan_parquet(wanted.keyed / "pupils.parquet"),
        pl.scan_parquet(wanted.keyed / "spine.parquet"),
    )
    links.write_parquet(wanted.out / "links.parquet")


if __name__ == "__main__":
    main()
