"""Rounds that were linked before the linked zone had files of single rounds.

Their results, pupils and schools lay in the linked zone itself, where the next linkage would have
written over them. They are copied, byte by byte, to where later rounds have theirs, so the receipt
of then still vouches for them. Their S numbers were made under a key that was destroyed with the
identifiers: nobody can find out whose they are, so they stay as they are and never become R.
"""

import shutil
from pathlib import Path

import polars as pl

from enclave.custody import Custody
from enclave.errors import InputError
from enclave.files import atomic_path, sha256_of
from enclave.linkage.education.people import KNOWN, WHO
from enclave.linkage.registers import SCHOOLS
from enclave.receipts import LinkageReceipt

COLUMNS = {
    "results": (
        *WHO, "school_code", "school_year", "grade", "moment", "domain", "provider", "scale",
        "score", "test_date",
    ),
    "pupils": (*WHO, *KNOWN),
    "schools": tuple(SCHOOLS),
}  # fmt: skip
"""What a round left, by file, and the columns that later rounds read."""


def is_early(receipt: LinkageReceipt) -> bool:
    """Whether a receipt vouches for no file of its round alone."""
    return not any(file.path.startswith("linked/rounds/") for file in receipt.outputs)


def adopt(custody: Custody, receipt: LinkageReceipt, folder: Path) -> None:
    """Copies what a round left to the files of single rounds; those that are there are checked.

    Killed at any moment it is done again: a copy is whole or not there, and the originals stay.

    Raises:
        InputError: the files of the round are gone or changed, or lack a column.
    """
    for part, columns in COLUMNS.items():
        own = folder / f"{receipt.round_id}.{part}.parquet"
        shared = custody.site.zone("linked") / f"{part}.parquet"
        name = custody.site.relative(shared)
        digests = [file.sha256 for file in receipt.outputs if file.path == name]
        if not digests:
            raise _not_there(receipt, part)
        if not own.is_file() and shared.is_file() and sha256_of(shared) == digests[0]:
            with atomic_path(own) as temporary:
                shutil.copyfile(shared, temporary)
        if not own.is_file() or sha256_of(own) != digests[0]:
            raise _not_there(receipt, part)
        if not set(columns) <= set(pl.read_parquet_schema(own)):
            raise InputError(
                f"The {part} of an earlier round have the columns {', '.join(columns)}.",
                where=f"linked, {part} of round {receipt.round_id}",
                next_step="go on in a new site: this round was linked by a version too old for "
                "its results to stand beside those of later rounds",
            )


def _not_there(receipt: LinkageReceipt, part: str) -> InputError:
    return InputError(
        "What an earlier round left in the linked zone is that of its receipt.",
        where=f"linked, {part} of round {receipt.round_id}",
        next_step=f"take {part}.parquet from a backup of the linked zone that was made after that "
        f"round and before the next, and put it at linked/rounds/{receipt.round_id}.{part}.parquet",
    )
