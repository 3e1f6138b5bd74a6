"""A second implementation of tables and their rules: plain loops over records, no data frames.

It is written from the statements of the rules and is slow on purpose. Every cell of every margin is
made anew from the records; shares are compared as fractions, so no rounding decides.
"""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

TOTAL, MISSING = "[total]", "[missing]"


@dataclass(frozen=True)
class World:
    """A table to be made: records and what is known about them.

    Args:
        records: a dict per record: the dimensions, unit, entity, weight, value.
        dimensions: names of columns; ``trees`` has child and parent of those with a tree.
        levels: levels that the schema names.
        impossible: combinations that cannot occur.
        statistic, unit, entity, weight: as in the library; names are null when not given.
    """

    records: list[dict[str, Any]]
    dimensions: tuple[str, ...]
    statistic: str = "count"
    unit: str | None = None
    entity: str | None = None
    weight: str | None = None
    trees: dict[str, dict[str, str]] = field(default_factory=dict)
    levels: dict[str, list[Any]] = field(default_factory=dict)
    impossible: list[dict[str, Any]] = field(default_factory=list)


def label(value):
    """The label of a level: whole numbers, texts and nulls only."""
    return MISSING if value is None else str(value)


def known(world):
    """The records that count: with a weight above 0, and a finite value where one is asked."""
    found = []
    for number, record in enumerate(world.records):
        own = dict(record, __row=number)
        if world.weight and not own["weight"] > 0:
            continue
        value = own["value"]
        if world.statistic != "count" and (value is None or not math.isfinite(value)):
            continue
        found.append(own)
    return found


def parents(world, records):
    """For each dimension every label but the total, and what lies directly above it."""
    found = {}
    for name in world.dimensions:
        seen = {label(record[name]) for record in records}
        if name in world.trees:
            above = dict(world.trees[name])
        else:
            above = {label(level): TOTAL for level in world.levels.get(name, ())}
            above |= dict.fromkeys(seen, TOTAL)
        if MISSING in seen:
            above[MISSING] = TOTAL
        found[name] = above
    return found


def above_all(text, above):
    """The label itself and everything above it."""
    found = [text]
    while found[-1] != TOTAL:
        found.append(above[found[-1]])
    return found


def cells_of(world):
    """Every cell of every margin: labels, and the records in it."""
    records = known(world)
    above = parents(world, records)
    every = {cell: [] for cell in product(*([*above[name], TOTAL] for name in world.dimensions))}
    for record in records:
        lines = [above_all(label(record[name]), above[name]) for name in world.dimensions]
        for cell in product(*lines):
            every[cell].append(record)
    return every, above


def figures(world, records):
    """What a cell is made of."""
    weight = [Fraction(r["weight"]) if world.weight else Fraction(1) for r in records]
    value = [Fraction(r["value"]) if world.statistic != "count" else Fraction(1) for r in records]
    own = [w * v for w, v in zip(weight, value, strict=True)]
    units, entities, members = {}, {}, []
    for record, part in zip(records, own, strict=True):
        who = record["unit"] if world.unit else record["__row"]
        members.append((who, record["entity"]))
        units[who] = units.get(who, 0) + abs(part)
        if world.entity:
            entities[record["entity"]] = entities.get(record["entity"], 0) + abs(part)
    found = {
        "records": len(records), "units": len(units), "values": value, "members": members,
        "entities": len(set(entities) - {None}) if world.entity else None,
        "sum": sum(own, Fraction(0)), "absolute": sum(map(abs, own), Fraction(0)),
        "weight": sum(weight, Fraction(0)),
        "unit_tops": sorted(units.values(), reverse=True),
        "entity_tops": sorted(entities.values(), reverse=True),
    }  # fmt: skip
    found["figure"] = figure(world.statistic, found)
    found["holders"] = holders(world, records, found["figure"])
    return found


def figure(statistic, found):
    """The value that the table shows."""
    n = found["records"]
    if statistic == "count":
        return float(found["sum"])
    if n == 0 or (statistic == "std" and n == 1):
        return None
    if statistic == "std":
        mean = sum(found["values"]) / n
        return math.sqrt(sum((v - mean) ** 2 for v in found["values"]) / (n - 1))
    if statistic == "median":
        return quantile(found["values"], Fraction(1, 2))
    return float(found["sum"] / (found["weight"] if statistic == "mean" else 1))


