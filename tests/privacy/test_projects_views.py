"""A project sees granted columns under its own pseudonyms, and nothing that joins with another."""

import datetime as dt

import polars as pl
import pytest

from enclave.clock import system_clock
from enclave.custody import init_site
from enclave.errors import RefusedError, UsageError
from enclave.projects import build_view
from enclave.receipts import DestructionCertificate
from enclave.site import Config, ProjectGrant, RegistersConfig, RoundConfig

COLUMNS = ("origin", "province")


@pytest.fixture
def custody(tmp_path):
    config = Config(
        round=RoundConfig(id="r", reference_date=dt.date(2026, 7, 1), school_years=("2025-2026",)),
        registers=RegistersConfig(
            population_spine="a", background="b", enrolments="c", schools="d"
        ),
        projects=(
            ProjectGrant(id="one", purpose="x", members=(), columns=COLUMNS),
            ProjectGrant(id="two", purpose="x", members=(), columns=("sex",)),
            ProjectGrant(id="bad", purpose="x", members=(), columns=("person_key",)),
            ProjectGrant(id="small", purpose="x", members=(), columns=("municipality",)),
        ),
    )
    with init_site(tmp_path / "site", config, system_clock) as opened:
        linked = opened.site.zone("linked")
        scores = [
            ("p1", "S1", "M", 10.0),
            ("p1", "S1", "E", 14.0),
            ("S9", "S2", "M", 20.0),
            ("p2", "S1", "E", 5.0),
        ]
        pl.DataFrame(
            [(p, "R", s, "2025-2026", 4, m, "RW", "cito", "cito-3.0-RW", v, dt.date(2026, 1, 1)) for p, s, m, v in scores],
            schema=["person_key", "person_status", "school_code", "school_year", "grade", "moment", "domain",
                    "provider", "scale", "score", "test_date"],
            orient="row",
        ).write_parquet(linked / "results.parquet")  # fmt: skip
        pl.DataFrame(
            {"person_key": ["p1", "p2", "S9"], "sex": ["M", "V", None], "birth_year": [2016, 2016, None],
             "origin": ["Europe", "Netherlands", None], "household_income": ["low", "high", None],
             "household_form": ["other"] * 3, "parental_education": ["low"] * 3}
        ).write_parquet(linked / "pupils.parquet")  # fmt: skip
        pl.DataFrame(
            {"school_code": ["S1", "S2"], "denomination": ["public"] * 2, "province": ["Utrecht"] * 2,
             "municipality": ["Gemeente 1"] * 2, "pupils": [10, 10]}
        ).write_parquet(linked / "schools.parquet")  # fmt: skip
        yield opened


def destroyed(custody):
    custody.registry.record(
        "r",
        DestructionCertificate(
            round_id="r", columns=(), pupils=0, deliveries=0, keys=(), ciphertexts=(), files_removed=0,
            method="", verification=(), files_scanned=0, identifiers_found=0, retained=(), operator="o",
            witness="w", destroyed_at=system_clock(), signature="",
        ),
    )  # fmt: skip


def view(custody, project):
    build_view(custody, project)
    return pl.read_parquet(custody.site.zone("projects") / project / "panel.parquet")


def test_there_is_no_view_before_the_identifiers_are_gone(custody):
    with pytest.raises(RefusedError, match="destroyed"):
        build_view(custody, "one")


def test_a_view_has_the_granted_columns_only_and_growth_on_one_scale(custody):
    destroyed(custody)
    panel = view(custody, "one")
    assert {"origin", "province"} < set(panel.columns)
    assert not {"sex", "household_income", "person_key", "school_code", "test_date"} & set(
        panel.columns
    )
    assert sorted(panel["growth"].to_list(), key=str) == [4.0, None, None]
    assert panel["origin"].null_count() == 1


def test_pseudonyms_of_two_projects_do_not_join_and_are_no_numbers_of_the_site(custody):
    destroyed(custody)
    one, two = view(custody, "one"), view(custody, "two")
    assert not set(one["pupil"]) & set(two["pupil"])
    assert not set(one["school"]) & set(two["school"])
    assert not (set(one["pupil"]) | set(one["school"])) & {"p1", "p2", "S1", "S2", "S9"}
    assert one["pupil"].n_unique() == 3
    assert one["pupil"].str.len_chars().unique().to_list() == [32]
    assert one["pupil"].is_sorted()


@pytest.mark.parametrize("project", ["bad", "small", "unknown"])
def test_a_grant_cannot_name_what_is_never_granted(custody, project):
    destroyed(custody)
    with pytest.raises(UsageError):
        build_view(custody, project)
    assert not (custody.site.zone("projects") / project).exists()


def test_building_twice_gives_the_same_receipt_and_bytes(custody):
    destroyed(custody)
    first = build_view(custody, "one")
    path = custody.site.zone("projects") / "one" / "panel.parquet"
    before = path.read_bytes()
    assert build_view(custody, "one") == first
    assert path.read_bytes() == before
