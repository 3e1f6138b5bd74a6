"""Differencing: what released tables give away together.

:func:`find_differences` compares tables in memory; :class:`HistoryStore` keeps all releases on disk
and compares with them. What an outsider can add and subtract is a linear space of figures over
units; a figure that touches few units isolates them.
"""

from disclosure_control.differencing.cells import Cells, Comparison, Difference, PublishedCell
from disclosure_control.differencing.compare import compare, find_differences
from disclosure_control.differencing.disk import HistoryError
from disclosure_control.differencing.store import HistoryStore

__all__ = [
    "Cells",
    "Comparison",
    "Difference",
    "HistoryError",
    "HistoryStore",
    "PublishedCell",
    "compare",
    "find_differences",
]
