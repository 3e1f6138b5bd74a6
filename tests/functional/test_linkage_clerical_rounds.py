"""What reviewers settled in one round, when the same number comes again: elsewhere, or later."""

import polars as pl
import pytest
from clerical_site import (
    MIXED_BSN,
    OWNER,
    REVIEWERS,
    STRANGER,
    agree,
    delivered,
    linked_site,
    people_of,
    rows_of,
)
from linkage_site import nation, pupils
from linkage_two_rounds import bytes_of, person, read
from linkage_years import FIRST, SECOND, deliver, next_round, scores

from enclave.custody import checked_linked, destroy_identifiers, is_outdated
from enclave.errors import FindingsError, InputError, RefusedError
from enclave.files import sha256_of
from enclave.linkage import link_round, linked
from enclave.linkage.clerical.recording import open_review, standing
from enclave.linkage.clerical.settling import settle_round
from enclave.linkage.education.rewriting import rotate_s_key
from enclave.projects import build_view

UNIONS = [f"{name}.parquet" for name in linked.UNIONS]


def mixed():
    rows = rows_of()
    rows[MIXED_BSN] |= pupils(nation(), [MIXED_BSN])[0] | {"bsn": nation()[OWNER]["bsn"]}
    return rows


def second(custody, rows):
    """The second round, these rows delivered and linked."""
    custody = next_round(custody, SECOND)
    deliver(custody, "sender-1", rows, scores(len(rows), "2025-2026", 5))
    link_round(custody)
    return custody


def in_second(custody, row, who, **given):
    return agree(custody, row, who, delivery=f"{SECOND.id}-sender-1", **given)


def years_of(custody, who):
    return set(read(custody, "results").filter(person_key=who)["school_year"])


def s_years(custody):
    """The school years of every S number, without the twins'."""
    rows = read(custody, "results").filter(pl.col("person_status") == "S")
    return sorted(
        tuple(sorted(set(part["school_year"]))) for part in rows.partition_by("person_key")
    )


def test_linked_later_the_pupil_has_one_number_in_both_rounds(tmp_path):
    custody = linked_site(tmp_path)
    agree(custody, 6, person(6))
    settle_round(custody)
    custody = second(custody, pupils(nation(), range(16)))
    assert years_of(custody, person(6)) == {"2024-2025", "2025-2026"}
    assert years_of(custody, person(7)) == {"2025-2026"}
    checked_linked(custody, UNIONS)


def test_in_review_again_only_the_round_that_was_settled_is_the_person(tmp_path):
    custody = linked_site(tmp_path, mixed())
    agree(custody, MIXED_BSN, person(MIXED_BSN))
    settle_round(custody)
    gone = read(custody, "person-history")["old_key"].to_list()
    assert len(gone) == 1
    custody = second(custody, mixed())
    assert years_of(custody, person(MIXED_BSN)) == {"2024-2025"}
    assert years_of(custody, gone[0]) == {"2025-2026"}
    assert read(custody, "person-history").height == 0
    in_second(custody, 6, person(6))
    settle_round(custody)
    assert years_of(custody, person(6)) == {"2025-2026"}
    assert years_of(custody, gone[0]) == {"2025-2026"}
    in_second(custody, MIXED_BSN, person(MIXED_BSN))
    assert settle_round(custody).round_id == SECOND.id
    assert years_of(custody, person(MIXED_BSN)) == {"2024-2025", "2025-2026"}
    history = read(custody, "person-history")
    assert history.filter(new_key=person(MIXED_BSN)).rows() == [
        (gone[0], person(MIXED_BSN), FIRST.id)
    ]


def test_accepted_as_another_person_in_another_round_both_stay_s_and_it_is_counted(tmp_path):
    custody = linked_site(tmp_path, mixed())
    agree(custody, MIXED_BSN, person(MIXED_BSN))
    assert settle_round(custody).content.contradicted == 0
    custody = second(custody, mixed())
    in_second(custody, MIXED_BSN, person(OWNER))
    settled = settle_round(custody)
    assert (settled.accepted, settled.content.contradicted) == (1, 1)
    assert years_of(custody, person(MIXED_BSN)) == years_of(custody, person(OWNER)) == set()
    assert ("2024-2025", "2025-2026") in s_years(custody)


def two_schools(root):
    """Two schools deliver a pupil each under the BSN of ``OWNER``."""
    custody = delivered(root, mixed())
    rows = pupils(nation(), [21, 22])
    rows[0] |= {"bsn": nation()[OWNER]["bsn"], "education_number": None}
    deliver(custody, "sender-2", rows, scores(2, "2024-2025", 4, school_code="02AB00"))
    link_round(custody)
    return custody, f"{FIRST.id}-sender-2"


