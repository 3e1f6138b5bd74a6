"""Tables and every rule on them, against plain loops over the records.

The other implementation (``tests/support/table_oracle.py``) shares no code with the library: it
makes each cell anew from its records and compares shares as fractions.
"""

import math
from collections import Counter
from fractions import Fraction
from random import Random

import polars as pl
import pytest
from table_oracle import MISSING, TOTAL, judge, known, quantile, table_of
from table_worlds import frame_of, library_table, policy_of, world_of

import disclosure_control as dc

WORLDS = 420
PARTS = 6
POLICIES = 5
NAMED = ("cbs", "ess", "nco_report", "cbs_income", "opensafely", "acro")
TOPS = range(1, 4)


def nearly(one, other):
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def seeds(part):
    return range(part, WORLDS, PARTS)


def policies(seed):
    """Some named policies and some random ones, other ones for every world."""
    named = (NAMED[(seed + at) % len(NAMED)] for at in range(POLICIES - 2))
    return [*map(dc.find_policy, named), policy_of(2 * seed), policy_of(2 * seed + 1)]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_cell_and_every_finding_is_that_of_the_plain_loops(part):
    for seed in seeds(part):
        world = world_of(seed)
        made = table_of(world)
        if any(not levels for levels in made[1].values()):
            with pytest.raises(dc.InvalidInputError, match="Somebody has a value"):
                library_table(world)
            continue
        table = library_table(world, frame_of(world, Random(seed)))
        check_cells(world, table, made[0], seed)
        for policy in policies(seed):
            check_findings(world, table, judge(world, policy, made), policy, seed)


def check_cells(world, table, cells, seed):
    rows = {
        tuple(row[name] for name in world.dimensions): row
        for row in table.cells.iter_rows(named=True)
    }
    assert set(rows) == set(cells), seed
    assert table.cells.height == len(cells), seed
    for labels, cell in cells.items():
        row = rows[labels]
        where = (seed, labels)
        for name in ("records", "units", "entities", "possible"):
            assert row[name] == cell[name], (name, *where)
        for name in ("sum", "absolute", "weight"):
            assert nearly(row[name], float(cell[name])), (name, *where)
        assert nearly(row["value"], cell["figure"]), where
        for who in ("unit", "entity") if world.statistic not in {"median", "std"} else ("unit",):
            for top in TOPS:
                wanted = cell[f"{who}_tops"][top - 1] if top <= len(cell[f"{who}_tops"]) else 0
                assert nearly(row[f"{who}_top_{top}"], float(wanted)), (who, top, *where)
        if world.statistic != "count" and cell["records"]:
            assert row["lowest"] == min(cell["values"]), where
            assert row["highest"] == max(cell["values"]), where
        if world.statistic == "median":
            assert row["holders"] == cell["holders"], where


def check_findings(world, table, wanted, policy, seed):
    assessment = dc.assess(table, policy)
    got = set()
    for row in assessment.findings.iter_rows(named=True):
        labels = tuple(row[name] for name in world.dimensions)
        got.add(((), row["rule"]) if labels[0] is None else (labels, row["rule"]))
        assert (row["verdict"] == "REVIEW") == (row["rule"] in {"nobody", "single_holder"})
    assert got == wanted, (seed, policy, got ^ wanted)
    rules = {rule for _, rule in wanted}
    worst = dc.Verdict.SAFE if not rules else dc.Verdict.REVIEW
    worst = dc.Verdict.UNSAFE if rules - {"nobody", "single_holder"} else worst
    assert assessment.verdict is worst, seed


def test_the_worlds_break_every_rule_and_keep_it_too():
    broken, kept = Counter(), Counter()
    for seed in range(0, WORLDS, 2):
        world = world_of(seed)
        made = table_of(world)
        for policy in policies(seed):
            found = {rule for _, rule in judge(world, policy, made)}
            for rule in dc.RULES:
                (broken if rule.name in found else kept)[rule.name] += 1
    for rule in dc.RULES:
        assert broken[rule.name] >= 10, rule.name
        assert kept[rule.name] >= 10, rule.name


