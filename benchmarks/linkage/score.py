"""How good links are, against the truth of a world."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

LINKED, REVIEW = "linked", "review"
HOME = ("birth_date", "postcode", "house_number", "house_addition")


@dataclass(frozen=True)
class Score:
    """Counts over delivered rows.

    ``linkable``: rows whose person is in the spine. ``false``: links to another person, or of a
    row without one; ``false_on_twins`` those where the person chosen shares birth date and address
    with the true one. ``review``: rows left to people.
    """

    rows: int
    linkable: int
    linked: int
    correct: int
    false_on_twins: int
    review: int

    @property
    def false(self) -> int:
        """Links that are wrong."""
        return self.linked - self.correct

    @property
    def precision(self) -> float:
        """Correct among all links; 1 without any."""
        return self.correct / self.linked if self.linked else 1.0

    @property
    def recall(self) -> float:
        """Correct among all that could be linked; 1 when none could."""
        return self.correct / self.linkable if self.linkable else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        rates = {name: getattr(self, name) for name in ("false", "precision", "recall", "f1")}
        return asdict(self) | rates


def score_world(links: Path, world: Path, *, left_out_only: bool = False) -> Score:
    """The score of a file of links against a world's truth.

    ``left_out_only`` counts only rows whose numbers the deliverer left out.
    """
    truth = pl.read_parquet(world / "truth.parquet")
    if left_out_only:
        truth = truth.filter("numbers_left_out")
    return score(pl.read_parquet(links), truth, pl.scan_parquet(world / "spine.parquet"))


def score(links: pl.DataFrame, truth: pl.DataFrame, spine: pl.LazyFrame) -> Score:
    """The score of links over the rows of the truth; a row without a link counts as unlinked.

    Raises:
        ValueError: a row is linked twice, or is not one of the delivery.
    """
    if links["row_id"].is_duplicated().any():
        raise ValueError("links have one row per delivered row")
    true = truth.select("row_id", pl.col("person_id").alias("true_person"))
    joined = true.join(links.select("row_id", "person_id", "status"), on="row_id", how="left")
    linked = joined.filter(pl.col("status") == LINKED)
    right = (pl.col("person_id") == pl.col("true_person")).fill_null(value=False)
    wrong = linked.filter(~right)
    return Score(
        rows=joined.height,
        linkable=joined["true_person"].count(),
        linked=linked.height,
        correct=linked.filter(right).height,
        false_on_twins=_same_home(wrong, spine),
        review=joined.filter(pl.col("status") == REVIEW).height,
    )


def _same_home(wrong: pl.DataFrame, spine: pl.LazyFrame) -> int:
    """How many links chose somebody with birth date and an address of the true person."""
    pairs = wrong.select("row_id", "person_id", "true_person").drop_nulls()
    people = pl.concat([pairs["person_id"], pairs["true_person"]]).unique()
    homes = (
        spine.filter(pl.col("person_id").is_in(people.implode()))
        .select("person_id", *HOME)
        .unique()
        .collect(engine="streaming")
    )
    chosen = pairs.join(homes, on="person_id")
    both = chosen.join(
        homes.rename({"person_id": "true_person"}), on=("true_person", *HOME), nulls_equal=True
    )
    return both["row_id"].n_unique()
