"""What the engine reached on a table, beside the best peer and the best bound."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, log10
from typing import Any

from benchmarks.suppression.peers import ONE, TWO, Peer, best

Records = Mapping[str, Mapping[str, Any]]
_DIGITS = 3


@dataclass(frozen=True)
class Rival:
    """The best peer that meets every requirement; ``slack``: what rounding its value may hide."""

    peer: Peer
    slack: float
    same_run: bool


def final(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pattern after the improvement, where there was one."""
    found: Mapping[str, Any] = record.get("improved") or record.get("first") or {}
    return found


def rival(records: Records, table: str) -> Rival | None:
    """The best peer on a table: measured in this run before measured elsewhere."""
    candidates = []
    known = best(table)
    if known is not None:
        half = 0.5 * 10.0 ** (floor(log10(known.value)) - _DIGITS + 1)
        candidates.append(Rival(known, half, same_run=False))
    for phases, tool in ((1, ONE), (2, TWO)):
        found = records.get(f"gconfid-{table}", {}).get(f"phases_{phases}", {})
        if found.get("audit", {}).get("under") == 0:
            peer = Peer(table, tool, found["wall"], found["number"], found["value"], 0)
            candidates.append(Rival(peer, 0.0, same_run=True))
    return min(candidates, key=lambda one: (one.peer.value, -one.same_run), default=None)


def gap(record: Mapping[str, Any]) -> float | None:
    """By which share the loss exceeds the bound, null when there is no bound."""
    bound = record.get("bound")
    if not bound or not final(record):
        return None
    return float(final(record)["loss"]) / float(bound) - 1.0


def unsafe(record: Mapping[str, Any]) -> int | None:
    """Primary cells with too narrow an interval, in any pattern; null when an audit is missing."""
    patterns = [record[name] for name in ("first", "improved") if name in record]
    if not patterns or not all("audit" in pattern for pattern in patterns):
        return None
    return max(int(pattern["audit"]["under"]) for pattern in patterns)
