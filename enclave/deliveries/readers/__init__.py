"""Readers of the delivery formats: bytes in, one frame of text and typed columns out."""

from enclave.deliveries.readers.dialects import DIALECTS, Dialect
from enclave.deliveries.readers.reading import read_delivery

__all__ = ["DIALECTS", "Dialect", "read_delivery"]
