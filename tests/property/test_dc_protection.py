"""Random tables: what is protected stays protected, seen by an attacker who enumerates.

The brute force shares no code with the library: it lists every table of whole numbers that fits
what is shown, for tables small enough to list.
"""

from itertools import product

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import disclosure_control as dc

SETTINGS = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def tables(draw, rows=(2, 4), columns=(2, 4), largest=45):
    height, width = draw(st.integers(*rows)), draw(st.integers(*columns))
    counts = draw(
        st.lists(st.integers(0, largest), min_size=height * width, max_size=height * width)
    )
    keys = [(f"r{r}", f"c{c}") for r in range(height) for c in range(width)]
    return dict(zip(keys, counts, strict=True))


def frame_of(counts):
    rows = [key for key, number in counts.items() for _ in range(number)]
    return pl.DataFrame(rows, schema={"r": pl.String, "c": pl.String}, orient="row")


def levels_of(counts):
    return {"r": sorted({r for r, _ in counts}), "c": sorted({c for _, c in counts})}


def protected(counts, policy):
    table = dc.count_table(frame_of(counts), ["r", "c"], levels=levels_of(counts))
    try:
        return table, dc.protect(table, policy)
    except dc.ProtectionError:
        return table, None


@SETTINGS
@given(tables())
def test_protected_tables_hold_against_the_audit_and_keep_their_margins(counts):
    table, safe = protected(counts, "cbs")
    if safe is None:
        return
    audit = dc.audit(safe)
    assert audit.exact == 0
    assert audit.underprotected == 0
    assert audit.equation is None
    joined = safe.cells.join(table.cells, on=["r", "c"])
    shown = joined.filter(pl.col("status") == "shown")
    assert shown.filter(pl.col("value") != pl.col("value_right")).is_empty()
    unsafe = dc.assess(table, "cbs").findings.select("r", "c")
    assert shown.join(unsafe, on=["r", "c"], how="semi").is_empty()


def solutions(counts, released):
    """All tables of whole numbers that agree with every shown cell."""
    rows, columns = levels_of(counts).values()
    shown = {(r, c): v for r, c, v, s in released.iter_rows() if s == "shown"}
    inner = [(r, c) for r in rows for c in columns]
    open_cells = [key for key in inner if key not in shown]
    if (dc.TOTAL, dc.TOTAL) not in shown:
        return None
    limit = sum(counts.values())
    tops = []
    for r, c in open_cells:
        whole = [shown.get((r, dc.TOTAL)), shown.get((dc.TOTAL, c)), limit]
        tops.append(int(min(value for value in whole if value is not None)))
    size = 1
    for top in tops:
        size *= top + 1
    if size > 30_000:
        return None
    found = []
    for values in product(*(range(top + 1) for top in tops)):
        guess = {
            **{k: v for k, v in shown.items() if k in inner},
            **dict(zip(open_cells, values, strict=True)),
        }
        if fits(guess, shown, rows, columns):
            found.append(guess)
    return found


def fits(guess, shown, rows, columns):
    sums = {(r, dc.TOTAL): sum(guess[r, c] for c in columns) for r in rows}
    sums |= {(dc.TOTAL, c): sum(guess[r, c] for r in rows) for c in columns}
    sums[dc.TOTAL, dc.TOTAL] = sum(guess.values())
    return all(sums[key] == value for key, value in shown.items() if key in sums)


@settings(SETTINGS, max_examples=150)
@given(tables(rows=(2, 3), columns=(2, 3), largest=9))
def test_an_attacker_who_lists_every_possible_table_cannot_exclude_zero_or_the_threshold(counts):
    policy = dc.Policy(name="tiny", minimum_units=4)
    table, safe = protected(counts, policy)
    if safe is None:
        return
    possible = solutions(counts, safe.released)
    if possible is None:
        return
    assert counts in possible
    unsafe = dc.assess(table, policy).findings
    bounds = {
        (r, c): (low, high)
        for r, c, low, high in dc.audit(safe).frame.select("r", "c", "lower", "upper").iter_rows()
    }
    for r, c in unsafe.drop_nulls("r").select("r", "c").iter_rows():
        if dc.TOTAL in (r, c):
            continue
        values = [guess[r, c] for guess in possible]
        assert min(values) == 0
        assert max(values) >= 4
        assert bounds[r, c] == (min(values), max(values))


@SETTINGS
@given(tables(), st.sampled_from(["cbs", "ess", "nco_report"]), st.sampled_from(["cbs", "ess"]))
def test_the_strictest_of_two_policies_finds_what_either_finds(counts, one, other):
    table = dc.count_table(frame_of(counts), ["r", "c"], levels=levels_of(counts))
    both = dc.Policy.strictest(dc.policies[one], dc.policies[other])
    found = set(dc.assess(table, both).findings.select("r", "c", "rule").rows())
    for name in (one, other):
        assert set(dc.assess(table, name).findings.select("r", "c", "rule").rows()) <= found


@SETTINGS
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_records_changes_nothing(counts, chance):
    frame = frame_of(counts)
    order = list(range(frame.height))
    chance.shuffle(order)
    shuffled = frame[order] if order else frame
    one = dc.count_table(frame, ["r", "c"], levels=levels_of(counts)).cells
    other = dc.count_table(shuffled.lazy(), ["r", "c"], levels=levels_of(counts)).cells
    assert one.equals(other)
