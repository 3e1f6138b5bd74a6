"""Small worlds of units and released tables, and an attacker who knows only linear algebra.

The attacker shares no code with the library: ranks are taken modulo a prime of 61 bits, groups are
found by trying every set of units.
"""

import random
import re
from itertools import combinations

import numpy as np
import polars as pl

from disclosure_control.differencing import Cells, PublishedCell

PRIME = (1 << 61) - 1


def table(name, records, published, **options):
    """A table from records (unit, key) and published cells: label -> (keys, shown, value)."""
    keys = sorted(
        {key for _, key in records} | {key for cell in published.values() for key in cell[0]}
    )
    place = {key: number for number, key in enumerate(keys)}
    codes = pl.DataFrame(
        {"unit": [unit for unit, _ in records], "cell": [place[key] for _, key in records]},
        schema={"unit": pl.String, "cell": pl.Int32},
    )
    cells = tuple(
        PublishedCell(
            label, np.array(sorted(place[key] for key in inside), dtype=np.int64), shown, value
        )
        for label, (inside, shown, value) in published.items()
    )
    return Cells(name, codes, cells, **options)


def plain(name, records, hidden=(), margins=()):
    """A table that shows every key of its records but ``hidden``, and unions of keys as margins."""
    counts = {}
    for _, key in records:
        counts[key] = counts.get(key, 0) + 1
    published = {
        str(key): ({key}, key not in hidden, None if key in hidden else counts[key])
        for key in sorted(counts)
    }
    for label, inside in margins:
        total = sum(counts.get(key, 0) for key in inside)
        published[label] = (set(inside), True, total)
    return table(name, records, published)


def columns(cells, units):
    """Published cells of a table as columns over units: label, shown, vector."""
    number = {unit: place for place, unit in enumerate(units)}
    found = []
    for cell in cells.published:
        inside = set(cell.places.tolist())
        vector = [0] * len(units)
        for unit, code in cells.rows().select("unit", "cell").iter_rows():
            vector[number[unit]] += code in inside
        found.append((cell.label, cell.shown, vector))
    return found


def units_of(tables):
    return sorted({unit for cells in tables for unit in cells.codes["unit"]})


def rank(vectors):
    """The rank of some vectors of whole numbers, modulo the prime."""
    pivots = []
    for vector in vectors:
        row = [value % PRIME for value in vector]
        for lead, pivot in pivots:
            if row[lead]:
                factor = row[lead]
                row = [(one - factor * two) % PRIME for one, two in zip(row, pivot, strict=True)]
        lead = next((place for place, value in enumerate(row) if value), None)
        if lead is not None:
            inverse = pow(row[lead], -1, PRIME)
            pivots.append((lead, [value * inverse % PRIME for value in row]))
    return len(pivots)


def restricted(vectors, inside, size):
    """Dimension of the span's vectors that are zero outside some units."""
    outside = [place for place in range(size) if place not in inside]
    return rank(vectors) - rank([[vector[place] for place in outside] for vector in vectors])


