"""How good the links are: counts for the receipt, and estimates with their uncertainty."""

from enclave.linkage.quality.counts import MINIMUM_PUPILS, pass_counts, rates, truth_score
from enclave.linkage.quality.estimates import Captured, Share, chapman, judge_yardstick, wilson
from enclave.linkage.quality.replay import replayed_passes

__all__ = [
    "MINIMUM_PUPILS",
    "Captured",
    "Share",
    "chapman",
    "judge_yardstick",
    "pass_counts",
    "rates",
    "replayed_passes",
    "truth_score",
    "wilson",
]
