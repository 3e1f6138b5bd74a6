# %% [markdown]
# # Check before you submit
#
# Your figures are made, and each of them is safe by itself (see the notebook `first_look`). This
# notebook goes the rest of the way: do they tell something *together*, what about files that you
# made elsewhere, what will a reviewer ask, and what do you hand in?
#
# All pupils below are invented.

# %%
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import disclosure_control as dc

# In the enclave the outbox is given. Anywhere else a temporary folder will do.
outbox = Path(os.environ.get("ENCLAVE_OUTBOX") or tempfile.mkdtemp())
work = Path(tempfile.mkdtemp())

# %% [markdown]
# ## Invented pupils
#
# Nine hundred pupils of twelve schools. A handful of them have a plan of their own.

# %%
draw = np.random.default_rng(11)
size = 901
pupils = pl.DataFrame(
    {
        "pupil": [f"pupil {number}" for number in range(size)],
        "school": [f"school {number}" for number in draw.integers(1, 13, size)],
        "grade": [f"grade {number}" for number in draw.integers(5, 9, size)],
        "support": draw.choice(["basic", "lessons"], size, p=[0.8, 0.2]),
        "score": draw.normal(215, 25, size).round(2),
        "growth": draw.normal(15, 6, size).round(),
    }
)
own_plan = pl.int_range(pl.len()) % 160 == 7
pupils = pupils.with_columns(
    support=pl.when(own_plan).then(pl.lit("own plan")).otherwise(pl.col("support"))
)
study = dc.Study(policy="cbs", unit="pupil", entity="school")

# %% [markdown]
# ## Two safe tables
#
# All pupils by grade, and the same without those who have a plan of their own. Every cell holds
# hundreds of pupils.

# %%
everybody = study.crosstab(pupils, rows=["grade"], title="All pupils by grade")
everybody

# %%
without = study.crosstab(
    pupils.filter(pl.col("support") != "own plan"),
    rows=["grade"],
    title="Pupils without a plan of their own, by grade",
)
without

# %% [markdown]
# ## Together they are not safe
#
# Whoever has both tables subtracts one from the other, and holds the few pupils with a plan.
# `check_together` looks for exactly this, among all outputs of the study.

# %%
together = study.check_together()
together.verdict.name

# %% [markdown]
# The `equation` is the sum that an attacker would do.

# %%
for equation in together.findings["equation"].drop_nulls():
    print(equation)

# %% [markdown]
# The remedy is nearly always the same: use one population for all tables. Drop the second table
# from the study, and ask again.

# %%
study.drop(without)
mended = study.check_together()
mended.verdict.name

# %% [markdown]
# If support matters to you, make it a dimension. Then the library sees the small cells, and hides
# them together with what would give them back.

# %%
by_support = study.crosstab(
    pupils, rows=["support"], columns=["grade"], title="Pupils by support and grade"
).protect()
by_support

# %%
with_support = study.check_together()
with_support.verdict.name

# %% [markdown]
# ## What is left to people
#
# Some figures are neither safe nor unsafe for a machine. A median may be the value of one pupil. A
# maximum always is somebody's own value. They are shown with the letter `r`, for *review*, and the
# verdict is REVIEW: you may submit them, and a reviewer decides.

# %%
median = study.crosstab(
    pupils, rows=["grade"], values="score", statistic="median", title="Median score by grade"
)
median

# %%
extremes = study.extremes(pupils, "score", title="Lowest and highest score")
print(extremes.explain())

# %% [markdown]
# There is often a way that needs nobody. Growth is measured in whole points, so each quartile is
# the value of many pupils at once. The extremes are dropped; the median goes to the reviewer as it
# is.

# %%
study.drop(extremes)
quartiles = study.quantiles(pupils, "growth", by=["grade"], title="Quartiles of growth by grade")
quartiles

# %% [markdown]
# ## A file made elsewhere
#
# You may hand in a file that another program made: CSV, text, JSON or PNG. It is read. A file with
# a row for every pupil is refused, whatever its name is.

# %%
pupils.head(200).select("pupil", "grade", "growth").write_csv(work / "results.csv")
records = study.custom(work / "results.csv", title="Results by pupil")
records.verdict.name

# %%
print(records.explain())

# %%
study.drop(records)

# %% [markdown]
# A table of groups, with the number of pupils behind each line, is not refused. But nobody can see
# how it was made, so it is left to people.

# %%
often = 100 * (pl.col("growth") >= 15).mean()
summary = pupils.group_by("grade").agg(pl.len().alias("n"), often.round(1).alias("per cent"))
summary.sort("grade").write_csv(work / "improved.csv")
improved = study.custom(work / "improved.csv", title="Growth of 15 points or more, per cent")
improved.verdict.name

# %% [markdown]
# ## Submitting
#
# A reviewer has to know what the figures are for, who is in them and what the variables mean.
# Without that, nothing is accepted.

# %%
try:
    study.submit(outbox, purpose="", population="", variables={})
except dc.InvalidInputError as refusal:
    print(refusal)

# %%
context = {
    "purpose": "Describing the growth of pupils with and without extra support",
    "population": "Pupils of grades 5 to 8 of twelve schools, tested twice in 2025-2026",
}
try:
    study.submit(outbox, **context, variables={"grade": "grade at the second test"})
except dc.InvalidInputError as refusal:
    print(refusal)

# %% [markdown]
# An unsafe output is refused as well. The enclave checks everything again from the records beneath
# it, so there is no point in talking the check on your own screen out of it.

# %%
variables = {
    "grade": "grade at the second test",
    "support": "extra support at school: basic, lessons, or a plan of the pupil's own",
    "score": "skill score at the second test",
    "growth": "skill score at the second test minus that at the first, in whole points",
}
unprotected = study.crosstab(pupils, rows=["support"], columns=["grade"])
try:
    study.submit(outbox, **context, variables=variables)
except dc.UnsafeOutputError as refusal:
    print(refusal)
study.drop(unprotected)

# %% [markdown]
# Now it goes. All outputs that are still in the study are handed in together.

# %%
[output.recipe.title for output in study.outputs]

# %%
receipt = study.submit(
    outbox, **context, variables=variables, title="Growth with and without extra support"
)
receipt

# %% [markdown]
# ## What the reviewer will ask
#
# Better to have the answers ready.

# %%
for question in receipt.questions:
    print("-", question)

# %% [markdown]
# ## What you handed in
#
# A *bundle*: for every output the released file, the recipe (how it was made) and the evidence
# (the records beneath it, for the check inside the enclave; they never leave it), and a manifest
# that names every file with its digest.

# %%
bundle = outbox / receipt.bundle
for path in sorted(bundle.rglob("*")):
    if path.is_file():
        print(path.relative_to(bundle))

# %% [markdown]
# This is what will leave when two people agree. A dot is a cell that is not shown.

# %%
print((bundle / "outputs" / "count-2" / "released.csv").read_text(encoding="utf-8"))

# %% [markdown]
# And this is how the table was made.

# %%
recipe = json.loads((bundle / "outputs" / "count-2" / "recipe.json").read_text(encoding="utf-8"))
{name: recipe[name] for name in ("title", "statistic", "rows", "columns", "policy")}
