"""The worlds of the linkage benchmark are as their plan says, and their truth is scored right."""

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from benchmarks.linkage import delivering, eleven, measured, pages, plans, score, targets, worlds  # noqa: E402

PLAN = plans.Plan(persons=40_000, delivered=8_000, seed=3)
WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
HOME = ["birth_date", "postcode", "house_number", "house_addition"]
NUMBERS = ["bsn", "education_number"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return read(worlds.make_world(PLAN, tmp_path_factory.mktemp("world")))


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    return read(worlds.make_world(PLAN.with_numbers("half"), tmp_path_factory.mktemp("half")))


def read(folder):
    return {
        name: pl.read_parquet(folder / f"{name}.parquet") for name in ("spine", "delivery", "truth")
    }


def known_pairs(world):
    """Delivered rows beside the present row of their person."""
    present = (
        world["spine"]
        .filter(pl.col("valid_to").is_null())
        .unique("person_id", keep="first", maintain_order=True)
    )
    return (
        world["delivery"]
        .join(world["truth"], on="row_id")
        .join(present, on="person_id", suffix="_spine")
    )


def remainder(number):
    return sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number, strict=True)) % 11


def near(found, expected, count):
    """Within four standard deviations of a share that was drawn so often."""
    return abs(found - expected) < 4 * (expected * (1 - expected) / count) ** 0.5


def test_the_columns_are_those_of_the_frames_contract(world):
    text = dict.fromkeys(
        [
            "bsn",
            "education_number",
            "birth_date",
            "sex",
            "postcode",
            "house_number",
            "house_addition",
        ],
        pl.String,
    )
    dates = {"valid_from": pl.Date, "valid_to": pl.Date}
    assert dict(world["spine"].schema) == {"person_id": pl.String, **text, **dates}
    assert dict(world["delivery"].schema) == {
        "row_id": pl.String,
        **text,
        "reference_date": pl.Date,
    }


def test_a_bsn_has_remainder_0_and_an_education_number_remainder_5_and_begins_with_10(world):
    for column, rest in (("bsn", 0), ("education_number", 5)):
        numbers = world["spine"][column].drop_nulls().unique().to_list()
        assert {len(number) for number in numbers} == {9}
        assert {remainder(number) for number in numbers} == {rest}
    assert world["spine"]["education_number"].drop_nulls().str.starts_with("10").all()


def test_no_number_belongs_to_two_persons(world):
    for column in NUMBERS:
        owners = (
            world["spine"].drop_nulls(column).group_by(column).agg(pl.col("person_id").n_unique())
        )
        assert owners["person_id"].max() == 1


def test_all_education_numbers_there_are_can_be_drawn_and_no_more():
    numbers = eleven.draw_education_numbers(eleven.EDUCATION_NUMBERS)
    assert np.unique(numbers).size == eleven.EDUCATION_NUMBERS
    with pytest.raises(ValueError, match="do not exist"):
        eleven.draw_education_numbers(1_000_000)


def test_later_bsns_of_the_order_are_not_among_the_first():
    first, later = eleven.draw_bsns(5_000), eleven.draw_bsns(500, skip=5_000)
    assert np.array_equal(eleven.draw_bsns(5_500)[5_000:], later)
    assert not np.isin(later, first).any()


def test_the_spine_has_the_persons_asked_for_and_tells_moves_with_their_day(world):
    spine = world["spine"]
    assert spine["person_id"].n_unique() == PLAN.persons
    left = spine.filter(pl.col("valid_to").is_not_null())
    assert near(left.height / PLAN.persons, PLAN.moved, 10_000)
    moves = left.join(spine.filter(pl.col("valid_to").is_null()), on="person_id", suffix="_now")
    assert (moves["valid_to"] == moves["valid_from_now"]).all()
    assert (moves["valid_from"] < moves["valid_to"]).all()


def test_pupils_with_two_education_numbers_or_a_changed_bsn_have_two_rows(world):
    pupils = PLAN.persons * PLAN.pupil_share
    for column, share in (
        ("education_number", PLAN.two_education_numbers),
        ("bsn", PLAN.changed_bsn),
    ):
        two = (
            world["spine"]
            .group_by("person_id")
            .agg(pl.col(column).drop_nulls().n_unique())
            .filter(pl.col(column) == 2)
        )
        assert two.height > 0
        assert near(two.height / pupils, share, pupils)


