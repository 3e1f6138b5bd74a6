"""The run on one page, made from receipts and released files only."""

from enclave.summary.page import write_summary

__all__ = ["write_summary"]
