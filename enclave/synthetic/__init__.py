"""A made-up nation: population, schools, scores, deliveries with realistic errors, and the truth.

Everything is drawn from one seed, vectorised, and calibrated on published figures (see
``docs/reference/made-up-nation.md``). Nothing here is real.
"""

from enclave.synthetic.nation import NationSummary, make_nation
from enclave.synthetic.spec import ErrorRates, NationSpec

__all__ = ["ErrorRates", "NationSpec", "NationSummary", "make_nation"]
