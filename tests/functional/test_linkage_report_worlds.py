"""In made-up nations with errors of several rates the intervals of precision hold the truth."""

import polars as pl
import pytest

from enclave import deliveries, demo
from enclave.clock import system_clock
from enclave.demo import DemoSpec, prepare
from enclave.linkage import link_round, stage
from enclave.linkage.passes import LINKED
from enclave.linkage.quality.gathered import site_quality
from enclave.linkage.quality.measuring import BY_PASS
from enclave.linkage.quality.persons import characteristics, open_registers
from enclave.linkage.replay import WITHOUT_NUMBERS
from enclave.linkage.tail import PASS_NAME
from enclave.progress import Silent
from enclave.site import Site
from enclave.synthetic import NationSpec
from enclave.synthetic.spec import ErrorRates

NUMBERLESS = [*(step.name for step in WITHOUT_NUMBERS), PASS_NAME]
WORLDS = [
    ErrorRates(bsn_missing=0.5, education_number_missing=0.3),
    ErrorRates(bsn_missing=0.4, typed_digit=0.12, address_missing=0.05),
]


@pytest.fixture(name="world", params=range(len(WORLDS)))
def fixture_world(request, tmp_path, monkeypatch):
    """The report, and every link without numbers: pass, whether right, group of the true person."""
    errors, seen = WORLDS[request.param], {}
    score = stage.truth_score

    def spy(links, truth, spine):
        seen["links"] = links.join(truth, on=["delivery_id", "pupil_row"])
        return score(links, truth, spine)

    monkeypatch.setattr(demo, "NationSpec", lambda **given: NationSpec(**given, errors=errors))
    monkeypatch.setattr(stage, "truth_score", spy)
    spec = DemoSpec(pupils=4000, seed=20 + request.param)
    custody = prepare(Site(tmp_path / "site"), spec, system_clock, Silent())
    deliveries.receive_all(custody)
    link_round(custody)
    right = (pl.col("person_id") == pl.col("true_person")).fill_null(value=False)
    links = seen["links"].filter(
        (pl.col("status") == LINKED) & pl.col("pass_name").is_in(NUMBERLESS)
    )
    registers = open_registers(custody.config.registers, custody.config.round.reference_date)
    ids = links.select(person_id="true_person").drop_nulls().unique()
    groups = characteristics(registers, ids.with_columns(school_code=pl.lit(None, pl.String)))
    known = groups.rename({"person_id": "true_person"})
    yield (
        site_quality(custody),
        links.with_columns(right=right).join(known, on="true_person", how="left"),
    )
    custody.close()


def test_every_interval_of_precision_holds_the_true_one(world):
    quality, links = world
    assert links.height > 300
    looked = 0
    for row in quality.replay:
        name = "pass_name" if row.characteristic == BY_PASS else row.characteristic
        mine = links.filter(pl.col(name) == row.level)
        if row.precision is None or mine.is_empty():
            continue
        looked += 1
        true = mine["right"].sum() / mine.height
        assert row.precision.low <= true <= row.precision.high, (name, row.level)
    assert looked >= 4
    assert quality.coverage is not None
