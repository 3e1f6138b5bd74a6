# %% [markdown]
# # A first look
#
# You have data about people, and you want to publish figures about them. A figure can be harmless,
# or it can tell something about one person. This notebook shows the everyday way of working with
# `disclosure_control`: make a figure as you always do, see at once whether it is safe, and if it
# is not, read why and what to do.
#
# All pupils and schools below are invented. Nothing you do here leaves your computer.

# %%
import numpy as np
import polars as pl
from IPython.display import SVG

import disclosure_control as dc

# %% [markdown]
# ## Invented pupils
#
# Fourteen schools in five municipalities in two provinces.

# %%
many = {"Alder": 3, "Birch": 3, "Cedar": 2, "Dogwood": 3, "Elm": 3}
north = {"Alder", "Birch", "Cedar"}
schools = pl.DataFrame(
    [
        ("North" if place in north else "South", place, f"{place} {number}")
        for place in many
        for number in range(1, many[place] + 1)
    ],
    schema=["province", "municipality", "school"],
    orient="row",
)

# %% [markdown]
# Fourteen hundred pupils with what a study of learning growth would know about them: growth in
# skill points over a year, extra support at school, and whether and after how many months the
# pupil reached the reference level. We watched for 24 months.

# %%
draw = np.random.default_rng(7)
size = 1_400
grade = draw.integers(5, 9, size)
reached = draw.random(size) < np.array([0.45, 0.60, 0.75, 0.95])[grade - 5]
start = draw.normal(200, 25, size).round(1)
pupils = pl.DataFrame(
    {
        "pupil": [f"pupil {number}" for number in range(size)],
        "school": draw.choice(schools["school"].to_numpy(), size),
        "sex": draw.choice(["girl", "boy"], size),
        "grade": [f"grade {number}" for number in grade],
        "origin": draw.choice(["Dutch", "European", "outside Europe"], size, p=[0.80, 0.04, 0.16]),
        "support": draw.choice(["basic", "lessons", "own plan"], size, p=[0.794, 0.2, 0.006]),
        "start": start,
        "growth": (15 + 0.05 * (200 - start) + draw.normal(0, 6, size)).round(),
        "reached": reached,
        "months": np.where(reached, draw.integers(1, 24, size), 24),
    }
).join(schools, on="school", maintain_order="left")
pupils.schema

# %% [markdown]
# ## A study
#
# A study knows three things: the *policy* (whose thresholds count), the *unit* (the person who is
# protected) and the *entity* above it (here the school, which is protected too). `"cbs"` asks for
# at least 10 pupils and at least 3 schools behind every figure. Every number of a policy has its
# source in the manual.

# %%
study = dc.Study(policy="cbs", unit="pupil", entity="school")

# %% [markdown]
# ## A table that may not leave
#
# Ask for a table by naming its rows and columns.

# %%
table = study.crosstab(
    pupils, rows=["origin"], columns=["grade"], title="Pupils by origin and grade"
)
table

# %% [markdown]
# One cell is masked before you have even seen it. The letter `p` marks a cell that is unsafe
# itself.
#
# ## Why not?
#
# `explain()` says so in words, in English or in Dutch.

# %%
print(table.explain())

# %%
print(table.explain("nl"))

# %% [markdown]
# The same as data: one row for every cell and every rule that it breaks.

# %%
table.findings

# %% [markdown]
# ## Protecting it
#
# Leaving out that one cell would not help: the totals of its row and of its column are in the
# table, and subtracting the other cells from a total gives it back. `protect()` hides what must be
# hidden besides. Those cells have the letter `s`: nothing is wrong with them, they keep the other
# one secret. The totals that you see are the true ones.

# %%
safe = table.protect()
safe

# %% [markdown]
# Is it enough? The library attacks its own table: it works out, from what is shown, the least and
# the most that each hidden cell can be. `holds` says whether that leaves enough doubt.

# %%
safe.audit().frame.select("origin", "grade", "lower", "upper", "holds")

# %% [markdown]
# What leaves is `released`: the cells that are shown, and for the others only that they are
# hidden. Nobody outside can tell a `p` from an `s`.

# %%
safe.released.filter(pl.col("origin") == "European")

# %% [markdown]
# ## Schools, municipalities, provinces
#
# Schools lie in municipalities, and municipalities in provinces. A *hierarchy* tells so. A table
# by `school` then has all three levels, with the true total of each.

# %%
places = dc.Hierarchy.from_levels(schools, ["province", "municipality", "school"])
by_place = dc.Study(
    policy="cbs", unit="pupil", entity="school", hierarchies={"school": places}
).crosstab(pupils, rows=["school"], columns=["sex"], title="Pupils by place and sex")
by_place.protect()

# %% [markdown]
# A row about a single school is never shown under this policy: fewer than three schools are behind
# it. Cedar has two schools, and each of them could work out the other. A second municipality of
# the same province is hidden for Cedar's sake, since otherwise a subtraction would give Cedar
# back. If the municipalities are all that you need, take `municipality` as the dimension.
#
# ## Means
#
# `statistic="mean"` with `values=`. The same thresholds hold, and besides: no pupil and no school
# may make up most of a total (*dominance*), and not everybody may have the same value.

