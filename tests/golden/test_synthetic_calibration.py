"""The made-up nation against published figures; tolerances cover the noise of one draw."""

import hashlib

import numpy as np
import polars as pl
import pytest

from enclave.errors import UsageError
from enclave.progress import Silent
from enclave.synthetic import NationSpec, make_nation
from enclave.synthetic.numbers import citizen_service_numbers, education_numbers, weighted_sum

SPEC = NationSpec(pupils=40_000, seed=11, persons=90_000)


@pytest.fixture(scope="module")
def nation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nation")
    make_nation(folder, SPEC, Silent())
    return folder


def read(nation, name):
    return pl.read_parquet(nation / f"{name}.parquet")


@pytest.fixture(scope="module")
def results(nation):
    """All results with the true person, from the Parquet and CSV exports of whole schools."""
    from enclave.deliveries.manifest import parse_statement
    from enclave.deliveries.readers import read_delivery

    parts = []
    for delivery in sorted((nation / "deliveries").iterdir()):
        statement = parse_statement((delivery / "delivery.json").read_bytes())
        files = {name: (delivery / name).read_bytes() for name in statement.files}
        frame, _ = read_delivery(statement.format, files)
        parts.append(frame.with_columns(pl.lit(statement.sender_id).alias("sender_id")))
    return pl.concat(parts).join(read(nation, "truth/links"), on=["sender_id", "learner_id"])


def test_school_sizes_follow_the_five_classes(nation):
    """CBS 03753 (2022/23): 1,060 / 1,958 / 2,778 / 261 of 6,057 schools up to 100 / 200 / 500 / more."""
    sizes = read(nation, "registers/schools")["pupils"]
    shares = [(sizes <= 100).mean(), (sizes <= 200).mean(), (sizes <= 500).mean()]
    assert shares == pytest.approx([0.175, 0.498, 0.957], abs=0.07)


def test_denominations_have_their_shares(nation):
    """Engzell, Frey and Verhagen: Christian .57, public .32, other .12."""
    counts = dict(
        read(nation, "registers/schools")["denomination"].value_counts(normalize=True).iter_rows()
    )
    assert counts["Christian"] == pytest.approx(0.57, abs=0.13)
    assert counts["public"] == pytest.approx(0.32, abs=0.13)


