"""Files made elsewhere that a researcher wants released: scanned, and for people to decide."""

from disclosure_control.outputs.custom_files.limits import LIMITS, FileLimits
from disclosure_control.outputs.custom_files.rules import CUSTOM_RULES, CustomRule
from disclosure_control.outputs.custom_files.scan import (
    CustomScan,
    Summary,
    scan_bytes,
    scan_file,
)

__all__ = [
    "CUSTOM_RULES",
    "LIMITS",
    "CustomRule",
    "CustomScan",
    "FileLimits",
    "Summary",
    "scan_bytes",
    "scan_file",
]
