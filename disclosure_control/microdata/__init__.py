"""Microdata: how well records hide among their likes, and recoding until they hide well enough."""

from disclosure_control.microdata.anonymise import Anonymised, anonymise
from disclosure_control.microdata.k_anonymity import KAnonymity, k_anonymity
from disclosure_control.microdata.loss import Loss

__all__ = ["Anonymised", "KAnonymity", "Loss", "anonymise", "k_anonymity"]