class Attacker:
    """Everything that follows from shown cells by adding and subtracting."""

    def __init__(self, new, earlier):
        self.units = units_of([*new, *earlier])
        size = len(self.units)
        self.size = size
        self.before = [v for t in earlier for _, shown, v in columns(t, self.units) if shown]
        self.after = self.before + [
            v for t in new for _, shown, v in columns(t, self.units) if shown
        ]
        self.hidden = {
            (t.name, label): v
            for t in [*new, *earlier]
            for label, shown, v in columns(t, self.units)
            if not shown
        }
        self.cells = {
            (t.name, label): v
            for t in [*new, *earlier]
            for label, shown, v in columns(t, self.units)
            if shown
        }

    def derives(self, vector, vectors):
        return rank([*vectors, vector]) == rank(vectors)

    def new_hidden(self):
        """Hidden cells with somebody in them that follow now and did not before."""
        return {
            key
            for key, vector in self.hidden.items()
            if any(vector)
            and self.derives(vector, self.after)
            and not self.derives(vector, self.before)
        }

    def atoms(self):
        """Units that all shown cells treat alike, unless they are in none."""
        groups = {}
        for place in range(self.size):
            key = tuple(vector[place] for vector in self.after)
            if any(key):
                groups.setdefault(key, []).append(place)
        return list(groups.values())

    def new_atoms(self, most):
        """Atoms of at most ``most`` units whose count follows now and did not before."""
        found = set()
        for atom in self.atoms():
            vector = [int(place in atom) for place in range(self.size)]
            fresh = self.derives(vector, self.after) and not self.derives(vector, self.before)
            if len(atom) <= most and fresh:
                found.add(tuple(atom))
        return found

    def new_groups(self, most):
        """Whether some figure on at most ``most`` units follows now and did not before."""
        for count in range(1, most + 1):
            for inside in combinations(range(self.size), count):
                after = restricted(self.after, set(inside), self.size)
                if after and after > restricted(self.before, set(inside), self.size):
                    return True
        return False

    def evaluate(self, equation):
        """The figure on the right-hand side of an equation in words."""
        right = equation.split(" = ", 1)[1]
        total = [0] * self.size
        for sign, factor, label, name in re.findall(r"(- )?(?:(\d+) x )?(\S+) of (T\d+)", right):
            times = (-1 if sign else 1) * int(factor or 1)
            vector = self.cells[name, label]
            total = [one + times * two for one, two in zip(total, vector, strict=True)]
        return total


def support(vector):
    return tuple(place for place, value in enumerate(vector) if value)


def proven(found, attacker, minimum):
    """The units that the proven differences touch, after each was checked."""
    touched = set()
    for one in found:
        if not one.exact or not one.units:
            continue
        vector = attacker.evaluate(one.equation)
        assert len(support(vector)) == one.units
        assert not attacker.derives(vector, attacker.before)
        assert attacker.derives(vector, attacker.after)
        if one.subject == "group":
            assert 0 < one.units < minimum
        else:
            label, name = one.equation.removesuffix("x ").split(" = ")[0].split(" of ")
            assert support(attacker.hidden[name, label.split(" ")[-1]]) == support(vector)
        touched.add(support(vector))
    return touched


def random_world(seed, most=13, copies=1):
    """New tables, earlier tables: partitions of a few units with margins, hidden cells, gaps.

    With ``copies``, so many units have the same traits.
    """
    chance = random.Random(seed)
    size = chance.randint(4, most)
    units = [f"u{place:02d}" for place in range(size)]
    drawn = [[chance.randint(0, 2) for _ in range(3)] for _ in units]
    traits = {unit: drawn[place // copies] for place, unit in enumerate(units)}
    count = chance.randint(2, 5)
    tables = [random_table(chance, f"T{place}", units, traits) for place in range(count)]
    split = chance.randint(0, count - 1)
    return tables[split:], tables[:split]


def random_table(chance, name, units, traits):
    members = [unit for unit in units if chance.random() > chance.choice([0, 0, 0.15])]
    members = members or units
    used = chance.sample(range(3), chance.choice([1, 1, 2]))
    cut = chance.randint(0, 1)
    key = {
        unit: "".join(
            str(int(traits[unit][t] > cut) if len(used) > 1 else traits[unit][t]) for t in used
        )
        for unit in members
    }
    if chance.random() < 0.25:
        key = {unit: str(chance.randint(0, 3)) for unit in members}
    records = [(unit, key[unit]) for unit in members]
    if chance.random() < 0.15:
        records += [
            (unit, str(chance.randint(0, 1)))
            for unit in chance.sample(members, min(2, len(members)))
        ]
    keys = sorted({k for _, k in records})
    hidden = [k for k in keys if chance.random() < 0.25]
    margins = []
    if chance.random() < 0.6:
        margins.append(("all", keys))
    if chance.random() < 0.5:
        margins.append(("some", [k for k in keys if k[0] == keys[0][0]]))
    return plain(name, records, hidden, margins)
