"""The targets, each with what was found and whether it is met."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MET, BY_CPU, MISSED, OPEN = "met", "met by processor time only", "**missed**", "not run"
HASHED, NATIONAL_CPU, NATIONAL_MB, RATIO, ROUND = 2_000_000, 6.0, 1.3 * 1024, 1.2, 60.0
FEWER_ON_TWINS, FASTER = 10, 5
_CLUSTERING = "lowest_id-0"
Records = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Verdict:
    """A target, what was found, and whether that meets it."""

    target: str
    found: str
    verdict: str


def verdicts(records: Records) -> list[Verdict]:
    """Every target in turn."""
    return [
        _hashing(records.get("hashing", {})),
        *_national(records.get("national", {})),
        *(one for name in sorted(records) for one in _against_splink(name, records[name])),
        *_febrl(records.get("febrl", {})),
        _alike(records.get("engines", {})),
    ]


def splink_seconds(splink: Mapping[str, Any], kind: str) -> float:
    """What Splink took in all, one way: u, EM, prediction and one clustering."""
    clustering: float = splink["times"][_CLUSTERING][kind]
    whole: float = splink[kind]
    return whole + clustering


def variants(splink: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Way, variant and score, of every way that came to its end."""
    for way, found in splink.items():
        for variant, score in found.get("scores", {}).items():
            yield way, variant, score


def _hashing(record: Mapping[str, Any]) -> Verdict:
    target = "keyed hashing to 16 bytes: at least 2 million values per second of processor"
    if "compiled" not in record:
        return Verdict(target, "", OPEN)
    found = f"{record['compiled'] / 1e6:.2f} million, {record['share_of_limit']:.0%} of the limit"
    return Verdict(target, found, MET if record["compiled"] >= HASHED else MISSED)


def _national(record: Mapping[str, Any]) -> Iterator[Verdict]:
    passes, size = record.get("passes"), _size(record.get("plan"))
    targets = (
        (f"three passes{size}: at most 6 s of processor", "cpu", NATIONAL_CPU, "{:.2f} s"),
        (f"three passes{size}: at most 1.3 GiB", "peak_mb", NATIONAL_MB, "{:,.0f} MiB"),
    )
    for target, key, limit, text in targets:
        if passes is None:
            yield Verdict(target, "", OPEN)
        else:
            value = passes["ours"][key]
            yield Verdict(target, text.format(value), MET if value <= limit else MISSED)
    target = f"three passes{size}: at most 1.2 times the same by hand, same links"
    if passes is None:
        yield Verdict(target, "", OPEN)
    else:
        found = f"{passes['ratio']:.2f} times"
        yield Verdict(target, found, MET if passes["ratio"] <= RATIO else MISSED)
    whole = record.get("round")
    target = f"a national round with hashing{_size(record.get('round_plan'))}: at most 60 s"
    if whole is None:
        yield Verdict(target, "", OPEN)
    else:
        found = f"{whole['wall']:.1f} s, {whole['cpu']:.1f} s of processor"
        late = BY_CPU if whole["cpu"] <= ROUND else MISSED
        yield Verdict(target, found, MET if whole["wall"] <= ROUND else late)


def _against_splink(name: str, record: Mapping[str, Any]) -> Iterator[Verdict]:
    """Quality and time on one world, where both ran."""
    ours, splink = record.get("polars", {}), record.get("splink", {})
    every = list(variants(splink))
    if "score" not in ours or not every:
        return
    mine = ours["score"]
    way, variant, theirs = max(every, key=_f1)
    yield Verdict(
        f"{name}: F1 at least that of Splink's best variant",
        f"{mine['f1']:.5f} against {theirs['f1']:.5f} ({way}, {variant})",
        MET if mine["f1"] >= theirs["f1"] else MISSED,
    )
    yield Verdict(
        f"{name}: precision at least that of the same variant",
        f"{mine['precision']:.5f} against {theirs['precision']:.5f}; "
        f"false {mine['false']:,} against {theirs['false']:,}",
        MET if mine["precision"] >= theirs["precision"] else MISSED,
    )
    careful = max((one for one in every if one[1].startswith("drop")), key=_f1)
    few = careful[2]["false_on_twins"]
    yield Verdict(
        f"{name}: false links on twins at most those of Splink's best variant that drops ties",
        f"{mine['false_on_twins']:,} against {few:,}",
        MET if mine["false_on_twins"] <= few else MISSED,
    )
    yield from _defaults(name, mine, every)
    yield from _speed(name, record, splink_seconds(splink[way], "cpu"), theirs["f1"])


