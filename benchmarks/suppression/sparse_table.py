"""A table that a statistical office could not protect in 48 hours with sdcTable, at its size.

Three-tier geography of 3,000 codes x 10 x 2 x 75 x 10, 650,000 records, threshold 3: about 3.8
million of 114 million cells hold somebody, 2.4 million of them fewer than three. The office's
records are not public; ours are made up with these sizes: codes of very unequal size, a detailed
code (75) that mostly decides two others, and Zipf's law within each.

Run: ``python -m benchmarks.suppression.sparse_table [share] [portions]``; 0.01 is one per cent.
"""

import resource
import sys
import time

import numpy as np
import polars as pl

from disclosure_control.hierarchy import Hierarchy
from disclosure_control.sparse.cells import read_table
from disclosure_control.sparse.construct import Effort
from disclosure_control.sparse.protect import SparseProtected, SparseRequest, try_protect
from disclosure_control.sparse.verify import subtract_sparse, verify_sparse

DIMENSIONS = ("area", "group", "sex", "code", "origin")
CODES, MIDDLES, TOPS, RECORDS = 3_000, 1_100, 24, 650_000
THRESHOLD = 3
FOLLOWS = 0.88
"""How often the detailed code decides group and origin; set so that the counts come out as told."""


def zipf(size: int, steepness: float) -> np.ndarray:
    """Chances that fall with the rank."""
    chance = np.arange(1, size + 1) ** -steepness
    return np.asarray(chance / chance.sum())


def made_up(share: float) -> tuple[pl.DataFrame, Hierarchy]:
    """Records and the tree of areas, at a share of the full size."""
    random = np.random.default_rng(1)
    codes, tops = max(4, int(CODES * share)), max(2, int(TOPS * share))
    middles, many = max(tops, int(MIDDLES * share)), int(RECORDS * share)
    middle = np.sort(np.r_[np.arange(middles), random.integers(0, middles, codes - middles)])
    top = np.sort(np.r_[np.arange(tops), random.integers(0, tops, middles - tops)])
    size = np.exp(random.normal(0, 0.9, codes))
    home_group, home_origin = random.integers(0, 10, 75), random.integers(0, 10, 75)
    code = random.choice(75, many, p=zipf(75, 1.0))
    follows = random.random((2, many)) < FOLLOWS
    frame = pl.DataFrame(
        {
            "area": random.choice(codes, many, p=size / size.sum()),
            "group": np.where(
                follows[0], home_group[code], random.choice(10, many, p=zipf(10, 1.2))
            ),
            "sex": random.choice(2, many, p=zipf(2, 0.3)),
            "code": code,
            "origin": np.where(
                follows[1], home_origin[code], random.choice(10, many, p=zipf(10, 1.2))
            ),
        }
    ).with_columns(pl.format("c{}", "area").alias("area"))
    above = {f"t{place}": "Total" for place in range(tops)}
    above |= {f"m{place}": f"t{up}" for place, up in enumerate(top.tolist())}
    above |= {f"c{place}": f"m{up}" for place, up in enumerate(middle.tolist())}
    return frame, Hierarchy.from_parents(above)


def report(name: str, start: float) -> None:
    """One line: a stage, its seconds, and the peak memory so far."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  {name:<34}{time.perf_counter() - start:9.1f} s   peak {memory:5.2f} GB", flush=True)


def summary(protected: SparseProtected, grid: int) -> None:
    """Counts of cells, and what is lost."""
    values, primary = protected.table.values, protected.primary
    secondary = protected.hidden & ~primary
    safe = int((~primary).sum())
    print(f"  {safe:,} safe, {int(primary.sum()):,} primary, {grid - values.size:,} empty cells")
    print(
        f"  {int(secondary.sum()):,} secondary: {secondary.sum() / safe:.1%} of the safe cells, "
        f"{values[secondary].sum() / values[~primary].sum():.1%} of their value"
    )


def main(share: float, portions: int) -> None:
    """Prints counts, times, memory and the audit."""
    print(f"{share:.0%} of the full size", flush=True)
    frame, areas = made_up(share)
    start = time.perf_counter()
    table = read_table(frame, DIMENSIONS, {"area": areas})
    report("non-empty cells from records", start)
    start = time.perf_counter()
    request = SparseRequest(THRESHOLD, "value", Effort(portions=portions))
    protected = try_protect(table, request)
    report("protect", start)
    summary(protected, int(np.prod([len(axis.labels) for axis in table.axes])))
    start = time.perf_counter()
    proven = verify_sparse(table, protected.hidden, THRESHOLD, protected.certificate)
    report("verify the proof", start)
    start = time.perf_counter()
    found = subtract_sparse(table, protected.hidden)
    report("attack by subtraction", start)
    print(
        f"  {int((protected.primary & ~proven).sum())} primary cells without proof, "
        f"{int(found.sum())} hidden cells found by subtraction"
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if sys.argv[1:] else 1.0, int(sys.argv[2]) if sys.argv[2:] else 20)
