"""Linkage: keyed hashes of identifiers, deterministic passes, quality, and the linked data."""

from enclave.linkage.gathering import late_deliveries
from enclave.linkage.stage import link_round

__all__ = ["late_deliveries", "link_round"]
