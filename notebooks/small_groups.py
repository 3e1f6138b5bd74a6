# %% [markdown]
# # Origin by parental education and province
#
# A table with small cells: it is shown masked, refused when submitted as it is, and then sent with
# the request that the desk hides what must be hidden.

# %%
import json
import os
from pathlib import Path

import polars as pl

import disclosure_control as dc

data = Path(os.environ["ENCLAVE_DATA"])
schema = json.loads((data / "schema.json").read_text(encoding="utf-8"))
newest = pl.scan_parquet(data / "panel.parquet").filter(
    pl.col("school_year") == "2025-2026", pl.col("domain") == "RW"
)
study = dc.Study(policy="cbs", unit="pupil", entity="school", levels=schema["levels"])

# %%
groups = study.crosstab(
    newest,
    rows=["province", "origin"],
    columns=["parental_education"],
    title="Pupils by province, origin and parental education",
)
groups

# %%
print(groups.explain())

# %%
request = {
    "purpose": "How origin and parental education go together by province",
    "population": "Pupils of grades 3 to 8 tested in arithmetic in 2025-2026",
    "variables": {
        "province": "province of the school",
        "origin": "origin of the pupil, three groups",
        "parental_education": "highest education of the parents, three levels",
    },
}
try:
    study.submit(os.environ["ENCLAVE_OUTBOX"], groups, **request)
except dc.UnsafeOutputError as refusal:
    print(f"Refused, as it should be: {refusal}")

# %%
receipt = study.submit(os.environ["ENCLAVE_OUTBOX"], groups, protect_at_desk=True, **request)
receipt
