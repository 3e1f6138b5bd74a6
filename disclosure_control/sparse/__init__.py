"""Protection of huge sparse tables of counts; empty cells are never made."""

from disclosure_control.sparse.cells import SparseTable, read_table
from disclosure_control.sparse.construct import Effort
from disclosure_control.sparse.proof import SparseCertificate
from disclosure_control.sparse.protect import (
    SparseProtected,
    SparseRequest,
    failed_cells,
    protect_sparse,
)
from disclosure_control.sparse.verify import subtract_sparse, verify_sparse

__all__ = [
    "Effort",
    "SparseCertificate",
    "SparseProtected",
    "SparseRequest",
    "SparseTable",
    "failed_cells",
    "protect_sparse",
    "read_table",
    "subtract_sparse",
    "verify_sparse",
]
