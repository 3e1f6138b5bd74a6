"""Linkage: keyed hashes of identifiers, deterministic passes, quality, and the linked data."""

from enclave.linkage.stage import link_round

__all__ = ["link_round"]
