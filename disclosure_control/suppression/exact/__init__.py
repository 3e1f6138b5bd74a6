"""Optimal cell suppression and lower bounds for small tables."""

from disclosure_control.suppression.exact.bound import Optimum, lower_bound, suppress_optimally
from disclosure_control.suppression.exact.improve import improve_exactly

__all__ = ["Optimum", "improve_exactly", "lower_bound", "suppress_optimally"]
