"""Linkage: keyed hashes of identifiers, deterministic passes, quality, and the linked data."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from enclave.linkage.gathering import late_deliveries
    from enclave.linkage.stage import link_round

__all__ = ["late_deliveries", "link_round"]

_PLACES = {"late_deliveries": "gathering", "link_round": "stage"}


def __getattr__(name: str) -> Any:
    """Those of the stage when they are asked for: to link two files needs no site and no ledger."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