def _defaults(
    name: str, mine: Mapping[str, Any], every: list[tuple[str, str, Mapping[str, Any]]]
) -> Iterator[Verdict]:
    """Twins, against ties as Splink takes them when nothing is said: the lowest name wins."""
    _, variant, theirs = max((one for one in every if not one[1].startswith("drop")), key=_f1)
    fewer = mine["false_on_twins"] * FEWER_ON_TWINS <= theirs["false_on_twins"]
    yield Verdict(
        f"{name}: at least {FEWER_ON_TWINS} times fewer false links on twins than Splink with its "
        "own ties, at equal or better recall",
        f"{mine['false_on_twins']:,} against {theirs['false_on_twins']:,}; recall "
        f"{mine['recall']:.5f} against {theirs['recall']:.5f} ({variant})",
        MET if fewer and mine["recall"] >= theirs["recall"] else MISSED,
    )


def _speed(name: str, record: Mapping[str, Any], cpu: float, f1: float) -> Iterator[Verdict]:
    """Processor time on columns that were hashed before, and with ours doing the hashing too."""
    keyed = record.get("keyed")
    target = (
        f"{name}: linking hashed columns at least {FASTER} times faster than Splink, F1 no less"
    )
    if keyed is None:
        yield Verdict(target, "", OPEN)
    else:
        found = f"{cpu / keyed['cpu']:.1f} times ({keyed['cpu']:.1f} s against {cpu:.1f} s); "
        found += f"F1 {keyed['score']['f1']:.5f} against {f1:.5f}"
        good = FASTER * keyed["cpu"] <= cpu and keyed["score"]["f1"] >= f1
        yield Verdict(target, found, MET if good else MISSED)
    whole = record["polars"]["cpu"]
    yield Verdict(
        f"{name}: all of ours, hashing included, in less processor time than Splink without it",
        f"{whole:.1f} s against {cpu:.1f} s",
        MET if whole < cpu else MISSED,
    )


def _f1(variant: tuple[str, str, Mapping[str, Any]]) -> float:
    return float(variant[2]["f1"])


def _febrl(record: Mapping[str, Any]) -> Iterator[Verdict]:
    for name in ("six fields", "five fields"):
        target = f"FEBRL4, {name}: F1 at least Splink's"
        found = record.get(name, {})
        every = list(variants({name: found.get("splink", {})}))
        if "score" not in found.get("ours", {}) or not every:
            yield Verdict(target, "", OPEN)
            continue
        mine, theirs = found["ours"]["score"]["f1"], max(map(_f1, every))
        yield Verdict(target, f"{mine:.4f} against {theirs:.4f}", MET if mine >= theirs else MISSED)


def _alike(record: Mapping[str, Any]) -> Verdict:
    target = f"three passes{_size(record.get('plan'))}: identical links on polars, DuckDB and Spark"
    if not record.get("finished"):
        return Verdict(target, "", OPEN)
    found = f"{record['decided']:,} decisions" if record["alike"] else "they differ"
    return Verdict(target, found, MET if record["alike"] else MISSED)


def _size(plan: Mapping[str, Any] | None) -> str:
    return "" if plan is None else f", {plan['persons']:,} x {plan['delivered']:,}"
