"""How good the links are: counts for the receipt, and estimates with their uncertainty."""

from enclave.linkage.quality.counts import pass_counts, rates, truth_score
from enclave.linkage.quality.estimates import Captured, Share, chapman, judge_yardstick, wilson
from enclave.linkage.quality.measuring import Linked, measure
from enclave.linkage.quality.pooling import MINIMUM_PUPILS

__all__ = [
    "MINIMUM_PUPILS",
    "Captured",
    "Linked",
    "Share",
    "chapman",
    "judge_yardstick",
    "measure",
    "pass_counts",
    "rates",
    "truth_score",
    "wilson",
]
