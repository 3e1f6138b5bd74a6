"""Complementary cell suppression with guaranteed protection intervals."""

from disclosure_control.suppression.build import build_problem
from disclosure_control.suppression.construct import Pattern, suppress
from disclosure_control.suppression.problem import SuppressionProblem

__all__ = ["Pattern", "SuppressionProblem", "build_problem", "suppress"]
