"""Random linked tables for tests: small trees over three dimensions, drawn from one population."""

from itertools import combinations, product

import numpy as np
import polars as pl

import disclosure_control as dc

CATEGORIES = {"a": ("a1", "a2"), "b": ("b1", "b2", "b3", "b4"), "c": ("c1", "c2")}
GROUPS = {
    "A": ("a1", "a2"), "C": ("c1", "c2"), "L": ("b1", "b2"), "D": ("b3", "b4"),
    "M": ("b2", "b3"), "Q": ("b1", "b2", "b3"),
}  # fmt: skip
"""What codes of groups stand for; every table that has one of them means the same."""
SHAPES = {
    "shared dimension": (("a", "b"), ("b", "c")),
    "same dimensions": (("a", "b"), ("a", "b")),
    "margin and finest": (("a", "b", "c"), ("b",), ("b", "a")),
    "chain of three": (("a", "b"), ("b",), ("b", "c")),
    "circle": (("a", "b"), ("b", "c"), ("a", "c")),
}


def below(code):
    """The finest categories of a code; null for a total."""
    return None if code == dc.TOTAL else set(GROUPS.get(code, (code,)))


def draw_groups(random, codes):
    """Some groups of the categories that do not overlap: for each category its group."""
    found = {}
    for code in random.permutation(list(GROUPS)).tolist():
        if set(GROUPS[code]) <= set(codes) - set(found) and random.random() < 0.7:
            found |= dict.fromkeys(GROUPS[code], code)
    return found


def draw_table(random, frame, dimensions):
    """A table of the frame: each dimension plain, with a tree, or by groups only."""
    columns, trees, levels = [], {}, {}
    for name in dimensions:
        codes = CATEGORIES[name]
        group, kind = draw_groups(random, codes), random.integers(3)
        if kind == 0 and len(set(group.values())) > 0 and len(group) < len(codes):
            inner = dict.fromkeys(group.values(), "Total")
            trees[name] = dc.Hierarchy.from_parents(dict.fromkeys(codes, "Total") | group | inner)
        coarse = group if kind == 1 else {}
        columns.append(pl.col(name).replace(coarse))
        if name not in trees:
            levels[name] = list(dict.fromkeys(coarse.get(one, one) for one in codes))
    return dc.count_table(frame.select(columns), dimensions, hierarchies=trees, levels=levels)


def draw_tables(random, shape, people):
    """Linked tables of one population, and the trees that connect their codes."""
    frame = pl.DataFrame(
        {
            name: random.choice(codes, people, p=random.dirichlet(np.full(len(codes), 2.0)))
            for name, codes in CATEGORIES.items()
        }
    )
    return [draw_table(random, frame, list(names)) for names in SHAPES[shape]], frame


def connecting(tables):
    """For each dimension of the tables a tree for every group."""
    return {
        name: [
            dc.Hierarchy.from_parents(dict.fromkeys(parts, code) | {code: "Total"})
            for code, parts in GROUPS.items()
            if set(parts) <= set(codes)
        ]
        for name, codes in CATEGORIES.items()
        if any(name in table.dimensions for table in tables)
    }


def indicator(table, names=tuple(CATEGORIES)):
    """One row per cell of the table, one column per leaf of the dimensions: whether it is in it."""
    rows = []
    for codes in table.cells.select(table.dimensions).iter_rows():
        wanted = {name: below(code) for name, code in zip(table.dimensions, codes, strict=True)}
        rows.append(
            [
                all(
                    wanted.get(name) is None or category in wanted[name]
                    for name, category in zip(names, leaf, strict=True)
                )
                for leaf in product(*(CATEGORIES[name] for name in names))
            ]
        )
    return np.array(rows, dtype=np.int64)


def every_population(people, leaves):
    """All ways to spread so many people over so many leaves, one per row."""
    bars = np.array(list(combinations(range(people + leaves - 1), leaves - 1)), dtype=np.int64)
    ends = np.full((len(bars), 1), people + leaves - 1)
    return np.diff(np.hstack([np.full((len(bars), 1), -1), bars, ends]), axis=1) - 1
