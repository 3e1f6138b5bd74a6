"""What the linkage of a round starts from: a run that was stopped goes on only from the same."""

from pathlib import Path

from enclave import __version__
from enclave.custody import Custody, linkage_key
from enclave.linkage.accepted import accepted_table
from enclave.linkage.engines import Journal, inputs_of
from enclave.linkage.keys import VaultKey, check_value
from enclave.linkage.passes import PASSES
from enclave.linkage.tail import PUPILS, as_record
from enclave.receipts import DeliveryReceipt

UNFINISHED = "unfinished"
"""The folder in the linkage zone with what a run has finished so far; it goes with the receipt."""


def open_journal(custody: Custody, receipts: list[DeliveryReceipt]) -> Journal:
    """The journal of the open round's linkage, emptied when anything it starts from has changed."""
    journal = Journal(custody.site.zone("linkage") / UNFINISHED, _inputs(custody, receipts))
    journal.open()
    return journal


def _inputs(custody: Custody, receipts: list[DeliveryReceipt]) -> str:
    """A digest of the program and its table, the round and its key, deliveries and registers."""
    config = custody.config
    registers = (config.registers.population_spine, config.registers.enrolments)
    facts = [
        __version__,
        repr(PASSES),
        repr(as_record(accepted_table(custody), PUPILS)),
        check_value(VaultKey(custody.vault, linkage_key(config.round.id))),
        f"{config.round.id} {config.round.reference_date}",
        *(f"{one.delivery_id} {one.identifiers and one.identifiers.sha256}" for one in receipts),
    ]
    return inputs_of(facts, [Path(register) for register in registers])
