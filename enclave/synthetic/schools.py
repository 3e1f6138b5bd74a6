"""Schools: sizes, codes, denomination, place, and the social mix of their pupils.

Sizes: the five classes of CBS table 03753 (2022/23). Denomination: Christian .57, public .32,
other .12 and the spread of the share of pupils from outside Europe (mean .17, standard deviation
.17): Engzell, Frey and Verhagen, table of descriptives.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from enclave.synthetic.numbers import Generator

SIZE_CLASSES = (
    (20, 100, 1060, 72_628),
    (101, 200, 1958, 297_361),
    (201, 500, 2778, 832_558),
    (501, 1000, 257, 159_226),
    (1001, 2000, 4, 5_712),
)
"""Smallest and largest size, schools, pupils."""

MEAN_SIZE = 225.8
SMALLEST_NATION = 12
"""Schools at least, so that every format and every broken delivery occurs."""

SPECIAL = (("sbo", 25), ("so", 40))
"""School type, and of how many schools one is of it; all others are bo (working values)."""

DENOMINATIONS = ("Christian", "public", "other")
DENOMINATION_SHARES = (0.565, 0.317, 0.118)
PROVINCES = (
    ("Groningen", 9700, 0.034),
    ("Friesland", 8900, 0.037),
    ("Drenthe", 9400, 0.028),
    ("Overijssel", 7500, 0.067),
    ("Flevoland", 1300, 0.025),
    ("Gelderland", 6800, 0.12),
    ("Utrecht", 3500, 0.079),
    ("Noord-Holland", 1000, 0.165),
    ("Zuid-Holland", 2500, 0.214),
    ("Zeeland", 4300, 0.022),
    ("Noord-Brabant", 5000, 0.146),
    ("Limburg", 6200, 0.063),
)
"""Province, first postcode area, share of the population (CBS, rounded)."""


@dataclass(frozen=True)
class Schools:
    """All schools as arrays, one entry a school."""

    code: npt.NDArray[np.str_]
    size: npt.NDArray[np.int64]
    province: npt.NDArray[np.int64]
    municipality: npt.NDArray[np.int64]
    area: npt.NDArray[np.int64]
    denomination: npt.NDArray[np.int64]
    disadvantage: npt.NDArray[np.float64]
    outside_europe: npt.NDArray[np.float64]

    @property
    def count(self) -> int:
        """How many schools there are."""
        return int(self.size.size)

    @property
    def school_type(self) -> list[str]:
        """Of every school: primary (bo) or one of the two kinds of special primary education."""
        return [
            next((kind for kind, every in SPECIAL if number % every == every - 1), "bo")
            for number in range(self.count)
        ]

    def frame(self) -> pl.DataFrame:
        """The register of schools. One row per school."""
        names = np.array([name for name, _, _ in PROVINCES])
        return pl.DataFrame(
            {
                "school_code": self.code,
                "name": [f"Basisschool {number + 1}" for number in range(self.count)],
                "school_type": self.school_type,
                "denomination": np.array(DENOMINATIONS)[self.denomination],
                "province": names[self.province],
                "municipality": [f"Gemeente {number:03d}" for number in self.municipality],
                "pupils": self.size.astype(np.int32),
            }
        )


def draw_schools(random: Generator, pupils: int) -> Schools:
    """Schools whose sizes add up to about ``pupils`` (at least twelve schools)."""
    count = max(SMALLEST_NATION, round(pupils / MEAN_SIZE))
    size = _sizes(random, count, pupils)
    shares = np.array([share for _, _, share in PROVINCES])
    province = random.choice(len(PROVINCES), size=count, p=shares / shares.sum())
    municipality = province * 30 + random.integers(0, 30, size=count)
    first = np.array([area for _, area, _ in PROVINCES])[province]
    factor = random.normal(size=count)
    spread = 0.7 * factor + np.sqrt(1 - 0.49) * random.normal(size=count)
    return Schools(
        code=_codes(random, count),
        size=size,
        province=province,
        municipality=municipality,
        area=first + (municipality % 30) * 10 + random.integers(0, 10, size=count),
        denomination=random.choice(3, size=count, p=DENOMINATION_SHARES),
        disadvantage=factor,
        outside_europe=_beta_by_rank(random, spread, mean=0.17, deviation=0.17),
    )


def _sizes(random: Generator, count: int, pupils: int) -> npt.NDArray[np.int64]:
    """Sizes by class in proportion, spread inside a class around its mean, scaled to the sum."""
    weights = np.array([schools for _, _, schools, _ in SIZE_CLASSES], dtype=float)
    quantile = (np.arange(count) + random.uniform(size=count)) / count
    kind = np.searchsorted(np.cumsum(weights) / weights.sum(), quantile)
    low = np.array([c[0] for c in SIZE_CLASSES], dtype=float)[kind]
    high = np.array([c[1] for c in SIZE_CLASSES], dtype=float)[kind]
    mean = np.array([c[3] / c[2] for c in SIZE_CLASSES])[kind]
    centre = (mean - low) / (high - low)
    inside = random.beta(3 * centre, 3 * (1 - centre))
    size = low + inside * (high - low)
    scaled = np.maximum(8, np.round(size * pupils / size.sum())).astype(np.int64)
    return np.asarray(random.permutation(scaled), dtype=np.int64)


def _codes(random: Generator, count: int) -> npt.NDArray[np.str_]:
    """BRIN (two digits, two letters) and location number; about one in eight is a second site."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    stem = random.permutation(100 * len(letters) ** 2)[:count]
    main = np.where(random.uniform(size=count) < 0.125, np.maximum(np.arange(count) - 1, 0), -1)
    stem = np.where(main >= 0, stem[main], stem)
    location = np.zeros(count, dtype=np.int64)
    order = np.argsort(stem, kind="stable")
    starts = np.r_[True, stem[order][1:] != stem[order][:-1]]
    group = np.maximum.accumulate(np.where(starts, np.arange(count), 0))
    location[order] = np.arange(count) - group
    pairs = [f"{n // 576:02d}{letters[n // 24 % 24]}{letters[n % 24]}" for n in stem]
    return np.array([f"{pair}{place:02d}" for pair, place in zip(pairs, location, strict=True)])


def _beta_by_rank(
    random: Generator, score: npt.NDArray[np.float64], mean: float, deviation: float
) -> npt.NDArray[np.float64]:
    """Beta draws of the given mean and deviation, ordered as ``score`` is."""
    strength = mean * (1 - mean) / deviation**2 - 1
    draws = np.sort(random.beta(mean * strength, (1 - mean) * strength, size=score.size))
    ranked = np.empty_like(draws)
    ranked[np.argsort(score)] = draws
    return ranked
