"""A research enclave for school data: deliver, link, destroy, analyse, release, report.

The order of the stages is one page: :mod:`enclave.journey`. What each stage hands on is a frozen
receipt: :mod:`enclave.receipts`. The command line is ``enclave --help``.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
