"""Running the passes: each sees what the ones before it left over."""

from collections.abc import Callable, Sequence

import narwhals as nw

from enclave.linkage.dataflow.deciding import decide
from enclave.linkage.dataflow.pairs import CLAIM, ROW, find_pairs
from enclave.linkage.engines import Engine, Frame
from enclave.linkage.passes import FIELD_COLUMNS, PASSES, Pass


def run_passes(
    engine: Engine,
    pupils: Frame,
    spine: Frame,
    passes: Sequence[Pass] = PASSES,
    after_pass: Callable[[int], None] | None = None,
) -> Frame:
    """The decisions of the passes. The order of the rows given changes nothing.

    Returns:
        One row per pupil that some pass found: ``DECISION``, strange, other_sex.

    Args:
        engine: works the frames out.
        pupils: delivery_id, pupil_row, reference_date, keys (Binary of 16 bytes), fields (Int32).
        spine: person_id, keys and fields, valid_from, valid_to; one row per address spell.
        passes: in order.
        after_pass: hears the number of passes done.
    """
    decided: list[Frame] = []
    claimed: list[Frame] = []
    keys = dict.fromkeys(step.key for step in passes)
    residue = pupils.select(*ROW, *keys, *FIELD_COLUMNS, "reference_date")
    for number, step in enumerate(passes, start=1):
        pairs = find_pairs(engine, residue, spine, step, f"pass-{number}")
        before = nw.concat(claimed).unique() if claimed else None
        rows = engine.checkpoint(decide(pairs, before, step), f"pass-{number}-decided")
        decided.append(rows)
        claimed.append(pairs.select(*CLAIM))
        if number < len(passes):
            rest = residue.join(rows.select(*ROW), on=list(ROW), how="anti")
            residue = engine.checkpoint(rest, f"pass-{number}-residue")
        if after_pass is not None:
            after_pass(number)
    return nw.concat(decided) if len(decided) > 1 else decided[0]
