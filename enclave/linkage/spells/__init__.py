"""The population spine as a file: built from one extract of the register, updated by later ones."""

from enclave.linkage.spells.counting import Counts
from enclave.linkage.spells.keeping import Update, build_file, check_file, update_file
from enclave.linkage.spells.sorting import verify_sorted

__all__ = ["Counts", "Update", "build_file", "check_file", "update_file", "verify_sorted"]
