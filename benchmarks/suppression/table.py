"""The page of results in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.suppression.comparing import Records, final, gap, rival
from benchmarks.suppression.frequency import INTERVAL
from benchmarks.suppression.instances import INSTANCES
from benchmarks.suppression.machine import describe
from benchmarks.suppression.peers import PEERS
from benchmarks.suppression.targets import verdicts

_NONE = "-"
_HEAD = """# Cell suppression: results

Made by `python -m benchmarks.suppression --write docs/reference/suppression-results.md`; the tables
are described in `benchmarks/suppression/instances/README.md` and `generators.py`. One table, one
process, one thread. `s` is time on the clock, `CPU s` what the processor spent on it: where they
differ, other work ran on the machine. *First* is the engine's call without a time limit, which is
deterministic; *improved* the call with `seconds=`. *Value* is the summed value of the secondary
cells. The audit is the independent one, without the certificate; `f_6000` alone is protected by the
engine for mostly empty tables, and its audit is the proof of every requirement and an attack by
subtraction.
"""


def page(records: Records) -> str:
    """The whole page."""
    parts = [
        _HEAD,
        "## The machine\n\n" + _grid(("what", "which"), describe()),
        "## Targets\n\n" + _targets(records),
        "## All tables\n\n" + _all_tables(records),
        "## Loss, peers and bounds\n\n" + _losses(records),
        "## gconfid in the same run\n\n" + _gconfid(records),
        "## Counts: what intervals cost\n\n" + _frequency(records),
        "## The table of 114 million cells\n\n" + _sparse(records),
        "## Peers measured elsewhere\n\n" + _elsewhere(),
    ]
    return "\n".join(parts)


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; columns of numbers are set to the right."""
    columns = list(zip(*rows, strict=True)) or [()] * len(head)
    rule = ["---:" if all(map(_is_number, column)) else "---" for column in columns]
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, rule, *rows))


def _is_number(text: str) -> bool:
    return text == _NONE or text.lstrip("+-")[:1].isdigit() or text.startswith("not in ")


def _seconds(value: float | None) -> str:
    if value is None:
        return _NONE
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def _whole(value: float | None) -> str:
    return _NONE if value is None else f"{value:,.0f}"


def _targets(records: Records) -> str:
    rows = [(one.target, one.found or _NONE, one.verdict) for one in verdicts(records)]
    return _grid(("target", "found", "verdict"), rows)


def _all_tables(records: Records) -> str:
    head = (
        "table", "cells", "primary", "first s", "CPU s", "cells hidden", "value", "after s",
        "cells hidden", "value", "failed", "unproven", "exact", "under", "audit s", "peak MiB",
    )  # fmt: skip
    return _grid(head, [_row(name, records[name]) for name in INSTANCES if name in records])


def _row(name: str, record: Mapping[str, Any]) -> list[str]:
    first = record.get("first") or record.get("latest")
    if first is None:
        return [name, _whole(record.get("cells")), _whole(record.get("primary")), *[_NONE] * 13]
    last = record.get("improved") or first
    improved = record.get("improved") or {}
    audit = last.get("audit") or {}
    return [
        name, _whole(record["cells"]), _whole(record["primary"]),
        _seconds(first["wall"]), _seconds(first["cpu"]),
        _whole(first["number"]), _whole(first["value"]),
        _seconds(improved.get("wall")), _whole(improved.get("number")),
        _whole(improved.get("value")), _whole(last["failed"]), _whole(last.get("unproven")),
        _whole(audit.get("exact")), _whole(audit.get("under")),
        _seconds((first.get("audit") or {}).get("seconds")), _whole(first["peak_mb"]),
    ]  # fmt: skip


def _losses(records: Records) -> str:
    rows = []
    for name in INSTANCES:
        record = records.get(name, {})
        best, above = rival(records, name), gap(record)
        if not final(record) or (best is None and above is None):
            continue
        ours = final(record)["value"]
        peer = (_NONE,) * 3
        if best is not None:
            where = best.peer.tool + (", this run" if best.same_run else "")
            peer = (where, _whole(best.peer.value), f"{ours / best.peer.value - 1:+.1%}")
        proven = (_whole(record.get("bound")), _NONE if above is None else f"{above:.1%}")
        rows.append((name, _whole(ours), *peer, *proven))
    head = ("table", "value", "best peer that meets all", "its value", "ours against it",
            "lower bound", "gap")  # fmt: skip
    return _grid(head, rows)


