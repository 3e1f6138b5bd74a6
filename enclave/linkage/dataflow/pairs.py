"""Pairs of a delivered pupil and a person that agree on a key: join first, count on the hits."""

from collections.abc import Sequence
from datetime import timedelta
from functools import reduce
from operator import or_

import narwhals as nw

from enclave.linkage.engines import Engine, Frame
from enclave.linkage.passes import GUARD_FIELDS, TELLING_GUARDS, Pass

ROW = ("delivery_id", "pupil_row")
CLAIM = ("delivery_id", "person_id")
EVIDENCE = ("contradicted", "strange", "other_sex", "unlike")
Expression = nw.Expr


def find_pairs(engine: Engine, residue: Frame, spine: Frame, step: Pass, name: str) -> Frame:
    """One row per pupil and spell that agree on the pass's key: ``ROW``, person_id and evidence.

    ``contradicted``: some guard is known on both sides and none agrees. ``strange``: the same, or
    the same for the telling guards alone, or birth date and sex are known and both differ: of the
    same address, but a brother or sister. ``other_sex``: sex is known and differs.
    ``unlike``: birth date or address is. The last three are false for a pass by address, whose key
    holds them.
    """
    watched = TELLING_GUARDS if step.by_number else ()
    sex = ("sex",) if step.by_number else ()
    fields = sorted({f for guard in (*step.guards, *watched, *sex) for f in GUARD_FIELDS[guard]})
    days = ("reference_date",) if step.at_reference_date else ()
    spell = ("valid_from", "valid_to") if step.at_reference_date else ()
    wanted = residue.select(*ROW, step.key, *fields, *days)
    known = spine.select(
        "person_id", step.key, *(nw.col(field).alias(f"{field}_spine") for field in fields), *spell
    )
    found = []
    for number, (ours, theirs) in enumerate(engine.parts(wanted, known, step.key)):
        pairs = ours.join(theirs, on=step.key, how="inner")
        if step.at_reference_date:
            pairs = pairs.filter(is_valid(step.tolerance_days))
        strange, unlike = contradicted(watched), contradicted(())
        if step.by_number:
            neither = contradicted(("birth",)) & contradicted(("sex",))
            strange = reduce(or_, [strange, contradicted(step.guards), neither])
            unlike = reduce(or_, [contradicted((guard,)) for guard in watched])
        evidence = pairs.select(
            *ROW,
            "person_id",
            contradicted(step.guards).alias("contradicted"),
            strange.alias("strange"),
            contradicted(sex).alias("other_sex"),
            unlike.alias("unlike"),
        )
        found.append(engine.checkpoint(evidence, f"{name}-pairs-{number}"))
    return nw.concat(found) if len(found) > 1 else found[0]


def is_valid(tolerance_days: int) -> Expression:
    """Whether the address was valid at the reference date: from the first day, not on the last."""
    earlier = later = nw.col("reference_date")
    if tolerance_days:
        slack = timedelta(days=tolerance_days)
        earlier, later = nw.col("reference_date") - slack, nw.col("reference_date") + slack
    ended = (nw.col("valid_to") <= earlier).fill_null(value=False)
    return (nw.col("valid_from") <= later) & ~ended


def contradicted(guards: Sequence[str]) -> Expression:
    """Whether some guard is known on both sides and none agrees."""
    if not guards:
        return nw.lit(value=False)
    same = [agreement(GUARD_FIELDS[guard]) for guard in guards]
    known = reduce(or_, [~one.is_null() for one in same])
    agrees = reduce(or_, [one.fill_null(value=False) for one in same])
    return known & ~agrees


def agreement(fields: Sequence[str]) -> Expression:
    """Whether all fields agree; null when one is missing on a side, even where another differs."""
    first = nw.col(fields[0]) == nw.col(f"{fields[0]}_spine")
    if len(fields) == 1:
        return first
    rest = agreement(fields[1:])
    either = first.is_null() | rest.is_null()
    return nw.when(~either).then(first & rest)
