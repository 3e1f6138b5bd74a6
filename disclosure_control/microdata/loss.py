"""What anonymising cost: three measures that the literature compares methods by."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Loss:
    """How much was lost.

    Args:
        overall: the mean of ``columns``, 0 (nothing) to 1 (everything).
        columns: for each quasi-identifier the mean loss of a cell: (leaves below its label - 1) /
            (all leaves - 1), and 1 for an emptied cell. Source: Iyengar, Transforming data to
            satisfy privacy constraints, KDD 2002; the normalised certainty penalty of Xu et al.,
            Utility-based anonymization using local recoding, KDD 2006.
        discernibility: the sum of the squared class sizes, in records: how many pairs of records
            cannot be told apart. Source: Bayardo and Agrawal, Data privacy through optimal
            k-anonymization, ICDE 2005.
        average_class_ratio: the mean class size in records, divided by k; 1 is the least possible
            where a unit has one record. Source: LeFevre, DeWitt and Ramakrishnan, Mondrian
            multidimensional k-anonymity, ICDE 2006.
    """

    overall: float
    columns: Mapping[str, float]
    discernibility: int
    average_class_ratio: float


def loss_of(columns: Mapping[str, float], records: pl.Series, k: int) -> Loss:
    """The loss, from the mean loss of each column's cells and the ``records`` of each class."""
    return Loss(
        overall=sum(columns.values()) / len(columns),
        columns=dict(columns),
        discernibility=int((records.cast(pl.Int64) ** 2).sum()),
        average_class_ratio=int(records.sum()) / (len(records) * k),
    )
