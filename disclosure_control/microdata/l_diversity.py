"""l-diversity: how many different sensitive values the members of a class have.

Source: Machanavajjhala, Kifer, Gehrke and Venkitasubramaniam, l-diversity: privacy beyond
k-anonymity, ACM TKDD 1(1), 2007: distinct l-diversity, and entropy l-diversity (definition 4.1).
"""

from dataclasses import dataclass
from math import exp

import polars as pl

from disclosure_control.microdata.pairs import RECORDS, class_keys


@dataclass(frozen=True)
class Diversity:
    """The least diverse class.

    Args:
        distinct: the smallest number of distinct values in a class.
        effective: the largest l for which every class has an entropy of at least log(l). It is not
            rounded down, as pyCANON does, so that 1.99 and 1.01 can be told apart.
    """

    distinct: int
    effective: float


def diversity(pairs: pl.DataFrame, quasi_identifiers: int) -> Diversity:
    """The diversity of one sensitive column, from its records by class and value."""
    share = pl.col(RECORDS) / pl.col(RECORDS).sum()
    ordered = pairs.sort(RECORDS)  # so that rounding does not depend on the order of the records
    by_class = ordered.group_by(class_keys(quasi_identifiers)).agg(
        pl.len().alias("distinct"), -(share * share.log()).sum().alias("entropy")
    )
    if by_class.is_empty():
        return Diversity(0, 0.0)
    distinct, entropy = by_class.select(pl.col("distinct", "entropy").min()).row(0)
    return Diversity(int(distinct), exp(max(entropy, 0.0)))
