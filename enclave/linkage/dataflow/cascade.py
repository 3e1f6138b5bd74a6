"""Running the passes: each sees what the ones before it left over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import narwhals as nw

from enclave.linkage.dataflow.deciding import decide
from enclave.linkage.dataflow.pairs import CLAIM, ROW, find_pairs
from enclave.linkage.engines import Engine, Frame
from enclave.linkage.passes import FIELD_COLUMNS, PASSES, Pass


@dataclass(frozen=True)
class Decided:
    """What the passes decided.

    ``rows``: one row per pupil that some pass found: ``DECISION``, strange, other_sex,
    unlike.
    ``pointed``: ``ROW`` and person_id, the persons at whom a number of a pupil points, linked or
    not; null without a pass by number.
    """

    rows: Frame
    pointed: Frame | None


def run_passes(
    engine: Engine,
    pupils: Frame,
    spine: Frame,
    passes: Sequence[Pass] = PASSES,
    after_pass: Callable[[int], None] | None = None,
) -> Decided:
    """The decisions of the passes. The order of the rows given changes nothing.

    Args:
        engine: works the frames out.
        pupils: delivery_id, pupil_row, reference_date, keys (Binary of 16 bytes), fields (Int32).
        spine: person_id, keys and fields, valid_from, valid_to; one row per address spell.
        passes: in order.
        after_pass: hears the number of passes done.
    """
    decided: list[Frame] = []
    claimed: list[Frame] = []
    pointed: list[Frame] = []
    residue = pupils
    for number, step in enumerate(passes, start=1):
        pairs = find_pairs(engine, residue, spine, step, f"pass-{number}")
        before = _all(claimed) if claimed else None
        rows = engine.checkpoint(decide(pairs, before, step), f"pass-{number}-decided")
        decided.append(rows)
        claimed.append(pairs.select(*CLAIM))
        if step.by_number:
            pointed.append(pairs.select(*ROW, "person_id"))
        if number < len(passes):
            rest = _for_passes(residue, passes[number:]).join(
                rows.select(*ROW), on=list(ROW), how="anti"
            )
            residue = engine.checkpoint(rest, f"pass-{number}-residue")
        if after_pass is not None:
            after_pass(number)
    return Decided(_all(decided), _all(pointed) if pointed else None)


def _for_passes(pupils: Frame, passes: Sequence[Pass]) -> Frame:
    """The columns that the passes look at."""
    keys = dict.fromkeys(step.key for step in passes)
    return pupils.select(*ROW, *keys, *FIELD_COLUMNS, "reference_date")


def _all(frames: list[Frame]) -> Frame:
    return nw.concat(frames) if len(frames) > 1 else frames[0]
