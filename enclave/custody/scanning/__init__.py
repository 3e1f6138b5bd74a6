"""Looking for identifiers in every file of a site.

``shapes``   what an identifier is called and what a whole column of them looks like
``needles``  exact strings that must not be there
``text``     any bytes, read as text in blocks
``columns``  Parquet, separated text and SQLite, column by column
``walk``     all files of a site; the result counts by role and never shows a value
"""

from enclave.custody.scanning.walk import ScanCount, ScanResult, scan_site

__all__ = ["ScanCount", "ScanResult", "scan_site"]
