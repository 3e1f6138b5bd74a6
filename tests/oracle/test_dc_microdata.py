"""Plain loops over small random tables, against k, l, t and against the best recoding."""

import math
import random
from collections import Counter
from itertools import product

import polars as pl
import pytest

import disclosure_control as dc

SEEDS = range(60)


def classes_of(rows, width):
    found = {}
    for row in rows:
        found.setdefault(row[:width], []).append(row)
    return found


def small_world(seed):
    """Rows of two quasi-identifiers, an ordered and an unordered value, and a unit; some missing."""
    chance = random.Random(seed)

    def maybe(value, share=0.1):
        return None if chance.random() < share else value

    return [
        (
            maybe(chance.randrange(3)),
            maybe(chance.choice("xyz")),
            maybe(chance.choice([-2.5, 0.0, 1.0, 100.0]), 0.15 * (seed % 2)),
            maybe(chance.choice("pqrs")),
            maybe(chance.randrange(6)),
        )
        for _ in range(chance.randint(1, 40))
    ]


def frame_of(rows):
    schema = {
        "a": pl.Int64,
        "b": pl.String,
        "number": pl.Float64,
        "word": pl.String,
        "who": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def shares(rows, place, order):
    counts = Counter(row[place] for row in rows)
    return [counts[value] / len(rows) for value in order]


def ordered_distance(part, whole):
    """The work of moving earth one step at a time, over the number of steps from end to end."""
    carried, moved = 0.0, 0.0
    for ours, theirs in zip(part, whole, strict=True):
        carried += ours - theirs
        moved += abs(carried)
    return moved / (len(whole) - 1) if len(whole) > 1 else 0.0


def expected_t(rows, place):
    values = sorted({row[place] for row in rows} - {None})
    missing = [None] if any(row[place] is None for row in rows) else []
    found = 0.0
    for members in classes_of(rows, 2).values():
        if place == 3:
            order = values + missing
            pairs = zip(shares(members, place, order), shares(rows, place, order), strict=True)
            found = max(found, sum(abs(one - other) for one, other in pairs) / 2)
            continue
        for order in (values + missing, missing + values):
            part, whole = shares(members, place, order), shares(rows, place, order)
            found = max(found, ordered_distance(part, whole))
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_k_l_and_t_are_those_of_plain_loops(seed):
    rows = small_world(seed)
    frame, classes = frame_of(rows), classes_of(rows, 2)
    for place, name in ((2, "number"), (3, "word")):
        found = dc.k_anonymity(frame, ["a", "b"], [name])
        assert found.k == min(map(len, classes.values()))
        assert found.l == min(len({row[place] for row in own}) for own in classes.values())
        entropies = []
        for own in classes.values():
            counts = Counter(row[place] for row in own).values()
            entropies.append(-sum(n / len(own) * math.log(n / len(own)) for n in counts))
        assert found.l_entropy == pytest.approx(math.exp(min(entropies)))
        assert found.t == pytest.approx(expected_t(rows, place), abs=1e-12)
    both = dc.k_anonymity(frame, ["a", "b"], ["number", "word"])
    assert both.t == pytest.approx(max(expected_t(rows, 2), expected_t(rows, 3)), abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_units_and_small_classes_are_those_of_plain_loops(seed):
    rows = small_world(seed)
    frame, classes = frame_of(rows), classes_of(rows, 2)
    people = {key: len({row[4] for row in own} - {None}) for key, own in classes.items()}
    found = dc.k_anonymity(frame, ["a", "b"], minimum_k=3, unit="who")
    assert (found.k, found.classes) == (min(people.values()), len(classes))
    expected = sorted(
        (*(dc.MISSING if value is None else str(value) for value in key), number)
        for key, number in people.items()
        if number < 3
    )
    assert found.small_classes.rows() == expected


LEAVES = {"a": [str(n) for n in range(8)], "b": list("pqrstu"), "c": ["i", "j", "k", "l"]}
PARENTS = {
    "a": {
        **{str(n): f"{n // 2 * 2}+" for n in range(8)},
        **{f"{n}+": f"half {n // 4}" for n in range(0, 8, 2)},
    },
    "b": {leaf: "early" if leaf < "s" else "late" for leaf in LEAVES["b"]},
    "c": {"i": "vowel", "j": "other", "k": "other", "l": "other"},
}
TREES = {
    name: dc.Hierarchy.from_parents({**up, **dict.fromkeys(set(up.values()) - set(up), "Total")})
    for name, up in PARENTS.items()
}


def climbed(name, label, level):
    for _ in range(level):
        label = PARENTS[name].get(label, "*")
    return label


def lost(name, label):
    beneath = [
        leaf for leaf in LEAVES[name] if label in {climbed(name, leaf, up) for up in range(5)}
    ]
    return (len(beneath) - 1) / (len(LEAVES[name]) - 1)


@pytest.mark.parametrize("seed", range(40))
def test_without_suppression_the_recoding_is_the_cheapest_of_all(seed):
    chance = random.Random(seed)
    rows = [
        tuple(chance.choice(LEAVES[name]) for name in "abc") for _ in range(chance.randint(4, 80))
    ]
    k = chance.randint(2, 4)
    best = math.inf
    for levels in product(range(4), range(3), range(3)):
        recoded = [tuple(map(climbed, "abc", row, levels)) for row in rows]
        if min(Counter(recoded).values()) >= k:
            cost = sum(
                lost(name, label) for row in recoded for name, label in zip("abc", row, strict=True)
            )
            best = min(best, cost / (3 * len(rows)))
    frame = pl.DataFrame(rows, schema=["a", "b", "c"], orient="row")
    done = dc.anonymise(frame, ["a", "b", "c"], k, TREES, maximum_suppression=0)
    assert done.complete
    assert done.suppressed_cells == 0
    assert done.loss.overall == pytest.approx(best)
    recoded = [tuple(map(climbed, "abc", row, done.levels.values())) for row in rows]
    assert [
        tuple(cell.replace(dc.TOTAL, "*") for cell in row) for row in done.data.rows()
    ] == recoded


def fewest_cells(rows, k):
    """By trying every set of emptied cells."""
    masks = list(product((False, True), repeat=len(rows[0])))
    best = math.inf
    for choice in product(masks, repeat=len(rows)):
        cells = sum(map(sum, choice))
        if cells < best:
            left = Counter(
                tuple(None if hidden else value for hidden, value in zip(mask, row, strict=True))
                for mask, row in zip(choice, rows, strict=True)
            )
            if min(left.values()) >= k:
                best = cells
    return best


def test_local_suppression_empties_hardly_more_cells_than_the_fewest_possible():
    chance = random.Random(1)
    ours, least = 0, 0
    for _ in range(60):
        width = chance.choice([2, 3])
        number = chance.randint(4, 7) if width == 2 else 4
        rows = [tuple(chance.randrange(1, 4) for _ in range(width)) for _ in range(number)]
        k = chance.choice([2, 3])
        names = [f"q{place}" for place in range(width)]
        done = dc.anonymise(pl.DataFrame(rows, schema=names, orient="row"), names, k)
        fewest = fewest_cells(rows, k)
        assert done.suppressed_cells >= fewest
        ours, least = ours + done.suppressed_cells, least + fewest
    assert ours <= 1.05 * least


def test_a_group_that_nearly_reaches_k_borrows_instead_of_losing_every_cell():
    # four groups of nine (own a, own b) beside twenty (own a, x): one row of the twenty completes
    # each group at one cell a row; without borrowing all 36 rows would lose both cells
    rows = [(n, "x" if place < 20 else f"y{n}") for n in range(4) for place in range(29)]
    done = dc.anonymise(pl.DataFrame(rows, schema=["a", "b"], orient="row"), ["a", "b"], 10)
    assert done.suppressed_cells == 4 * 10
    assert done.data.group_by("a", "b").len().sort("a", "b").rows() == [
        row for n in range(4) for row in ((n, None, 10), (n, "x", 19))
    ]
