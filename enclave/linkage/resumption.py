"""What the linkage of a round starts from: a run that was stopped goes on only from the same."""

from pathlib import Path

from enclave import __version__
from enclave.custody import Custody
from enclave.linkage.engines import Journal, inputs_of
from enclave.linkage.passes import PASSES
from enclave.receipts import DeliveryReceipt

UNFINISHED = "unfinished"
"""The folder in the linkage zone with what a run has finished so far; it goes with the receipt."""


def open_journal(custody: Custody, receipts: list[DeliveryReceipt]) -> Journal:
    """The journal of the open round's linkage, emptied when anything it starts from has changed."""
    journal = Journal(custody.site.zone("linkage") / UNFINISHED, _inputs(custody, receipts))
    journal.open()
    return journal


def _inputs(custody: Custody, receipts: list[DeliveryReceipt]) -> str:
    """A digest of the program, its passes, the round, the deliveries and the registers."""
    config = custody.config
    registers = (config.registers.population_spine, config.registers.enrolments)
    facts = [
        __version__,
        repr(PASSES),
        f"{config.round.id} {config.round.reference_date}",
        *(f"{one.delivery_id} {one.identifiers and one.identifiers.sha256}" for one in receipts),
    ]
    return inputs_of(facts, [Path(register) for register in registers])
