"""Tests by year and domain, and mean growth by grade: two safe outputs, one with a chart."""

import json
import os
from pathlib import Path

import polars as pl

import disclosure_control as dc

data = Path(os.environ["ENCLAVE_DATA"])
schema = json.loads((data / "schema.json").read_text(encoding="utf-8"))
panel = pl.scan_parquet(data / "panel.parquet")

study = dc.Study(policy="cbs", unit="pupil", entity="school", levels=schema["levels"])
tests = study.crosstab(
    panel,
    rows=["school_year"],
    columns=["domain"],
    title="Pupils tested by school year and domain",
)
growth = study.crosstab(
    panel.filter(
        pl.col("scale").str.starts_with("cito-3.0"), pl.col("growth").is_not_null()
    ).with_columns(pl.col("grade").cast(pl.String)),
    rows=["grade"],
    columns=["domain"],
    values="growth",
    statistic="mean",
    title="Mean growth in skill points by grade and domain",
)
outputs = [
    output if output.verdict is dc.Verdict.SAFE else output.protect() for output in (tests, growth)
]
receipt = study.submit(
    os.environ["ENCLAVE_OUTBOX"],
    outputs,
    title="Tests and growth by grade",
    purpose="Describing learning growth by grade for a report on basic education",
    population="Pupils of grades 3 to 8 with a test result in the round",
    variables={
        "school_year": "school year of the test",
        "domain": "RW arithmetic, BL reading, SP spelling",
        "grade": "grade at the test",
        "growth": "end-of-year minus mid-year skill score on the same scale",
    },
    charts={1: {"x": "grade", "color": "domain"}},
)
print(receipt)