def test_every_number_is_valid_and_nobody_shares_one(nation):
    spine = read(nation, "registers/population_spine")
    persons = spine.unique("person_id")
    for column, left in (("bsn", 0), ("education_number", 5)):
        numbers = persons[column].drop_nulls()
        assert numbers.n_unique() == len(numbers)
        digits = numbers.cast(pl.Int64).to_numpy()
        assert set((weighted_sum(digits // 10) - digits % 10) % 11) == {left}
    assert persons["education_number"].drop_nulls().str.starts_with("10").all()
    assert spine["postcode"].str.contains(r"^[1-9]\d{3}[A-Z]{2}$").all()
    assert not spine["postcode"].str.contains(r"S[ADS]$").any()


def test_spells_of_one_person_follow_each_other(nation):
    spine = read(nation, "registers/population_spine")
    assert spine["person_id"].is_sorted()
    moved = spine.filter(pl.len().over("person_id") == 2)
    both = moved.group_by("person_id", maintain_order=True).agg("valid_from", "valid_to")
    assert both.height > 100
    for starts, ends in both.select("valid_from", "valid_to").iter_rows():
        assert starts[0] < starts[1]
        assert ends == [starts[1], None]


def test_twins_are_as_common_as_in_life(nation):
    """About 3.5 % of children, two thirds of the pairs of one sex."""
    spine = read(nation, "registers/population_spine").filter(pl.col("valid_to").is_null())
    pupils = read(nation, "registers/background").select("person_id")
    home = ["birth_date", "postcode", "house_number", "house_addition"]
    children = spine.join(pupils, on="person_id").with_columns(
        pl.len().over(home).alias("born together")
    )
    pairs = children.filter(pl.col("born together") == 2)
    assert pairs.height / children.height == pytest.approx(0.035, abs=0.008)
    same = pairs.group_by(home).agg(pl.col("sex").n_unique() == 1)["sex"].mean()
    assert same == pytest.approx(2 / 3, abs=0.08)


def test_newcomers_sit_together_in_few_schools(nation):
    """0.3 to 1.5 % with an education number only, clustered."""
    spine = read(nation, "registers/population_spine").unique("person_id")
    pupils = spine.join(read(nation, "registers/enrolments").unique("person_id"), on="person_id")
    newcomers = pupils.filter(pl.col("bsn").is_null())
    assert 0.003 < newcomers.height / pupils.height < 0.015
    by_school = newcomers["school_code"].value_counts(sort=True)["count"]
    few = max(1, round(0.12 * pupils["school_code"].n_unique()))
    assert by_school.head(few).sum() / by_school.sum() > 0.7


def test_moving_rates_are_those_of_children(nation):
    """CBS 2017: 12.4 % a year at age 4 down to 7.4 % at 12."""
    spine = read(nation, "registers/population_spine")
    pupils = spine.join(read(nation, "registers/background").select("person_id"), on="person_id")
    movers = pupils.filter(pl.col("valid_to").is_not_null())["person_id"].n_unique()
    assert movers / pupils["person_id"].n_unique() == pytest.approx(0.095, abs=0.02)


def wide(results, domain):
    own = results.filter(pl.col("domain") == domain, pl.col("scale") == f"cito-3.0-{domain}")
    key = ["sender_id", "learner_id", "school_year", "grade"]
    table = own.unique([*key, "moment"]).pivot(on="moment", index=key, values="score")
    return table.drop_nulls(["M", "E"]).filter(pl.col("grade") == 5)


@pytest.mark.parametrize("domain", ["RW", "BL", "SP"])
def test_scores_hang_together_as_published(results, domain):
    """corr(M, E) .89, corr(M, growth) about -.20."""
    table = wide(results, domain)
    growth = (table["E"] - table["M"]).to_numpy()
    start = table["M"].to_numpy()
    assert np.corrcoef(start, table["E"].to_numpy())[0, 1] == pytest.approx(0.89, abs=0.025)
    assert np.corrcoef(start, growth)[0, 1] == pytest.approx(-0.20, abs=0.07)


def test_mean_scores_are_the_working_values(results):
    """RW 3.0: M5 205, E5 220."""
    table = wide(results, "RW")
    assert table["M"].mean() == pytest.approx(205, abs=4)
    assert table["E"].mean() == pytest.approx(220, abs=4)
    assert table["M"].std() == pytest.approx(27, abs=3)


def test_boys_do_better_in_arithmetic_and_girls_in_reading(results, nation):
    """Percentiles 56.6 / 46.1 in RW, 48.4 / 54.9 in BL: .36 and -.22 standard deviations of 29."""
    sexes = read(nation, "registers/background").select(
        "person_id", pl.col("sex").alias("true_sex")
    )
    for domain, gap in (("RW", 0.36), ("BL", -0.22)):
        own = results.filter(pl.col("scale") == f"cito-3.0-{domain}", pl.col("grade") == 6)
        own = own.filter(pl.col("moment") == "M").join(sexes, on="person_id")
        means = dict(own.group_by("true_sex").agg(pl.col("score").mean()).iter_rows())
        assert (means["M"] - means["V"]) / own["score"].std() == pytest.approx(gap, abs=0.1)


def test_errors_come_at_their_documented_rates(nation):
    learners = read(nation, "truth/links").height
    counts = dict(read(nation, "truth/errors")["error"].value_counts().iter_rows())
    for kind, rate in (
        ("typed_bsn", 0.02),
        ("bsn_missing", 0.03),
        ("numbers_swapped", 0.003),
        ("stale_address", 0.076),
    ):
        assert counts[kind] / learners == pytest.approx(rate, rel=0.25)


def test_parents_objections_leave_the_pupil_out(nation):
    objections = read(nation, "truth/objections")
    links = read(nation, "truth/links")
    assert 0.005 < objections.height / links.height < 0.02
    both = objections.drop_nulls().join(links, on=["sender_id", "person_id"])
    assert both.is_empty()


def test_all_four_formats_occur(nation):
    import json

    kinds = {
        json.loads((d / "delivery.json").read_text())["format"]
        for d in (nation / "deliveries").iterdir()
    }
    assert kinds == {"csv-leer", "csv-toets", "parquet-las", "uwlr-xml"}


def digest(folder):
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


def test_one_seed_one_nation_and_another_seed_another(tmp_path):
    spec = NationSpec(pupils=300, seed=4)
    for name in ("a", "b"):
        make_nation(tmp_path / name, spec, Silent())
    make_nation(tmp_path / "c", NationSpec(pupils=300, seed=5), Silent())
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")


def test_a_nation_left_half_made_is_made_again_and_another_is_not_overwritten(tmp_path):
    spec = NationSpec(pupils=300, seed=4)
    make_nation(tmp_path / "n", spec, Silent())
    whole = digest(tmp_path / "n")
    (tmp_path / "n" / "nation.json").unlink()
    (tmp_path / "n" / "registers" / "schools.parquet").write_bytes(b"half")
    make_nation(tmp_path / "n", spec, Silent())
    assert digest(tmp_path / "n") == whole
    with pytest.raises(UsageError, match="another"):
        make_nation(tmp_path / "n", NationSpec(pupils=300, seed=5), Silent())


@pytest.mark.parametrize("make", [citizen_service_numbers, education_numbers])
def test_numbers_in_bulk_are_distinct(make):
    drawn = make(np.random.default_rng(1), 50_000)
    assert np.unique(drawn).size == 50_000
