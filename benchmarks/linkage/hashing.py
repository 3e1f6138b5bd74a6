"""Keyed hashing to 16 bytes: values per second of the processor, beside the limit of SHA-256.

An HMAC of a short message takes two blocks of SHA-256 once both halves of the key are prepared; how
many blocks a second OpenSSL does on this machine, in this run, is the limit.

Run: ``python -m benchmarks.linkage.hashing FILE [--values 2000000]``
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from enclave.custody import Secret
from enclave.linkage.keys import SEPARATOR, VERSION, digest

_BLOCK_BYTES, _BLOCKS_PER_VALUE = 64, 2
_BUFFER_BYTES = 64 * 1024 * 1024
_REPEATS, _FALLBACK_SHARE = 5, 10


def rates(values: int) -> dict[str, float]:
    """Values per second of the processor: compiled, standard library, and the limit."""
    first = 100_000_000
    frame = pl.DataFrame({"bsn": pl.int_range(first, first + values, eager=True).cast(pl.String)})
    message = pl.concat_str([pl.lit("bsn"), pl.lit(VERSION), pl.col("bsn")], separator=SEPARATOR)
    secret = Secret(bytes(range(32)))
    few = frame.head(max(values // _FALLBACK_SHARE, 1))
    buffer = bytes(_BUFFER_BYTES)
    blocks = _BUFFER_BYTES / _BLOCK_BYTES / _seconds(lambda: hashlib.sha256(buffer).digest())
    compiled = values / _seconds(lambda: frame.select(digest(message, secret, native=True)))
    fallback = few.height / _seconds(lambda: few.select(digest(message, secret, native=False)))
    limit = blocks / _BLOCKS_PER_VALUE
    return {
        "values": values,
        "compiled": compiled,
        "fallback": fallback,
        "limit": limit,
        "share_of_limit": compiled / limit,
    }


def _seconds(work: Callable[[], object]) -> float:
    """The least processor time of some runs, all threads together."""
    times = []
    for _ in range(_REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Writes one record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--values", type=int, default=2_000_000)
    wanted = parser.parse_args()
    found = {**rates(wanted.values), "finished": True}
    wanted.file.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