def test_a_number_that_another_pupil_has_too_waits_until_both_are_the_same_person(tmp_path):
    custody, other = two_schools(tmp_path)
    before = people_of(custody)
    agree(custody, MIXED_BSN, person(OWNER))
    settled = settle_round(custody)
    assert (settled.accepted, settled.shared) == (1, 1)
    assert people_of(custody) == before
    agree(custody, 0, person(21), delivery=other)
    assert settle_round(custody).shared == 2
    assert people_of(custody) == before
    agree(custody, 0, person(OWNER), delivery=other)
    settled = settle_round(custody)
    assert (settled.accepted, settled.shared) == (2, 0)
    assert person(OWNER) in people_of(custody)


def test_a_new_s_key_before_or_after_changes_nothing_of_what_was_settled(tmp_path):
    custody = linked_site(tmp_path, mixed())
    agree(custody, MIXED_BSN, person(MIXED_BSN))
    settle_round(custody)
    rotate_s_key(custody, "steward-1")
    checked_linked(custody, UNIONS)
    before = bytes_of(custody)
    agree(custody, 6, person(6))
    settled = settle_round(custody)
    assert len(settled.content.s_keys) == 2
    assert len(read(custody, "person-history")) == 2
    assert people_of(custody) >= {person(6), person(MIXED_BSN)}
    agree(custody, 6, None, reviewers=REVIEWERS[2:])
    settle_round(custody)
    after = bytes_of(custody)
    assert {name: after[name] for name in UNIONS} == {name: before[name] for name in UNIONS}
    custody = second(custody, pupils(nation(), range(16)))
    assert years_of(custody, person(MIXED_BSN)) == {"2024-2025", "2025-2026"}
    rotate_s_key(custody, "steward-1", again=True)
    checked_linked(custody, UNIONS)


def test_after_the_next_round_is_opened_nothing_is_settled_before_it_is_linked(tmp_path):
    custody = linked_site(tmp_path)
    agree(custody, 6, person(6))
    custody = next_round(custody, SECOND)
    with pytest.raises(RefusedError, match="reviewed after the linkage"):
        settle_round(custody)
    rows = pupils(nation(), range(16))
    deliver(custody, "sender-1", rows, scores(16, "2025-2026", 5))
    link_round(custody)
    assert standing(custody, open_review(custody)).height == 0
    with pytest.raises(RefusedError, match="two reviewers agree"):
        settle_round(custody)


@pytest.mark.parametrize("damage", ["removed", "changed"])
def test_a_settlement_that_was_tampered_with_stops_the_next_linkage(tmp_path, damage):
    custody = linked_site(tmp_path)
    agree(custody, 6, person(6))
    settle_round(custody)
    destroy_identifiers(custody, FIRST.id, "operator-1", "witness-1")
    path = custody.site.zone("linked") / f"rounds/{FIRST.id}.settled-1.parquet"
    if damage == "removed":
        path.unlink()
    else:
        pl.read_parquet(path).with_columns(person_id=pl.lit(person(STRANGER))).write_parquet(path)
    with pytest.raises(InputError, match="settled of a round is that of its receipt"):
        second(custody, pupils(nation(), range(16)))


def test_a_register_that_contradicts_itself_leaves_everything_as_it_was(tmp_path):
    custody = linked_site(tmp_path)
    agree(custody, 6, person(6))
    path = tmp_path / "registers/background.parquet"
    people = pl.read_parquet(path)
    pl.concat([people, people.head(1)]).write_parquet(path)
    before = bytes_of(custody)
    with pytest.raises(FindingsError, match="one row per person_id"):
        settle_round(custody)
    assert bytes_of(custody) == before


def test_a_view_that_was_built_before_stays_and_is_outdated(tmp_path):
    custody = linked_site(tmp_path)
    destroy_identifiers(custody, FIRST.id, "operator-1", "witness-1")
    view = build_view(custody, "one")
    before = [sha256_of(custody.site.root / file.path) for file in view.files]
    agree(custody, 6, person(6))
    settle_round(custody)
    assert is_outdated(custody.registry, view)
    assert build_view(custody, "one") == view
    assert [sha256_of(custody.site.root / file.path) for file in view.files] == before
    newer = build_view(custody, "one", rebuild=True)
    assert newer.number == 2
    assert not is_outdated(custody.registry, newer)
