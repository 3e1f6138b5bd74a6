"""Cases for reviewers hold words and order, and nothing that names anybody."""

import polars as pl
import pytest

from enclave.errors import InputError
from enclave.linkage.casebook import COLUMNS, WORDS, as_text, casebook

PAIRS = [("d2", 7, "P9", 1.0), ("d1", 3, "P2", -2.0), ("d1", 3, "P1", 4.5), ("d1", 3, "P3", 4.5)]


def review_file(folder, row="pupil_row"):
    rows = [
        {"delivery_id": d, row: number, "person_id": who, "bits": bits}
        | dict.fromkeys(WORDS, "agrees")
        for d, number, who, bits in PAIRS
    ]
    frame = pl.DataFrame(rows)
    if row == "row_id":
        frame = frame.drop("delivery_id")
    frame.write_parquet(folder / "review.parquet")
    return folder / "review.parquet"


@pytest.mark.parametrize("row", ["pupil_row", "row_id"])
def test_pupils_are_numbered_and_the_likeliest_person_comes_first(tmp_path, row):
    cases = casebook(review_file(tmp_path, row))
    assert cases.columns == list(COLUMNS)
    assert cases.select("case", "candidate", "bits").rows() == [
        (1, 1, 4.5), (1, 2, 4.5), (1, 3, -2.0), (2, 1, 1.0),
    ]  # fmt: skip


def test_the_text_names_nobody(tmp_path):
    text = as_text(casebook(review_file(tmp_path)))
    assert text.splitlines()[0] == "2 pupils with 4 candidates"
    assert "candidate 3" in text
    assert not [word for word in ("P1", "P2", "P3", "P9", "d1", "d2") if word in text]


@pytest.mark.parametrize("content", [None, b"no parquet"])
def test_without_a_review_file_it_says_what_to_do(tmp_path, content):
    path = tmp_path / "review.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="There is a review file"):
        casebook(path)
