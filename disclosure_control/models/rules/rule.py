"""What a rule of models is: a function from a fitted model and a policy to findings."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from disclosure_control.models.algebra import Floats, hats, triangle
from disclosure_control.models.design import Design
from disclosure_control.models.fit import Fit
from disclosure_control.policy import Policy
from disclosure_control.verdict import Finding, Verdict

JOIN = "join levels or leave the term out"
"""The remedy against small groups."""


@dataclass(frozen=True, repr=False, eq=False)
class Model:
    """What rules judge: the design and what was fitted to it."""

    design: Design
    fit: Fit

    @cached_property
    def rows(self) -> Floats:
        """The row of every group in the independent columns, scaled: hat values stay the same."""
        gone = set(self.fit.dependent)
        kept = [place for place in range(len(self.design.names)) if place not in gone]
        return self.design.rows[:, kept] if gone else self.design.rows

    @cached_property
    def hats(self) -> Floats:
        """The hat value of one row of every group, without weights."""
        sizes = self.design.sizes.astype(np.float64)
        upper = triangle(self.rows, sizes) if self.fit.dependent else self.design.upper
        return hats(self.rows, upper, np.ones(len(self.rows)))

    @property
    def own_shares(self) -> Floats:
        """For every group of equal rows how far it alone determines its fitted value, 0 to 1."""
        return self.hats * self.design.sizes


@dataclass(frozen=True)
class ModelRule:
    """A rule as it stands in the table of rules.

    Args:
        name: as findings name it.
        find: the function.
        applies_to: the models that it judges.
        statement: what must hold, with the policy's number by name.
        source: where it comes from.
    """

    name: str
    find: Callable[[Model, Policy], list[Finding]]
    applies_to: str
    statement: str
    source: str


def whole(rule: str, reason: str, remedy: str, verdict: Verdict = Verdict.UNSAFE) -> Finding:
    """A finding on the whole model."""
    return Finding((), rule, reason, remedy, verdict)


def about(term: str | None, rule: str, reason: str, remedy: str) -> Finding:
    """A finding on a term's coefficient; on the whole model where the term has none."""
    return Finding(() if term is None else (term, "coefficient"), rule, reason, remedy)