# %%
growth = study.crosstab(
    pupils,
    rows=["sex"],
    columns=["grade"],
    values="growth",
    statistic="mean",
    title="Mean growth by sex and grade",
)
growth

# %% [markdown]
# Nothing is masked: this table is safe as it is.
#
# ## Percentages
#
# A percentage is judged by the numbers of pupils beneath it. The next table is masked although its
# groups are large.

# %%
level = study.crosstab(
    pupils,
    rows=["grade"],
    columns=["reached"],
    statistic="percentage",
    title="Reached the reference level, per cent of the grade",
)
level

# %%
print(level.explain())

# %% [markdown]
# This is *group disclosure*. When (nearly) all of a group have something in common, it is enough
# to know that somebody belongs to the group. Joining categories helps: together, two grades are
# not so extreme.

# %%
upper = pl.col("grade").replace({"grade 7": "grade 7 or 8", "grade 8": "grade 7 or 8"})
study.crosstab(
    pupils.with_columns(upper),
    rows=["grade"],
    columns=["reached"],
    statistic="percentage",
    title="Reached the reference level, per cent of the grade",
)

# %% [markdown]
# ## Quantiles, and a box plot without whiskers
#
# A quantile needs enough pupils on both sides of it. The quartiles make a box plot. Whiskers are
# left out on purpose: they end at the values of single pupils.

# %%
quartiles = study.quantiles(pupils, "growth", by=["grade"], title="Quartiles of growth by grade")
quartiles

# %%
SVG(dc.as_svg(quartiles.chart(x="grade", mark="box")))

# %% [markdown]
# ## A histogram
#
# Edges are round numbers, so no edge is anybody's value, and the two ends are open: nobody reads
# off the smallest or the largest growth.

# %%
histogram = study.histogram(pupils, "growth", title="Growth in skill points")
histogram

# %% [markdown]
# ## Charts
#
# A chart is drawn from the numbers that are released and from nothing else: what is not in the
# table is not in the picture. Bars for the histogram above, lines for the means.

# %%
SVG(dc.as_svg(histogram.chart(x="bin", mark="bar")))

# %%
SVG(dc.as_svg(growth.chart(x="grade", color="sex", mark="line")))

# %% [markdown]
# ## How long it takes
#
# The share of pupils who have *not yet* reached the level after so many months (Kaplan and Meier).
# Between two steps of the curve at least ten pupils reach it, so no step is one pupil.

# %%
curve = study.survival(
    pupils,
    time="months",
    event="reached",
    by=["sex"],
    times=[6, 12, 18],
    title="Not yet at the reference level, by month and sex",
)
curve

# %% [markdown]
# ## A regression
#
# Formulas are written as you know them.

# %%
model = study.ols(pupils, "growth ~ start + C(support)", title="Growth explained by support")
model

# %%
print(model.explain())

# %% [markdown]
# Very few pupils have a plan of their own, and its coefficient is little more than their mean. No
# figure of a regression can be hidden by itself, because the others give it back. The way out is
# another model: join the small category with one that it resembles.

# %%
joined = pl.col("support").replace({"lessons": "more", "own plan": "more"})
way_out = study.ols(
    pupils.with_columns(joined), "growth ~ start + C(support)", title="Growth explained by support"
)
way_out

# %% [markdown]
# ## Rounding
#
# Some policies want counts rounded. `round(5)` does that and nothing else: what was unsafe stays
# masked. Under a policy that asks for rounding, such as `"opensafely"`, `protect()` rounds too.

# %%
rounded = dc.Study(policy="opensafely", unit="pupil").crosstab(
    pupils, rows=["origin"], columns=["grade"], title="Pupils by origin and grade, rounded"
)
rounded.protect()

# %% [markdown]
# Every cell is rounded by itself, so the rows no longer add up to their totals. Where they must,
# *controlled rounding* moves each cell up or down such that all sums stay right. It needs the
# table beneath the output.

# %%
dc.round_controlled(table.table, base=5).cells.filter(pl.col("origin") == "European")

# %% [markdown]
# ## Records
#
# Tables are one thing; a file with a row for every pupil is another. Whoever knows a pupil's sex,
# grade, origin and school may find the row. `k_anonymity` counts how many pupils look alike in
# those columns: `k` is the size of the smallest group.

# %%
known = ["sex", "grade", "origin", "school"]
extract = pupils.select(*known, "growth")
dc.k_anonymity(extract, quasi_identifiers=known, sensitive=["growth"])

# %% [markdown]
# `anonymise` climbs the hierarchies until at least ten pupils look alike, and states what that
# cost. School became province, and origin got coarser.

# %%
origins = dc.Hierarchy.from_parents(
    {"Dutch": "Total", "other": "Total", "European": "other", "outside Europe": "other"}
)
anonymous = dc.anonymise(
    extract, quasi_identifiers=known, k=10, hierarchies={"school": places, "origin": origins}
)
anonymous

# %% [markdown]
# ## Where to go from here
#
# The notebook `check_before_submit` shows the rest of the way: whether several outputs together
# tell more than each of them, files made elsewhere, and what you hand in.
