"""Receipts of linkages with counts chosen by hand, for the quality report."""

from datetime import UTC, date, datetime

from enclave.linkage.passes import PASSES
from enclave.linkage.quality.measuring import BY_PASS, NO_PASS
from enclave.linkage.tail import PASS_NAME
from enclave.measured import (
    LevelCount,
    MeasuredLinks,
    PassCount,
    ReplayCount,
    RouteCount,
    TruthScore,
)
from enclave.receipts import FileDigest, LinkageReceipt

NAMES = (*(step.name for step in PASSES), PASS_NAME)
KINDS = ("pupils", "linked", "not_linked")


def receipt_of(passes, unlinked=0, groups=None, **changes):
    """A receipt from (linked, review) per pass, and (linked, not linked) by level per group."""
    padded = [*passes, *[(0, 0)] * (len(NAMES) - len(passes))]
    counts = tuple(PassCount(name, *pair) for name, pair in zip(NAMES, padded, strict=True))
    linked, review = (sum(pair[place] for pair in padded) for place in (0, 1))
    rates = tuple(
        LevelCount(name, level, good + bad, good)
        for name, levels in (groups or {}).items()
        for level, (good, bad) in levels.items()
    )
    facts = {
        "round_id": "2026-E",
        "reference_date": date(2026, 7, 1),
        "truth": None,
        "doubted": (),
        **changes,
    }
    return LinkageReceipt(
        delivered=linked + review + unlinked,
        linked=linked,
        review=review,
        unlinked=unlinked,
        passes=counts,
        rates=rates,
        links=FileDigest(path="linkage/links.parquet", size=1, sha256="0" * 64),
        outputs=(),
        keys=(),
        finished_at=datetime(2026, 11, 1, tzinfo=UTC),
        **facts,
    )


LARGE = receipt_of(
    [(5000, 40), (300, 20), (900, 60)],
    180,
    {
        "number": {"BSN": (5100, 60), "no number": (1100, 240)},
        "sex": {"M": (3100, 140), "V": (3100, 160)},
        "birth_year": {"2014": (2200, 100), "2017": (4000, 200)},
    },
)


NO_ROUTES = RouteCount(0, 0, 0, 0)


def measured(replay=(), coverage=(), routes=NO_ROUTES):
    """What was measured, nothing of it unless given."""
    return MeasuredLinks("2025-2026", tuple(coverage), tuple(replay), routes)


def replay_of(wrong, links=400, deciding=PASS_NAME, rest=60):
    """The counts of one pass that linked, and of those whom none linked."""
    counts = [ReplayCount(BY_PASS, deciding, links, links - wrong, wrong)]
    return counts + [ReplayCount(BY_PASS, NO_PASS, rest, 0, 0)] * (rest > 0)


def truth_of(linked, wrong, linkable):
    """The score of links of which some are wrong."""
    correct = linked - wrong
    return TruthScore(linkable, correct, wrong, linkable - correct, 1.0, 1.0)


def earlier(round_id, year, linked, rest):
    """The receipt of an earlier round."""
    return receipt_of([(linked, rest)], round_id=round_id, reference_date=date(year, 7, 1))
