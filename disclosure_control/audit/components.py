"""Cells that subtraction gives away."""

import numpy as np

from disclosure_control.audit.subtraction import subtract
from disclosure_control.suppression.problem import Flags


def determined(relations: object, hidden: Flags) -> Flags:
    """Hidden cells that repeated subtraction gives away."""
    found = np.zeros(hidden.size, dtype=np.bool_)
    found[[step.cell for step in subtract(relations, hidden)]] = True
    return found
