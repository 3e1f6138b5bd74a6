"""Shares with intervals, and the number that two independent routes both missed.

Sources: E.B. Wilson (1927), JASA 22, 209-212; L.D. Brown, T.T. Cai and A. DasGupta (2001),
Statistical Science 16, 101-133; R.G. Newcombe (1998), Statistics in Medicine 17, 873-890, method 10
for the difference of two shares; D.G. Chapman (1951), University of California Publications in
Statistics 1, 131-160; G.A.F. Seber (1970), Biometrics 26, 313-318 for the variance.
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from enclave.errors import InputError

CONFIDENCE = 0.95
MET, NOT_MET, CANNOT_BE_JUDGED = "met", "not met", "cannot be judged"


@dataclass(frozen=True)
class Share:
    """``part`` of ``whole`` with a Wilson interval; all figures null when ``whole`` is 0.

    ``part`` and ``estimate`` are null when the part is known to lie between two numbers only.
    """

    part: int | None
    whole: int
    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Difference:
    """A later share minus an earlier one, with its interval."""

    estimate: float
    low: float
    high: float

    @property
    def fell(self) -> bool:
        """Whether the later share is lower by more than chance."""
        return self.high < 0


@dataclass(frozen=True)
class Captured:
    """How many there are by two routes, and how many neither found.

    It holds only when the routes miss independently of each other. Routes that fail together
    (people without any number) make ``missed`` too low.
    """

    total: float
    missed: float
    standard_error: float


def wilson(part: int, whole: int, confidence: float = CONFIDENCE) -> Share:
    """The share ``part / whole`` with its Wilson score interval.

    Raises:
        InputError: part is not between 0 and whole.
    """
    if not 0 <= part <= whole:
        raise InputError(
            "A part is between 0 and its whole.",
            where="the counts of a share",
            next_step="report this fault; nothing was written",
        )
    if whole == 0:
        return Share(part, whole, None, None, None)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    spread = z * sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    half = spread / (1 + z * z / whole)
    low = 0.0 if part == 0 else middle - half
    high = 1.0 if part == whole else middle + half
    return Share(part, whole, share, low, high)


def between(low: int, high: int, whole: int) -> Share:
    """A share of which only the smallest and the largest possible part are known.

    The interval reaches from the lower end for ``low`` to the upper end for ``high``.

    Raises:
        InputError: a part is not between 0 and whole.
    """
    return Share(None, whole, None, wilson(low, whole).low, wilson(high, whole).high)


def difference(later: Share, earlier: Share) -> Difference | None:
    """``later`` minus ``earlier`` by Newcombe's method 10; null when either has no estimate."""
    now, before = later.estimate, earlier.estimate
    if now is None or before is None:
        return None
    # A share with an estimate has both ends.
    ends = (later.low, later.high, earlier.low, earlier.high)
    low, high, low_before, high_before = (end or 0.0 for end in ends)
    change = now - before
    return Difference(
        change,
        change - sqrt((now - low) ** 2 + (high_before - before) ** 2),
        change + sqrt((high - now) ** 2 + (before - low_before) ** 2),
    )


def chapman(first: int, second: int, both: int) -> Captured:
    """Chapman's estimate of all, from those found by each route and by both.

    Raises:
        InputError: more were found by both than by one of them.
    """
    if not 0 <= both <= min(first, second):
        raise InputError(
            "No more are found by both routes than by either.",
            where="the counts of two routes",
            next_step="report this fault; nothing was written",
        )
    total = (first + 1) * (second + 1) / (both + 1) - 1
    alone = (first - both) * (second - both)
    variance = (first + 1) * (second + 1) * alone / ((both + 1) ** 2 * (both + 2))
    return Captured(total, total - (first + second - both), sqrt(variance))


def judge_yardstick(share: Share, yardstick: float) -> str:
    """``met`` or ``not met``; ``cannot be judged`` when the interval includes the yardstick."""
    if share.low is None or share.high is None or share.low < yardstick <= share.high:
        return CANNOT_BE_JUDGED
    return MET if share.low >= yardstick else NOT_MET