def test_twins_share_birth_date_and_home_but_no_number_and_most_of_them_sex(world):
    pupils = (
        world["spine"]
        .filter(pl.col("valid_to").is_null() & (pl.col("birth_date").str.slice(0, 4) > "2014"))
        .unique("person_id")
    )
    pairs = pupils.group_by(HOME).agg(
        pl.len(),
        pl.col("sex").n_unique(),
        pl.col("bsn").drop_nulls().n_unique(),
        pl.col("bsn").count().alias("with_bsn"),
    )
    twins = pairs.filter(pl.col("len") == 2)
    assert near(2 * twins.height / pupils.height, PLAN.twins, pupils.height / 2)
    assert near((twins["sex"] == 1).mean(), PLAN.twins_same_sex, twins.height)
    assert (twins["bsn"] == twins["with_bsn"]).all()


@pytest.mark.parametrize(
    ("column", "rate"),
    [("bsn", PLAN.errors.typed), ("birth_date", PLAN.errors.typed), ("sex", PLAN.errors.sex)],
)
def test_a_field_is_wrong_as_often_as_planned(world, column, rate):
    pairs = known_pairs(world)
    wrong = (pairs[column] != pairs[f"{column}_spine"]).drop_nulls()
    assert near(wrong.mean(), rate, wrong.len())


def test_an_address_is_wrong_by_typing_or_because_it_is_the_one_before(world):
    pairs = known_pairs(world)
    expected = 1 - (1 - PLAN.errors.typed) * (1 - PLAN.errors.stale)
    assert near((pairs["postcode"] != pairs["postcode_spine"]).mean(), expected, pairs.height / 2)


def test_a_wrong_bsn_passes_no_eleven_test_and_a_wrong_date_is_a_date(world):
    pairs = known_pairs(world)
    seen = world["spine"].select("bsn").unique()
    typed = pairs.select("bsn").drop_nulls().join(seen, on="bsn", how="anti")["bsn"].to_list()
    assert typed
    assert 0 not in {remainder(number) for number in typed}
    whole = world["delivery"]["birth_date"].filter(
        ~world["delivery"]["birth_date"].str.ends_with("00")
    )
    assert whole.str.to_date("%Y%m%d", strict=False).null_count() == 0


def test_a_digit_typed_wrongly_is_another_digit_and_the_only_one():
    numbers = eleven.draw_bsns(20_000)
    typed = delivering.typed_wrongly(np.random.default_rng(5), numbers, 1.0)
    for before, after in zip(numbers.tolist(), typed.tolist(), strict=True):
        assert sum(a != b for a, b in zip(f"{before:09d}", f"{after:09d}", strict=True)) == 1


def test_a_stranger_has_numbers_that_nobody_has(world):
    strangers = world["delivery"].filter(world["truth"]["person_id"].is_null())
    assert strangers["bsn"].count()
    assert strangers["education_number"].count() == 0
    assert strangers.drop_nulls("bsn").join(world["spine"], on="bsn").is_empty()


def test_gaps_and_strangers_are_as_many_as_planned(world):
    delivery, errors = world["delivery"], PLAN.errors
    assert delivery.height == PLAN.delivered
    assert world["truth"]["person_id"].null_count() == round(errors.unknown * PLAN.delivered)
    assert near(
        delivery["postcode"].null_count() / PLAN.delivered, errors.no_address, PLAN.delivered
    )
    missing = 1 - (1 - errors.no_bsn) * (1 - PLAN.no_bsn * (1 - errors.unknown))
    assert near(delivery["bsn"].null_count() / PLAN.delivered, missing, PLAN.delivered)
    assert known_pairs(world)["person_id"].is_unique().all()


def test_half_a_world_has_no_numbers_in_the_rows_that_say_so_and_is_the_same_otherwise(world, half):
    assert half["spine"].equals(world["spine"])
    out = half["delivery"].filter(half["truth"]["numbers_left_out"])
    assert near(out.height / PLAN.delivered, 0.5, PLAN.delivered)
    assert out["bsn"].count() == out["education_number"].count() == 0
    assert half["delivery"]["bsn"].count() > PLAN.delivered / 3


