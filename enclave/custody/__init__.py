"""Custody: keys, the record of everything that happened, and the destruction of identifiers.

``Vault``      keys, wrapped on disk; destroyed ones leave a tombstone
``Registry``   receipts and events, append-only, over a Merkle ledger with signed checkpoints
``Custody``    an opened site: what every stage is given
"""

from enclave.custody.checking import is_certificate_signed, verify_certificate
from enclave.custody.context import Custody, harden_process, open_custody
from enclave.custody.destruction import Scope, destroy_identifiers, find_scope
from enclave.custody.keys import KeyDestroyedError, KeyInfo, KeyMissingError, is_signed_by
from enclave.custody.ledger import LedgerVerdict, verify_ledger, verify_ledger_file
from enclave.custody.making import init_site, linkage_key, person_key, transit_key
from enclave.custody.notes import Checkpoint, Verifier, read_note
from enclave.custody.present import (
    checked_linked,
    is_outdated,
    panel_of,
    place_of,
    present_files,
    present_s_keys,
    view_with,
    views_of,
)
from enclave.custody.registry import LedgerUnwritableError, Registry
from enclave.custody.scanning import ScanCount, ScanResult, scan_site
from enclave.custody.secret import Secret
from enclave.custody.vault import Vault

__all__ = [
    "Checkpoint",
    "Custody",
    "KeyDestroyedError",
    "KeyInfo",
    "KeyMissingError",
    "LedgerUnwritableError",
    "LedgerVerdict",
    "Registry",
    "ScanCount",
    "ScanResult",
    "Scope",
    "Secret",
    "Vault",
    "Verifier",
    "checked_linked",
    "destroy_identifiers",
    "find_scope",
    "harden_process",
    "init_site",
    "is_certificate_signed",
    "is_outdated",
    "is_signed_by",
    "linkage_key",
    "open_custody",
    "panel_of",
    "person_key",
    "place_of",
    "present_files",
    "present_s_keys",
    "read_note",
    "scan_site",
    "transit_key",
    "verify_certificate",
    "verify_ledger",
    "verify_ledger_file",
    "view_with",
    "views_of",
]
