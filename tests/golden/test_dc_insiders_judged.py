"""A pattern that stops strangers and nobody else is refused, whoever made it."""

import polars as pl
import pytest

import disclosure_control as dc
from disclosure_control.policy import find_policy
from disclosure_control.protect import known_to_insiders

# Magnitudes of four branches in three regions. Two branches of the north have one firm each, and
# hiding those two alone tells each firm what the other has.
FIRMS = [
    ("north", "mills", (50,)),
    ("north", "bakers", (60,)),
    ("north", "smiths", (30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41)),
    ("south", "mills", (70, 71)),
    ("south", "bakers", (80, 81)),
    ("south", "smiths", (20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31)),
    ("west", "mills", (10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21)),
    ("west", "bakers", (40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51)),
    ("west", "smiths", (60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71)),
]


@pytest.fixture
def frame():
    rows = [(region, branch, float(size)) for region, branch, all_ in FIRMS for size in all_]
    return pl.DataFrame(rows, schema=["region", "branch", "turnover"], orient="row")


@pytest.fixture
def table(frame):
    return dc.magnitude_table(frame, ["region", "branch"], "turnover")


def hidden_cells(safe):
    cells = safe.cells.filter(pl.col("status") != "shown")
    return {tuple(row) for row in cells.select("region", "branch").iter_rows()}


def test_the_pattern_against_strangers_lets_one_firm_compute_the_other(table):
    safe = dc.protect(table, "acro", insiders=False)
    assert {("north", "mills"), ("north", "bakers")} <= hidden_cells(safe)
    assert not any(region == "north" and branch in {"smiths", dc.TOTAL}
                   for region, branch in hidden_cells(safe))  # fmt: skip
    narrowed = known_to_insiders(table, find_policy("acro"), safe.problem, safe.hidden)
    assert narrowed.any()


def test_the_pattern_against_everybody_hides_a_third_cell_in_their_row(table):
    safe = dc.protect(table, "acro")
    in_the_north = [branch for region, branch in hidden_cells(safe) if region == "north"]
    assert len(in_the_north) >= 3
    assert not known_to_insiders(table, find_policy("acro"), safe.problem, safe.hidden).any()
    assert dc.audit(safe).underprotected == 0


def test_an_output_that_is_shown_with_the_weaker_pattern_is_judged_unsafe(table, frame):
    study = dc.Study(policy="acro", unit="firm")
    output = study.crosstab(
        frame.with_row_index("firm"), rows=["region"], columns=["branch"], values="turnover",
        statistic="sum",
    )  # fmt: skip
    verdicts = {}
    for insiders in (False, True):
        safe = dc.protect(table, "acro", insiders=insiders)
        assessment = dc.judge(output, safe.released)
        verdicts[insiders] = assessment.verdict
        assert ("derivable" in assessment.findings["rule"]) is not insiders
    assert verdicts[False] is dc.Verdict.UNSAFE
    assert verdicts[True] is not dc.Verdict.UNSAFE