def _gconfid(records: Records) -> str:
    rows = []
    for name in INSTANCES:
        for phases in (1, 2):
            found = records.get(f"gconfid-{name}", {}).get(f"phases_{phases}")
            if found is not None:
                rows.append(_gconfid_row(name, phases, found, records.get(name, {})))
    if not rows:
        return "Not run.\n"
    head = ("table", "phases", "gconfid s", "CPU s", "cells hidden", "value", "exact", "under",
            "our CPU s", "our value", "times as fast")  # fmt: skip
    return (
        "gconfid 2.0.4 with HiGHS, requirements on the same cells, `constraint_scale=1`; the time "
        "is that of its constructor. Ours is the first pattern. A run is ended after the processor "
        "time shown. gconfid cuts a requirement off at the value of the cell; such cells count as "
        "under-protected. `m2_2k` and `m2_20k` are drawn here with the numbers of cells of two "
        "other tables on which gconfid took 11.7 s and did not end in 500 s.\n\n"
        + _grid(head, rows)
    )


def _gconfid_row(
    name: str, phases: int, found: Mapping[str, Any], ours: Mapping[str, Any]
) -> list[str]:
    first = ours.get("first") or {}
    audit = found.get("audit") or {}
    ended = f"not in {found['limit']:,.0f}" if found.get("ended") == "time" else found.get("ended")
    times = _NONE
    if first and "cpu" in found:
        times = f"{found['cpu'] / first['cpu']:.1f}"
    return [
        name, str(phases), ended or _seconds(found.get("wall")), _seconds(found.get("cpu")),
        _whole(found.get("number")), _whole(found.get("value")), _whole(audit.get("exact")),
        _whole(audit.get("under")), _seconds(first.get("cpu")), _whole(first.get("value")), times,
    ]  # fmt: skip


def _frequency(records: Records) -> str:
    found = records.get("frequency")
    if not found or not found.get("rows"):
        return "Not run.\n"
    rows = [
        (row["goal"], _whole(row["number"]), _whole(row["empty"]), _whole(row["value"]),
         _seconds(row["cpu"]), _whole(row["missed"]), _whole(row["under"]))
        for row in found["rows"]
    ]  # fmt: skip
    head = ("goal", "cells hidden", "of them empty", "value", "CPU s", "miss the goal",
            "miss the interval")  # fmt: skip
    text = (
        f"\n{found['name']}: {found['cells']:,} cells, {found['primary']:,} of them 1 or 2, cost 1 "
        "per cell. Plain Gaussian elimination (GaussSuppression) hides 2,572 further cells there "
        "and promises only that no count is known exactly.\n"
    )
    return _grid(head, rows) + text + _explained(found)


def _explained(found: Mapping[str, Any]) -> str:
    """Why intervals cost more, in figures; empty when not every goal was run."""
    with_intervals = [row for row in found["rows"] if row["goal"].startswith(INTERVAL)]
    others = [row for row in found["rows"] if not row["goal"].startswith(INTERVAL)]
    if not others or not with_intervals:
        return ""
    weak = [row["under"] for row in others]
    least, most = min(row["number"] for row in others), with_intervals[0]["number"]
    return (
        f"\nAsked for that promise only, the engine hides {least:,}, and its patterns leave "
        f"{min(weak):,} to {max(weak):,} of the {found['primary']:,} small counts with an interval "
        "that excludes 0 or the minimum: an attacker then knows that somebody is there, or that "
        "fewer than three are. To raise a 1 to 3, other hidden cells of every relation through it "
        "must give up 2 together or its total rise too; against exact disclosure 1 is "
        f"enough. Against elimination's 2,572 the engine hides {least - 2_572:+,} cells for the "
        f"weaker promise and {most - 2_572:+,} with intervals: {most - least:,} are the price of "
        "the intervals, the rest is the difference between the two searches. No pattern with the "
        f"intervals hides fewer than {found['fewest']:,} further cells (bound from single "
        "relations); between that and what the engine hides nothing is proven: fewer than 2,572 is "
        "not shown to be impossible.\n"
    )


def _sparse(records: Records) -> str:
    text = records.get("sparse", {}).get("text")
    return f"```text\n{text}```\n" if text else "Not run.\n"


def _elsewhere() -> str:
    rows = [
        (peer.table, peer.tool, _seconds(peer.seconds), _whole(peer.number), f"{peer.value:.3g}",
         _NONE if peer.under is None else str(peer.under))
        for peer in sorted(PEERS, key=lambda peer: INSTANCES[peer.table].cells)
    ]  # fmt: skip
    return (
        "On another machine of two shared cores; times that differ by less than three times are "
        "ties. GaussSuppression 1.2.3 (statisticsnorway/ssb-gausssuppression), gconfid 2.0.4 "
        "(PyPI). *Under* counts primary cells with too narrow an interval by an independent audit; "
        "plain GaussSuppression does not promise intervals.\n\n"
        + _grid(("table", "tool", "s", "cells hidden", "value", "under"), rows)
    )
