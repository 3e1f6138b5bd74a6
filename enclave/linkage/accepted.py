"""The pattern table that a round leans on: that of the linkage before, or the one shipped."""

from pathlib import Path

from enclave.custody import Custody
from enclave.files import sha256_of
from enclave.linkage.tail import PUPILS, PatternTable, from_text, shipped
from enclave.receipts import LinkageReceipt


def table_path(custody: Custody) -> Path:
    """Where the table of the open round goes; those of earlier rounds stay beside it."""
    return custody.site.zone("linkage") / f"pattern-table.{custody.config.round.id}.json"


def accepted_table(custody: Custody) -> PatternTable:
    """The table of the last finished linkage of another round whose file is that of its receipt.

    Without one it is the table that comes with the program.

    Raises:
        InputError: the file is that of the receipt, but of a version with other comparisons.
    """
    for receipt in reversed(custody.registry.all(LinkageReceipt)):
        file = receipt.table_file
        if file is None or receipt.round_id == custody.config.round.id:
            continue
        path = custody.site.root / file.path
        if path.is_file() and sha256_of(path) == file.sha256:
            return from_text(path.read_text(encoding="utf-8"), PUPILS)
    return shipped(PUPILS)
