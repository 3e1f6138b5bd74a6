"""Keyed hashing: values per CPU second, beside Python's own hmac and the limit of SHA-256.

An HMAC of a short message takes two blocks of SHA-256 once the two halves of the key are prepared;
how many blocks a second OpenSSL does on this machine, in this run, is the limit.

Run: ``python benchmarks/hashing.py [VALUES]``
"""

import hashlib
import sys
import time
from collections.abc import Callable

import polars as pl

from enclave.custody import Secret
from enclave.linkage.keys import digest

BLOCK_BYTES = 64
BLOCKS_PER_VALUE = 2
BUFFER_BYTES = 64 * 1024 * 1024


def cpu_seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The least processor time of ``repeats`` runs, all threads together."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main(values: int) -> None:
    """Prints rates per CPU second and their ratios."""
    frame = pl.DataFrame({"bsn": pl.int_range(100_000_000, 100_000_000 + values, eager=True)})
    frame = frame.select(pl.col("bsn").cast(pl.String))
    secret = Secret(bytes(range(32)))
    message = pl.concat_str([pl.lit("bsn"), pl.lit("1"), pl.col("bsn")], separator="\x1f")

    compiled = values / cpu_seconds(lambda: frame.select(digest(message, secret, native=True)))
    few = frame.head(max(values // 10, 1))
    standard = few.height / cpu_seconds(lambda: few.select(digest(message, secret, native=False)))
    buffer = bytes(BUFFER_BYTES)
    blocks = BUFFER_BYTES / BLOCK_BYTES / cpu_seconds(lambda: hashlib.sha256(buffer).digest())
    limit = blocks / BLOCKS_PER_VALUE

    print(f"values: {values:,}")
    print(f"enclave, compiled:         {compiled:>12,.0f} values per CPU second")
    print(f"hmac, standard library:    {standard:>12,.0f} values per CPU second")
    print(f"limit by SHA-256 blocks:   {limit:>12,.0f} values per CPU second")
    print(f"ratio to standard library: {compiled / standard:.2f} (higher is better)")
    print(f"share of the limit:        {compiled / limit:.2f} (1 is the machine's limit)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000)