def test_a_combination_with_records_cannot_be_impossible():
    refused = 0
    for seed in range(100):
        world = world_of(seed)
        cells, _ = table_of(world)
        full = [cell for cell, found in cells.items() if found["records"]]
        if not full or world.statistic == "count":
            continue
        cell = Random(seed).choice(full)
        named = {n: t for n, t in zip(world.dimensions, cell, strict=True) if t != TOTAL}
        named = {n: None if t == MISSING else int(t) if n == "a" else t for n, t in named.items()}
        if not named:
            continue
        worse = type(world)(**{**vars(world), "impossible": [named]})
        # A node all of whose parts are ruled out is what is refused: its records are then too many.
        with pytest.raises(dc.InvalidInputError, match="Impossible combinations have no records"):
            library_table(worse)
        refused += 1
    assert refused > 20


PROBABILITIES = ("0.05", "0.1", "0.25", "0.333", "0.5", "0.55", "0.7", "0.9", "0.95")


def own_value(values, p):
    """The value that a quantile is, or nearly is; null when it lies between two others."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * p
    nearest = round(place)
    off = abs(place - nearest)
    if off < Fraction(1, 20):
        return ordered[nearest]
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low if low == high else None


def is_borderline(size, p):
    """Whether floats decide if the place is near enough to a value."""
    place = (size - 1) * p
    return abs(place - round(place)) == Fraction(1, 20)


@pytest.mark.parametrize("part", range(2))
def test_quantiles_and_whether_they_are_one_units_own_value(part):
    alone = 0
    for seed in range(part, 160, 2):
        random = Random(seed)
        size = random.choice((1, 4, 11, 20, 21, 41, 61, 91, 101, 181))
        spread = random.choice((3, 50, 10_000))
        rows = [
            {
                "g": random.choice("xyy"),
                "unit": random.choice((None, *range(size))),
                "value": random.choice((None, math.nan, *[random.randrange(spread)] * 30)),
            }
            for _ in range(size)
        ]
        unit = random.choice((None, "unit"))
        least = random.choice((1, 4, 10))
        alone += check_quantiles(rows, unit, least, random.sample(PROBABILITIES, 4))
    assert alone > 40


def check_quantiles(rows, unit, least, probabilities):
    schema = {"g": pl.String, "unit": pl.Int64, "value": pl.Float64}
    frame = pl.DataFrame(rows, schema=schema, strict=False)
    numbers = [float(p) for p in probabilities]
    policy = dc.Policy("p", minimum_units=least)
    study = dc.Study(policy=policy, unit=unit, levels={"g": ["x", "y"]})
    output = study.quantiles(frame, "value", by=["g"], probabilities=numbers)
    figures = {tuple(row[:2]): row[2] for row in output.evaluation.figures.iter_rows()}
    found = {
        (*row[:2], row[2]) for row in output.findings.select("g", "quantile", "rule").iter_rows()
    }
    alone = 0
    for group in ("x", "y", TOTAL):
        own = [
            (r["unit"] if unit else at, Fraction(r["value"]))
            for at, r in enumerate(rows)
            if group in {TOTAL, r["g"]} and r["value"] is not None and math.isfinite(r["value"])
        ]
        for text in probabilities:
            cell = (group, f"p{float(100 * Fraction(text)):g}")
            if not own:
                assert figures[cell] is None
                continue
            p, values = Fraction(text), [value for _, value in own]
            units = len({who for who, _ in own})
            tail = units * min(p, 1 - p) < Fraction(least, 2)
            held = own_value(values, p)
            single = held is not None and len({who for who, v in own if v == held}) == 1
            assert nearly(figures[cell], quantile(values, p)), cell
            assert ((*cell, "tail") in found) is tail, cell
            if not is_borderline(len(own), p):
                assert ((*cell, "single_holder") in found) is (single and not tail), cell
            assert ((*cell, "minimum_units") in found) is (units < least), cell
            assert ((*cell, "all_equal") in found) is (len(set(values)) == 1), cell
            alone += single
    return alone


def test_the_records_that_count_are_those_with_a_weight_and_a_value():
    world = world_of(0)
    row = {**dict.fromkeys(("a", "b", "t", "unit", "entity")), "weight": 1, "value": 2}
    odd = [{**row, "value": v} for v in (None, math.nan, math.inf)] + [{**row, "weight": 0}]
    chosen = type(world)([row, *odd], ("a",), "sum", weight="weight")
    assert [record["value"] for record in known(chosen)] == [2]
