"""The targets, each with what was found and whether it is met."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.suppression.comparing import Records, final, gap, rival, unsafe
from benchmarks.suppression.frequency import INTERVAL
from benchmarks.suppression.instances import INSTANCES
from benchmarks.suppression.peers import PEERS, PLAIN

MET, BY_CPU, MISSED, OPEN = "met", "met by processor time only", "**missed**", "not run"
_FIRST = ((2_000, 1.0), (20_000, 15.0), (110_000, 60.0), (1_000_000, 1_200.0))
_PROVEN = ("targus", "table7", "table8")
_PATTERNS = ("first", "improved")
_TIMES, _GAP, _GIB = 5.0, 0.05, 12.0


@dataclass(frozen=True)
class Verdict:
    """A target, what was found, and whether that meets it."""

    target: str
    found: str
    verdict: str


def time_limit(cells: int) -> float | None:
    """Seconds allowed for the first pattern of a table of this size; null when none is set."""
    return next((seconds for most, seconds in _FIRST if cells <= most), None)


def in_time(found: Mapping[str, Any], limit: float) -> str:
    """Whether a time keeps a limit; the clock runs on when other work takes the processor."""
    if found["wall"] < limit:
        return MET
    return BY_CPU if found["cpu"] < limit else MISSED


def verdicts(records: Records) -> list[Verdict]:
    """Every target in turn."""
    return [
        _proven(records),
        _safe(records),
        _cheaper(records),
        *_near_optimal(records),
        *_fast(records),
        *_against_gconfid(records),
        *_counts(records),
        *_audits(records),
        *_crosstab(records),
    ]


def _run(records: Records) -> dict[str, Mapping[str, Any]]:
    return {name: records[name] for name in INSTANCES if "first" in records.get(name, {})}


def _proven(records: Records) -> Verdict:
    """Whether certificates prove every requirement: a second auditor, who needs no solver."""
    run = _run(records)
    patterns = {name: [record[key] for key in _PATTERNS if key in record]
                for name, record in run.items()}  # fmt: skip
    open_ = [
        name
        for name, found in patterns.items()
        if any(one["failed"] or one.get("unproven") != 0 for one in found)
    ]
    found = f"{len(run) - len(open_)} of {len(run)} tables" + f"; not {', '.join(open_)}" * bool(
        open_
    )
    target = "every requirement of every table proven by a verified certificate"
    return Verdict(target, found, (MISSED if open_ else MET) if run else OPEN)


def _safe(records: Records) -> Verdict:
    run = {
        name: record for name, record in _run(records).items() if not record.get("by_sparse_engine")
    }
    weak = [name for name, record in run.items() if unsafe(record) != 0]
    found = f"{len(run) - len(weak)} of {len(run)} tables" + (
        f"; not {', '.join(weak)}" * bool(weak)
    )
    target = "0 disclosed and 0 under-protected, by the audit alone (undecided counts as disclosed)"
    return Verdict(target, found, (MISSED if weak else MET) if run else OPEN)


def _cheaper(records: Records) -> Verdict:
    rivals = {name: (record, rival(records, name)) for name, record in _run(records).items()}
    compared = {name: (record, best) for name, (record, best) in rivals.items() if best}
    dearer = [
        f"{name} by {final(record)['value'] / best.peer.value - 1:.1%}"
        for name, (record, best) in compared.items()
        if final(record)["value"] > best.peer.value + best.slack
    ]
    found = f"{len(compared) - len(dearer)} of {len(compared)} tables with such a peer"
    found += f"; dearer on {', '.join(dearer)}" * bool(dearer)
    target = "value hidden at most that of the best peer that meets the requirements"
    return Verdict(target, found, (MISSED if dearer else MET) if compared else OPEN)


def _near_optimal(records: Records) -> Iterator[Verdict]:
    for name in _PROVEN:
        above = gap(records.get(name, {}))
        target = f"{name}: within 5 % of a proven lower bound"
        if above is None:
            yield Verdict(target, "no bound", OPEN)
        else:
            yield Verdict(target, f"{above:.1%} above it", MET if above <= _GAP else MISSED)


def _fast(records: Records) -> Iterator[Verdict]:
    for name, record in _run(records).items():
        limit = time_limit(record["cells"])
        first = record["first"]
        if limit is None:
            continue
        found = f"{first['wall']:.2f} s, {first['cpu']:.2f} s of processor"
        target = f"{name} ({record['cells']:,} cells): first pattern in {limit:,.0f} s"
        verdict = in_time(first, limit)
        if record["cells"] > 110_000:
            peak = first["peak_mb"] / 1024
            found, target = f"{found}, {peak:.1f} GiB", f"{target} and 12 GiB"
            verdict = verdict if peak < _GIB else MISSED
        yield Verdict(target, found, verdict)


def _against_gconfid(records: Records) -> Iterator[Verdict]:
    ours, theirs = records.get("m2_2k", {}), records.get("gconfid-m2_2k", {}).get("phases_1", {})
    target = "1,948 cells: at least 5 times as fast as gconfid at equal or lower loss"
    if "first" in ours and "value" in theirs:
        first = ours["first"]
        times = theirs["cpu"] / first["cpu"]
        found = f"{times:.0f} times (processor); value {first['value']:,.0f} against "
        found += f"{theirs['value']:,.0f}"
        good = times >= _TIMES and first["value"] <= theirs["value"]
        yield Verdict(target, found, MET if good else MISSED)
    else:
        yield Verdict(target, "", OPEN)
    ours, theirs = records.get("m2_20k", {}), records.get("gconfid-m2_20k", {}).get("phases_1", {})
    target = "19,260 cells: finishes"
    if "first" in ours:
        found = f"{ours['first']['wall']:.1f} s"
        if theirs.get("ended") == "time":
            found += f"; gconfid not in {theirs['limit']:,.0f} s of processor"
        elif "wall" in theirs:
            found += f"; gconfid {theirs['wall']:.0f} s"
        yield Verdict(target, found, MET)
    else:
        yield Verdict(target, "", OPEN)


def _counts(records: Records) -> Iterator[Verdict]:
    for name in ("f_10k", "f_100k", "f_6000"):
        record = records.get(name, {})
        yield Verdict(f"{name}: finishes, audited", *_audited(record))
    plain = next(peer.number for peer in PEERS if (peer.table, peer.tool) == ("f_10k", PLAIN))
    target = f"f_10k: fewer cells hidden than plain Gaussian elimination's {plain:,}"
    rows = records.get("frequency", {}).get("rows", [])
    if rows:
        fewest = records["frequency"]["fewest"]
        number = min(row["number"] for row in rows if row["goal"].startswith(INTERVAL))
        found = f"{number:,} with intervals; no pattern below {fewest:,}; see below"
        yield Verdict(target, found, MET if number < plain else MISSED)
    else:
        yield Verdict(target, "", OPEN)


def _audited(record: Mapping[str, Any]) -> tuple[str, str]:
    """What was found, and whether every requirement is proven; the audit alone may stay open."""
    under = unsafe(record)
    if under is None:
        return "", MISSED if record else OPEN
    unproven = final(record)["unproven"]
    found = f"{final(record)['number']:,} hidden, {unproven:,} without a verified proof"
    if under:
        found += f"; the audit alone leaves {under:,} undecided"
    return found, MISSED if unproven else MET


def _audits(records: Records) -> Iterator[Verdict]:
    for name, limit in (("m2_100k", 3.0), ("m2_1M", 60.0)):
        audit = records.get(name, {}).get("first", {}).get("audit")
        target = f"audit of {name} without a certificate in {limit:.0f} s"
        if audit is None:
            yield Verdict(target, "", OPEN)
        else:
            seconds = audit["seconds"]
            yield Verdict(target, f"{seconds:.1f} s", MET if seconds < limit else MISSED)


def _crosstab(records: Records) -> Iterator[Verdict]:
    found = records.get("crosstab", {})
    target = "a researcher's crosstab of 1,200 cells: protection adds less than 0.3 s"
    if found:
        yield Verdict(target, f"{found['wall']:.2f} s", in_time(found, 0.3))
    else:
        yield Verdict(target, "", OPEN)