def test_a_world_without_numbers_has_none_on_either_side(tmp_path):
    plan = plans.Plan(persons=1_000, delivered=100, numbers="none")
    bare = read(worlds.make_world(plan, tmp_path))
    for side in ("spine", "delivery"):
        assert bare[side].select(NUMBERS).null_count().row(0) == (bare[side].height,) * 2


def test_the_same_plan_gives_the_same_rows_and_another_seed_others(world, tmp_path):
    again = read(worlds.make_world(PLAN, tmp_path / "a"))
    other = read(
        worlds.make_world(plans.Plan(PLAN.persons, PLAN.delivered, seed=4), tmp_path / "b")
    )
    assert all(again[name].equals(world[name]) for name in again)
    assert not any(other[name].equals(world[name]) for name in other)


def test_a_plan_that_no_world_can_follow_is_refused():
    for wrong in ({"persons": 999}, {"delivered": 30_000}, {"numbers": "some"}, {"moved": 0.01}):
        with pytest.raises(ValueError, match=r"persons or more|numbers is"):
            plans.Plan(**{"persons": 40_000, "delivered": 8_000, **wrong})


def test_memory_is_that_of_the_program_alone_and_not_of_the_one_that_started_it():
    program = [sys.executable, "-I", "-S", "-c"]
    ballast = bytearray(100 * 2**20)
    small = measured.measure([*program, "pass"])
    large = measured.measure([*program, f"bytearray({len(ballast)})"])
    assert small["peak_mb"] < 60
    assert large["peak_mb"] - small["peak_mb"] > 90


def test_a_program_that_fails_or_does_not_end_is_an_error():
    program = [sys.executable, "-I", "-S", "-c"]
    with pytest.raises(RuntimeError, match="of its own making"):
        measured.measure([*program, "raise SystemExit('of its own making')"])
    with pytest.raises(TimeoutError):
        measured.measure([*program, "import time; time.sleep(60)"], limit=1)


SPINE = pl.DataFrame(
    {
        "person_id": ["p1", "p2", "p3", "p3", "p4"],
        "birth_date": ["20150101"] * 5,
        "postcode": ["1000AB", "1000AB", "1000AB", "2000CD", "2000CD"],
        "house_number": ["1", "1", "1", "2", "2"],
        "house_addition": [None, None, "A", None, None],
    }
)
TRUTH = pl.DataFrame({"row_id": list("abcdef"), "person_id": ["p1", "p1", "p3", "p4", None, "p2"]})


def links(*rows):
    return pl.DataFrame(
        rows,
        schema={"row_id": pl.String, "person_id": pl.String, "status": pl.String},
        orient="row",
    )


def test_links_are_counted_as_right_false_false_on_twins_and_for_review():
    found = score.score(
        links(
            ("a", "p1", "linked"),
            ("b", "p2", "linked"),
            ("c", "p4", "linked"),
            ("d", "p1", "linked"),
            ("e", "p3", "linked"),
            ("f", None, "review"),
        ),
        TRUTH,
        SPINE.lazy(),
    )
    assert (found.rows, found.linkable, found.linked, found.correct, found.review) == (
        6,
        5,
        5,
        1,
        1,
    )
    assert (found.false, found.false_on_twins) == (4, 2)
    assert (found.precision, found.recall, found.f1) == (1 / 5, 1 / 5, pytest.approx(1 / 5))


def test_rows_outside_the_truth_do_not_count_and_rows_without_a_link_are_missed():
    found = score.score(
        links(("a", "p1", "linked"), ("f", "p1", "linked")), TRUTH.head(2), SPINE.lazy()
    )
    assert (found.linked, found.correct, found.linkable) == (1, 1, 2)
    assert (found.precision, found.recall) == (1, 0.5)


def test_two_links_of_one_row_are_refused():
    with pytest.raises(ValueError, match="one row per delivered row"):
        score.score(links(("a", "p1", "linked"), ("a", "p2", "linked")), TRUTH, SPINE.lazy())


def test_the_page_says_what_was_not_run_and_misses_what_is_missed():
    verdicts = {one.target[:12]: one.verdict for one in targets.verdicts({})}
    assert set(verdicts.values()) == {targets.OPEN}
    slow = {"hashing": {"compiled": 1e6, "fallback": 1e6, "limit": 1e7, "share_of_limit": 0.1}}
    assert targets.verdicts(slow)[0].verdict == targets.MISSED
    assert "Not run." in pages.page(slow)