def quantile(values, p):
    """The quantile between the values beside place (n - 1) p."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * p
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))


def holders(world, records, median):
    """How many units have exactly the median; null when it lies between two others."""
    if world.statistic != "median" or not records:
        return None
    same = [r for r in records if r["value"] == median]
    count = len({r["unit"] if world.unit else r["__row"] for r in same})
    return count or None


def possible(world, cell, above):
    """Whether some finest cell below ``cell`` is not ruled out."""
    finest = []
    for name, text in zip(world.dimensions, cell, strict=True):
        leaves = set(above[name]) - set(above[name].values())
        finest.append([leaf for leaf in leaves if text in above_all(leaf, above[name])])
    return any(not _ruled_out(world, leaf, above) for leaf in product(*finest))


def _ruled_out(world, leaf, above):
    for combination in world.impossible:
        if not set(combination) <= set(world.dimensions):
            continue
        if all(
            label(level) in above_all(leaf[world.dimensions.index(name)], above[name])
            for name, level in combination.items()
        ):
            return True
    return False


def table_of(world):
    """Every cell with its figures, and whether it can occur."""
    every, above = cells_of(world)
    return {
        cell: {**figures(world, records), "possible": possible(world, cell, above)}
        for cell, records in every.items()
    }, above


def judge(world, policy, made=None):
    """Every finding as (labels, rule), () for the whole; ``made`` is what ``table_of`` gives."""
    table, above = made or table_of(world)
    found = set()
    if not any(cell["units"] for cell in table.values()):
        found.add(((), "nobody"))
    known = len({value for cell in table.values() for value in cell["values"]}) == 2
    for labels, cell in table.items():
        found |= {(labels, rule) for rule in _of_cell(world, cell, policy)}
        own = set(cell["values"])
        judged = world.statistic in {"sum", "mean", "std"} and len(own) == 2
        # Who is behind a value is counted only where the whole table has two.
        if judged and any(_is_few_or_most(cell, v, policy, known=known) for v in own):
            found.add((labels, "binary_value"))
    if policy.maximum_group_share is not None and world.statistic == "count":
        found |= {(labels, "group_disclosure") for labels in _groups(world, table, above, policy)}
    return found


def exact(number):
    """A threshold as people wrote it."""
    return Fraction(str(number))


def _of_cell(world, cell, policy):
    if not cell["units"]:
        if policy.zeros_are_unsafe and world.statistic == "count" and cell["possible"]:
            yield "empty_cell"
        return
    least = policy.minimum_units
    if world.statistic != "count":
        least = max(least, policy.minimum_units_of_totals or 0)
    active = sum(top > 0 for top in cell["unit_tops"])
    total = world.statistic in {"sum", "mean", "std"}
    if cell["units"] < least or (total and 0 < active < policy.minimum_units):
        yield "minimum_units"
    few = policy.minimum_entities
    if world.entity and few is not None and cell["entities"] < few:
        yield "minimum_entities"
    if world.statistic in {"sum", "mean"}:
        yield from _of_total(world, cell, policy)
    if world.statistic != "count" and len(set(cell["values"])) == 1:
        yield "all_equal"
    share = policy.maximum_unit_share
    if world.statistic == "std" and share is not None and len(set(cell["values"])) > 1:
        squares = [(v - sum(cell["values"]) / len(cell["values"])) ** 2 for v in cell["values"]]
        if max(squares) > exact(share) * sum(squares):
            yield "unit_dominance"
    if world.statistic == "std" and cell["units"] - 1 < policy.minimum_degrees_of_freedom:
        yield "degrees_of_freedom"
    if world.statistic == "median" and cell["holders"] == 1:
        yield "single_holder"


def _of_total(world, cell, policy):
    tops, absolute = cell["unit_tops"], cell["absolute"]
    share = policy.maximum_unit_share
    if share is not None and tops[0] > exact(share) * absolute:
        yield "unit_dominance"
    share = policy.maximum_entity_share
    if world.entity and share is not None and cell["entity_tops"][0] > exact(share) * absolute:
        yield "entity_dominance"
    share = policy.maximum_top_share
    if share is not None and sum(tops[: policy.top_units]) > exact(share) * absolute:
        yield "top_dominance"
    if policy.minimum_remainder is not None:
        rest = exact(policy.prior_error) * sum(tops[2:], Fraction(0))
        if rest < exact(policy.minimum_remainder) * tops[0]:
            yield "p_percent"
    share = policy.maximum_extreme_share
    extreme = max(abs(min(cell["values"])), abs(max(cell["values"])))
    if share is not None and extreme > exact(share) * abs(cell["sum"]):
        yield "extreme_share"


def _is_few_or_most(cell, value, policy, *, known):
    """Whether too few have one of two values, or nearly all.

    Units and entities are counted where the whole table has two values, else records.
    """
    same = [who for who, own in zip(cell["members"], cell["values"], strict=True) if own == value]
    units = len({unit for unit, _ in same}) if known else len(same)
    few = units < policy.minimum_units
    if cell["entities"] is not None and policy.minimum_entities is not None:
        schools = len({entity for _, entity in same} - {None}) if known else len(same)
        few = few or schools < policy.minimum_entities
    share = policy.maximum_group_share
    return few or (share is not None and len(same) >= exact(share) * cell["records"])


def _groups(world, table, above, policy):
    share = exact(policy.maximum_group_share)
    for labels, group in table.items():
        for at, name in enumerate(world.dimensions):
            below = [child for child, up in above[name].items() if up == labels[at]]
            parts = [(*labels[:at], child, *labels[at + 1 :]) for child in below]
            if sum(table[part]["possible"] for part in parts) < 2:
                continue
            for part in parts:
                for what in ("records", "sum"):
                    if group[what] > 0 and table[part][what] >= share * group[what]:
                        yield part
