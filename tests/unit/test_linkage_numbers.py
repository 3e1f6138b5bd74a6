"""S numbers: what they are made of, when they last, and when they lead to nobody."""

import polars as pl
import pytest

from enclave.clock import system_clock
from enclave.custody import Vault
from enclave.errors import FindingsError
from enclave.linkage.education import numbers as module
from enclave.linkage.education.numbers import SNumbers, person_keys, spine_numbers
from enclave.linkage.education.rotation import FIRST_KEY, chain_of, rotate

SCHEMA = {
    "delivery_id": pl.String, "pupil_row": pl.UInt32, "person_id": pl.String, "status": pl.String,
    "bsn": pl.String, "education_number": pl.String,
}  # fmt: skip


@pytest.fixture
def vault(tmp_path):
    return Vault.create(tmp_path / "vault", system_clock)


def opened(vault, round_id="2025-E", *, native=True):
    return SNumbers(vault, round_id, chain_of(vault), native)


def links(numbers, rows):
    """Links with keyed numbers: rows of person, status, bsn, education number."""
    full = [("d1", place, *row) for place, row in enumerate(rows)]
    frame = pl.DataFrame(full, schema=SCHEMA, orient="row")
    return frame.with_columns(numbers.columns()).drop("bsn", "education_number")


def keys_of(numbers, rows, doubted=()):
    return person_keys(links(numbers, rows), numbers, doubted).rows["person_key"].to_list()


UNLINKED_ROWS = [(None, "unlinked", "b1", "e1"), (None, "unlinked", None, "e2")]


def test_a_linked_pupil_has_the_persons_number(vault):
    found = person_keys(links(opened(vault), [("p1", "linked", "b1", None)]), opened(vault)).rows
    assert found.rows() == [("d1", 0, "p1", "R")]
    assert found.columns == ["delivery_id", "pupil_row", "person_key", "person_status"]


def test_numbers_of_unlinked_pupils_last_and_those_of_places_do_not(vault):
    rows = [*UNLINKED_ROWS, (None, "unlinked", None, None)]
    one, other = keys_of(opened(vault), rows), keys_of(opened(vault, "2026-E"), rows)
    assert one[:2] == other[:2]
    assert one[2] != other[2]
    assert len({*one, *other}) == 4
    assert all(len(key) == 33 for key in one)


def test_the_bsn_goes_before_the_education_number(vault):
    one = keys_of(opened(vault), [(None, "unlinked", "b1", "e1")])
    assert one == keys_of(opened(vault), [(None, "unlinked", "b1", None)])
    assert one != keys_of(opened(vault), [(None, "unlinked", None, "e1")])


def test_the_same_text_in_both_fields_gives_two_numbers(vault):
    found = keys_of(opened(vault), [(None, "unlinked", "x", None), (None, "unlinked", None, "x")])
    assert found[0] != found[1]


def test_two_pupils_of_a_delivery_never_share_a_number(vault):
    rows = [(None, "unlinked", "b1", None), (None, "unlinked", "b1", "e1")]
    one, other = keys_of(opened(vault), rows)
    alone = keys_of(opened(vault), [(None, "unlinked", "b1", None)])[0]
    assert len({one, other, alone}) == 3
    assert other == keys_of(opened(vault), [(None, "unlinked", None, "e1")])[0]


@pytest.mark.parametrize(
    ("status", "doubted"), [("review", ()), ("unlinked", ("d1",)), ("review", ("d1",))]
)
def test_a_number_not_to_be_relied_on_lasts_and_leads_to_nobody(vault, status, doubted):
    rows = [(None, status, "b1", None)]
    found = keys_of(opened(vault), rows, doubted)
    assert found == keys_of(opened(vault, "2026-E"), rows, doubted)
    certain = person_keys(links(opened(vault), [("p1", "linked", "b1", None)]), opened(vault))
    assert found[0] not in certain.found["s_key"].to_list()


def test_a_linked_pupil_tells_whose_its_numbers_are(vault):
    numbers = opened(vault)
    rows = [("p1", "linked", "b1", "e2"), (None, "review", "b3", None)]
    found = person_keys(links(numbers, rows), numbers).found
    unlinked = keys_of(numbers, UNLINKED_ROWS)
    assert sorted(found.rows()) == sorted((key, "p1") for key in unlinked)
    assert person_keys(links(numbers, rows), numbers, ("d1",)).found.height == 0


def test_the_spine_has_the_numbers_that_deliveries_have(vault):
    numbers = opened(vault)
    spine = pl.LazyFrame(
        {"person_id": ["p1", "p1", "p2"], "bsn": ["b1", "b1", None],
         "education_number": [None, None, "e2"]}
    )  # fmt: skip
    found = spine_numbers(spine, numbers).collect()
    first, second = keys_of(numbers, UNLINKED_ROWS)
    assert sorted(found.rows()) == sorted([(first, "p1"), (first, "p1"), (second, "p2")])


def test_without_keyed_numbers_everybody_is_numbered_by_place(vault):
    bare = links(opened(vault), UNLINKED_ROWS).drop("s_bsn", "s_education")
    found = person_keys(bare, opened(vault)).rows["person_key"]
    assert found.n_unique() == 2
    assert set(found) & set(keys_of(opened(vault), UNLINKED_ROWS)) == set()


def test_under_a_longer_chain_numbers_are_others_and_last_too(vault):
    before = keys_of(opened(vault), UNLINKED_ROWS)
    assert rotate(vault) == (FIRST_KEY, f"{FIRST_KEY}/2")
    after = keys_of(opened(vault), UNLINKED_ROWS)
    assert set(before) & set(after) == set()
    assert after == keys_of(opened(vault, "2026-E"), UNLINKED_ROWS)
    assert rotate(vault)[-1] == f"{FIRST_KEY}/3"


def test_both_hashers_give_the_same_numbers(vault):
    rotate(vault)
    assert keys_of(opened(vault), UNLINKED_ROWS) == keys_of(
        opened(vault, native=False), UNLINKED_ROWS
    )


def test_no_key_shows_in_the_text_of_what_makes_numbers(vault):
    numbers = opened(vault)
    secret = vault.derive(FIRST_KEY, "s-number/bsn").reveal().hex()
    shown = f"{numbers!r} {numbers.columns()!r} {person_keys(links(numbers, []), numbers)!r}"
    assert secret not in shown


def test_a_collision_stops_the_linkage(vault, monkeypatch):
    monkeypatch.setattr(
        module, "as_number", lambda key: pl.lit("S") + key.bin.encode("hex").str.slice(0, 0)
    )
    with pytest.raises(FindingsError, match="number of its own"):
        keys_of(opened(vault), UNLINKED_ROWS)
