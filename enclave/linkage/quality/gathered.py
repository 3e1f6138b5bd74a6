"""What a site knows of its linkages: their receipts, which stay for good.

The report is made of them alone, before and after destruction: two reports of one round, one from
finer counts than the other, could be subtracted.
"""

from pathlib import Path

from enclave.custody import Custody
from enclave.errors import RefusedError
from enclave.linkage.quality.checking import check_quality
from enclave.linkage.quality.making import Inputs, make_quality
from enclave.linkage.quality.report import Quality
from enclave.linkage.quality.writing import write_report
from enclave.receipts import LinkageReceipt


def site_quality(custody: Custody) -> Quality:
    """The checked report of the open round.

    Raises:
        RefusedError: the round is not linked yet.
        FindingsError: the counts cannot be protected.
    """
    quality = make_quality(gather_inputs(custody))
    check_quality(quality)
    return quality


def write_site_quality(custody: Custody, folder: Path) -> Quality:
    """Writes the report of the open round to ``folder`` and returns it.

    Raises:
        RefusedError: the round is not linked yet.
        FindingsError: the counts cannot be protected; nothing was written.
    """
    quality = make_quality(gather_inputs(custody))
    write_report(quality, folder)
    return quality


def gather_inputs(custody: Custody) -> Inputs:
    """What the report of the open round is made from.

    Raises:
        RefusedError: the round is not linked yet.
    """
    receipt = linked_round(custody)
    earlier = [
        one
        for one in custody.registry.all(LinkageReceipt)
        if one.round_id != receipt.round_id and one.finished_at < receipt.finished_at
    ]
    return Inputs(receipt, tuple(earlier))


def linked_round(custody: Custody) -> LinkageReceipt:
    """The receipt of the open round.

    Raises:
        RefusedError: the round is not linked yet.
    """
    round_id = custody.config.round.id
    receipt = custody.registry.find(LinkageReceipt, round_id)
    if receipt is None:
        raise RefusedError(
            "There is something to report after linkage.",
            where=f"round {round_id}",
            next_step="link first: enclave link run",
        )
    return receipt
