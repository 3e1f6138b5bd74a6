"""Intake: sealed deliveries are checked, opened in memory, read, validated and split.

A delivery is accepted or quarantined whole; single rows that break a rule are left out and
counted. Identifiers reach the disk as ciphertext only.
"""

from enclave.deliveries.intake import receive_all
from enclave.deliveries.problems import DeliveryProblem
from enclave.deliveries.sealing import SealedPackage, read_statement, seal
from enclave.deliveries.senders import (
    ensure_signing_key,
    public_key_of,
    register_sender,
    register_senders,
)

__all__ = [
    "DeliveryProblem",
    "SealedPackage",
    "ensure_signing_key",
    "public_key_of",
    "read_statement",
    "receive_all",
    "register_sender",
    "register_senders",
    "seal",
]
