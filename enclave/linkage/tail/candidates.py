"""Pairs of a pupil and a person that share a block, with what agrees between them."""

from collections.abc import Sequence
from functools import reduce
from operator import or_

import narwhals as nw

from enclave.linkage.dataflow.pairs import ROW, is_valid
from enclave.linkage.engines import Engine, Frame
from enclave.linkage.tail.comparisons import DISAGREES, MISSING, Comparison, Level, Spec

_SPELL = ("valid_from", "valid_to")


def find_candidates(engine: Engine, pupils: Frame, persons: Frame, spec: Spec, name: str) -> Frame:
    """One row per pupil and person: ``ROW``, person_id and a code (Int64) per comparison.

    A person with several rows (addresses, numbers) counts with the best of each comparison.
    """
    days, spell = (("reference_date",), _SPELL) if spec.dated else ((), ())
    ours = pupils.select(*ROW, *days, *spec.pupil_fields)
    theirs = persons.select(
        "person_id", *spell, *(nw.col(one).alias(f"{one}_spine") for one in spec.person_fields)
    )
    codes = [code_of(one) for one in spec.every]
    found = []
    for number, block in enumerate(spec.blocks):
        left = [field.partition("=")[0] for field in block]
        right = [field.rpartition("=")[2] for field in block]
        # The joined column of a person is lost in the join, so it is joined under another name.
        keys = [f"block_{place}" for place in range(len(block))]
        pairs = _known(ours, left, keys).join(
            _known(theirs, [f"{one}_spine" for one in right], keys), on=keys, how="inner"
        )
        found.append(engine.checkpoint(pairs.select(*ROW, "person_id", *codes), f"{name}-{number}"))
    every = nw.concat(found) if len(found) > 1 else found[0]
    best = every.group_by(*ROW, "person_id").agg(*(nw.col(one.name).max() for one in spec.every))
    return engine.checkpoint(best, f"{name}-candidates")


def _known(frame: Frame, fields: Sequence[str], keys: Sequence[str]) -> Frame:
    """The rows with all fields known, each also under its key's name."""
    known = reduce(or_, [nw.col(field).is_null() for field in fields])
    pairs = zip(fields, keys, strict=True)
    return frame.filter(~known).with_columns(*(nw.col(f).alias(key) for f, key in pairs))


def code_of(comparison: Comparison) -> nw.Expr:
    """The code of the strongest level that agrees, under the comparison's name."""
    ways = [way for level in comparison.levels for way in level.ways]
    comparable = reduce(or_, [~agrees(way).is_null() for way in ways])
    code = nw.when(comparable).then(nw.lit(DISAGREES)).otherwise(nw.lit(MISSING))
    for level in reversed(comparison.levels):
        here = nw.lit(comparison.code(level.name))
        code = nw.when(_reached(level)).then(here).otherwise(code)
    return code.cast(nw.Int64).alias(comparison.name)


def _reached(level: Level) -> nw.Expr:
    reached = reduce(or_, [agrees(way).fill_null(value=False) for way in level.ways])
    return reached & is_valid(0) if level.at_reference_date else reached


def agrees(way: Sequence[str]) -> nw.Expr:
    """Whether all fields of a way agree; null when one is missing on a side."""
    ours, _, theirs = way[0].partition("=")
    first = nw.col(ours) == nw.col(f"{theirs or ours}_spine")
    if len(way) == 1:
        return first
    rest = agrees(way[1:])
    missing = first.is_null() | rest.is_null()
    return nw.when(~missing).then(first & rest)
