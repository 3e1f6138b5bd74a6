"""The page on receipts, from the records themselves."""

import inspect

import msgspec

from enclave import measured, receipts
from generators.configuration import type_name

PARTS = (
    receipts.RuleCount,
    measured.LevelCount,
    measured.PassCount,
    measured.TruthScore,
    measured.MeasuredLinks,
    measured.ReplayCount,
    measured.RouteCount,
    receipts.DoubtedDelivery,
    receipts.LinkedContent,
    receipts.FileDigest,
    receipts.DestroyedKey,
    receipts.JobRun,
    receipts.OutputAssessment,
)


def receipts_page() -> str:
    """Every receipt and every part of one, with its fields."""
    chapters = [
        "# Receipts\n",
        (
            "What one stage hands to the next: counts, digests and key names, never "
            "a data value. Its canonical JSON bytes are a leaf of the ledger.\n"
        ),
    ]
    chapters += [_chapter(kind) for kind in receipts.AnyReceipt.__args__]
    chapters.append("# Parts of receipts\n")
    chapters += [_chapter(kind) for kind in PARTS]
    return "\n".join(chapters)


def _chapter(kind: type[msgspec.Struct]) -> str:
    rows = ["| field | type |", "|---|---|"]
    rows += [f"| `{f.name}` | {type_name(f.type)} |" for f in msgspec.structs.fields(kind)]
    text = inspect.cleandoc(kind.__doc__ or "")
    return f"## {kind.__name__}\n\n{text}\n\n" + "\n".join(rows) + "\n"
