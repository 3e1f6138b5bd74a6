"""Pupils who are not in the spine: the error that a replay never makes, and what is made of it."""

from datetime import date

import polars as pl
import pytest
from linkage_site import make_site, pupils

from enclave.linkage import link_round
from enclave.linkage.passes import PASSES
from enclave.linkage.quality import gathered
from enclave.linkage.quality.absent import ONE_IN
from enclave.linkage.quality.estimates import wilson
from enclave.linkage.quality.measuring import BY_PASS
from enclave.linkage.quality.page import render_quality
from enclave.linkage.quality.text import as_text

TWINS, ALONE = 300, 500
"""Persons who have a twin of the same sex, of whom every second is delivered; others, who all are."""


def person(number):
    """Even and odd neighbours among the first are twins."""
    home = number - number % 2 if number < TWINS else number
    month, day = 1 + home % 12, 10 + home // 12 % 18
    return {
        "person_id": f"{300000000 + 7919 * number % 100000:09d}",
        "bsn": f"{91_000_000 + 13 * number:09d}",
        "education_number": f"10{4_000_000 + 17 * number:07d}",
        "sex": "M" if home % 4 else "V",
        "birth_date": f"{2013 + home % 5}{month:02d}{day:02d}",
        "postcode": f"{3100 + home % 900}KX",
        "house_number": str(20 + home % 70),
        "house_addition": "bis" if home % 5 == 0 else None,
        "valid_from": date(2018 + number % 9, 3, 1),
        "valid_to": None,
    }


def linked(root, every):
    """The receipt and the report; of the delivered the spine lacks each of so many.

    Those have no numbers, and neither has the one after each of them.
    """
    everybody = [person(number) for number in range(TWINS + ALONE)]
    numbers = [n for n in range(TWINS + ALONE) if n % 2 == 0 or n >= TWINS]
    rows = pupils(everybody, numbers)
    for row in (*rows[::every], *rows[1::every]):
        row.update(bsn=None, education_number=None)
    gone = set(numbers[::every])
    there = [one for number, one in enumerate(everybody) if number not in gone]
    with make_site(root, {"sender-1": rows}, everybody) as custody:
        spine = pl.read_parquet(root / "registers/spine.parquet")
        kept = spine.filter(pl.col("person_id").is_in([one["person_id"] for one in there]))
        kept.write_parquet(root / "registers/spine.parquet")
        truth = pl.read_parquet(root / "registers/truth.parquet")
        known = pl.col("person_id").is_in(kept["person_id"].implode())
        truth.with_columns(pl.when(known).then("person_id")).write_parquet(
            root / "registers/truth.parquet"
        )
        places = root / "registers/enrolments.parquet"
        pl.read_parquet(places).with_columns(school_code=pl.lit("01AB00")).write_parquet(places)
        receipt = link_round(custody)
        leftovers = [path for path in custody.site.zone("linkage").iterdir() if path.is_dir()]
        assert leftovers == []
        return receipt, gathered.site_quality(custody)


@pytest.fixture(name="world", scope="module", params=[50, 10, 4])
def fixture_world(request, tmp_path_factory):
    return linked(tmp_path_factory.mktemp("absent"), request.param)


def replayed(receipt):
    return [one for one in receipt.measured.replay if one.characteristic == BY_PASS]


def test_the_replay_alone_does_not_see_the_wrong_links_of_absent_twins(world):
    receipt, _ = world
    assert receipt.truth.wrong > 0
    assert sum(one.wrong for one in replayed(receipt)) == 0


def test_with_their_person_taken_out_replayed_twins_are_linked_wrongly(world):
    receipt, quality = world
    found = receipt.measured.absent
    pupils_ = sum(one.pupils for one in replayed(receipt))
    assert found.pupils == -(-pupils_ // ONE_IN)
    assert found.linked > 0
    exact = wilson(found.linked, found.pupils)
    assert quality.absent.wrong.low <= exact.low <= exact.high <= quality.absent.wrong.high


def test_the_least_precision_holds_the_true_one_of_links_without_numbers(world):
    receipt, quality = world
    by_address = sum(one.linked for one in receipt.passes[2:])
    true = (by_address - receipt.truth.wrong) / by_address
    (precision,) = {row.precision.low for row in quality.replay if row.level == PASSES[2].name}
    assert quality.absent.least is not None
    assert quality.absent.least <= min(true, precision)
    assert "taken out of the spine" in as_text(quality)
    assert "taken out of the spine" in render_quality(quality).replace("was\ntaken", "was taken")
