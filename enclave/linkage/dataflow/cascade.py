"""Running the passes: each sees what the ones before it left over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import narwhals as nw

from enclave.linkage.dataflow.deciding import decide
from enclave.linkage.dataflow.pairs import CLAIM, ROW, find_pairs
from enclave.linkage.engines import Engine, Frame
from enclave.linkage.passes import PASSES, Pass


@dataclass(frozen=True)
class Decided:
    """What the passes decided.

    ``rows``: one row per pupil that some pass found: ``DECISION``, strange, other_sex.
    ``residue``: the pupils that none found, with their keys and fields.
    """

    rows: Frame
    residue: Frame


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
        pupils: delivery_id, pupil_row, reference_date, keys (Binary of 16 bytes), fields (Int64).
        spine: person_id, keys and fields, valid_from, valid_to; one row per address spell.
        passes: in order.
        after_pass: hears the number of passes done.
    """
    decided: list[Frame] = []
    claimed: list[Frame] = []
    residue = pupils
    for number, step in enumerate(passes, start=1):
        pairs = find_pairs(engine, residue, spine, step, f"pass-{number}")
        before = nw.concat(claimed).unique() if claimed else None
        rows = engine.checkpoint(decide(pairs, before, step), f"pass-{number}-decided")
        decided.append(rows)
        claimed.append(pairs.select(*CLAIM))
        residue = engine.checkpoint(
            residue.join(rows.select(*ROW), on=list(ROW), how="anti"), f"pass-{number}-residue"
        )
        if after_pass is not None:
            after_pass(number)
    return Decided(nw.concat(decided) if len(decided) > 1 else decided[0], residue)
