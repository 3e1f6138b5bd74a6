"""Small random tables: panels, schools, weights, missing and odd values, trees, absent levels."""

import math
from random import Random

import polars as pl
from table_oracle import MISSING, TOTAL, World, cells_of

import disclosure_control as dc

TREE = {"C": TOTAL, "D": TOTAL, "e1": TOTAL, "c1": "C", "c2": "C", "F": "C", "f1": "F", "d1": "D"}
LEAVES = sorted(set(TREE) - set(TREE.values()))
STATISTICS = ("count", "sum", "mean", "median", "std")
VALUES = (
    lambda random: random.randint(0, 12),
    lambda random: random.randint(-8, 20) / 4,
    lambda random: random.choice((0, 1)),
    lambda random: random.choice((0, 0, 0, 1, 1, 1, 5)),
    lambda random: random.choice((3, 3, 3, 3, 90)),
    lambda random: random.choice((None, math.nan, math.inf, -math.inf, -0.0, 2, 7, 11)),
    lambda random: 7,
)


def world_of(seed):
    """The world of a seed."""
    random = Random(seed)
    names = random.sample(["a", "b", "t"], random.choice((1, 1, 2, 2, 3)))
    statistic = random.choice(STATISTICS)
    weighted = statistic in {"count", "sum", "mean"} and random.random() < 0.35
    size = random.choice((0, 1, 3, 8, 20, 40, 60, 120))
    people = random.choice((2, 5, 15, 60, 200))
    draw = random.choice(VALUES)
    records = [_record(random, people, draw) for _ in range(size)]
    world = World(
        records,
        tuple(names),
        statistic,
        unit="unit" if random.random() < 0.6 else None,
        entity="entity" if random.random() < 0.5 else None,
        weight="weight" if weighted else None,
        trees={"t": TREE} if "t" in names and random.random() < 0.7 else {},
        levels=_levels(random, names),
    )
    return _with_impossible(random, world)


def _record(random, people, draw):
    unit = random.randrange(people)
    return {
        "a": random.choice((None, 1, 2, 2, 3)) if random.random() < 0.8 else 2,
        "b": random.choice(("x", "y")),
        "t": random.choice((*LEAVES, *LEAVES, None)),
        "unit": None if random.random() < 0.03 else unit,
        "entity": random.choice((None, "s1", "s2", "s3", f"s{unit % 7}")),
        "weight": random.choice((0, 0.25, 1, 1, 1, 2, 9)),
        "value": draw(random),
    }


def _levels(random, names):
    known = {"a": [3, 9], "b": ["z", "x"], "t": ["e1", "d1"]}
    return {name: known[name] for name in names if random.random() < 0.5 or name != "t"}


def _with_impossible(random, world):
    """The world with combinations ruled out that have no records."""
    every, _ = cells_of(world)
    found = []
    for cell, records in random.sample(sorted(every.items()), min(4, len(every))):
        named = {n: text for n, text in zip(world.dimensions, cell, strict=True) if text != TOTAL}
        if named and not records and random.random() < 0.5:
            found.append({n: _raw(n, text) for n, text in named.items()})
    return World(**{**vars(world), "impossible": found})


def _raw(name, text):
    """The level that a label stands for."""
    if text == MISSING:
        return None
    return int(text) if name == "a" else text


def frame_of(world, random=None):
    """The records as a frame; units are numbers or texts."""
    schema = {
        "a": pl.Int64, "b": pl.String, "t": pl.String, "unit": pl.Int64, "entity": pl.String,
        "weight": pl.Float64, "value": pl.Float64,
    }  # fmt: skip
    frame = pl.DataFrame(world.records, schema=schema, strict=False)
    if random is not None and random.random() < 0.5:
        frame = frame.with_columns(pl.col("unit").cast(pl.String))
    return frame


def arguments_of(world):
    """The arguments of the library's tables."""
    found = {
        "unit": world.unit, "entity": world.entity, "weight": world.weight,
        "levels": world.levels, "impossible": world.impossible,
        "hierarchies": {
            name: dc.Hierarchy.from_parents(tree, root=TOTAL) for name, tree in world.trees.items()
        },
    }  # fmt: skip
    if world.statistic != "count":
        found |= {"value": "value", "statistic": world.statistic}
    return found


def library_table(world, frame=None):
    """The table as the library makes it."""
    make = dc.count_table if world.statistic == "count" else dc.magnitude_table
    given = frame_of(world) if frame is None else frame
    return make(given, list(world.dimensions), **arguments_of(world))


def policy_of(seed):
    """A policy with random numbers."""
    random = Random(seed)

    def some(*choices):
        return random.choice((None, *choices))

    return dc.Policy(
        "random",
        minimum_units=random.choice((1, 2, 3, 5, 12)),
        minimum_entities=some(1, 2, 4),
        minimum_units_of_totals=some(3, 20),
        minimum_degrees_of_freedom=random.choice((1, 3, 10)),
        maximum_unit_share=some(0.25, 0.5, 0.7),
        maximum_entity_share=some(0.4, 0.6),
        maximum_top_share=some(0.5, 0.9),
        top_units=random.choice((1, 2, 3)),
        minimum_remainder=some(0.1, 0.3, 1.5),
        prior_error=random.choice((0.3, 1.0)),
        maximum_group_share=some(0.5, 0.75, 0.9, 1.0),
        maximum_extreme_share=some(0.1, 0.3),
        zeros_are_unsafe=random.random() < 0.3,
    )
