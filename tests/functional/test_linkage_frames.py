"""``enclave link frames`` on a small made-up town: right links, nothing else left, no value shown."""

import json
import re
import shutil

import polars as pl
import pytest
from linkage_files import DAY, IDENTIFIERS, KEY, Folder, make_town

from enclave.errors import EnclaveError
from enclave.linkage.keyfile import FileKey

COLUMNS = {
    "row_id": pl.String,
    "person_id": pl.String,
    "status": pl.String,
    "pass_name": pl.String,
}
FILES = {"links.parquet", "report.json", "review.parquet"}
WORDS = {
    "whole", "day and month swapped", "two parts", "home", "house", "house at another time",
    "street", "area and number", "area", "agrees", "disagrees", "missing",
}  # fmt: skip
SECRETS = ("bsn", "birth_date", "postcode")


@pytest.fixture(scope="module")
def town():
    return make_town()


@pytest.fixture(scope="module")
def done(tmp_path_factory, town):
    """The command, run once in a process of its own."""
    folder = Folder(tmp_path_factory.mktemp("town")).write(town.delivery, town.spine)
    return folder, folder.run()


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def values(*frames):
    """Every number, birth date and postcode, and the key: what nobody may see."""
    found = {KEY.hex()}
    for frame in frames:
        for column in SECRETS:
            if column in frame.columns:
                found |= set(frame[column].cast(pl.String).drop_nulls())
    return {text for text in found if len(text) > 3}


def true_links(links, truth):
    """The linked rows with whether they are right."""
    linked = links.filter(status="linked")
    pairs = zip(linked["row_id"], linked["person_id"], strict=True)
    return linked.with_columns(pl.Series("right", [truth[row] == who for row, who in pairs]))


def test_links_are_right(town, done):
    folder, _ = done
    linked = true_links(folder.links, town.truth)
    assert linked["right"].all()
    linkable = sum(who is not None for who in town.truth.values())
    assert linkable == 600
    assert linked.height >= 590
    assert {"BSN", "birth date, sex and address", "pattern table"} <= set(linked["pass_name"])
    assert linked.filter(pass_name="pattern table").height >= 10


def test_twins_are_told_apart_by_a_number_and_never_by_chance(town, done):
    folder, _ = done
    found = {
        town.truth[row]: (who, status)
        for row, who, status in folder.links.select("row_id", "person_id", "status").rows()
    }
    for number in (*range(8), 12, 13):
        name = f"person-{number:04d}"
        assert found[name] == (name, "linked"), number
    for number in (8, 9, 10, 11):
        assert found[f"person-{number:04d}"] == (None, "review"), number


def test_one_row_per_delivered_row_in_the_documented_columns(town, done):
    links = done[0].links
    assert list(links.schema.items())[:4] == list(COLUMNS.items())
    assert links.columns[4:] == ["candidates"]
    assert links.schema["candidates"].is_integer()
    assert links["row_id"].to_list() == sorted(town.delivery["row_id"])
    linked = pl.col("status") == "linked"
    assert links.filter(linked != pl.col("person_id").is_not_null()).is_empty()
    unlinked = pl.col("status") == "unlinked"
    assert links.filter(unlinked != pl.col("pass_name").is_null()).is_empty()
    assert links.filter(unlinked != (pl.col("candidates") == 0)).is_empty()


def test_the_folder_holds_three_files_and_the_report_counts_the_links(done):
    folder, process = done
    assert {path.name for path in folder.out.iterdir()} == FILES
    report = json.loads((folder.out / "report.json").read_text(encoding="utf-8"))
    counted = dict(folder.links["status"].value_counts().rows())
    assert report["rows"] == folder.links.height
    assert {name: report[name] for name in counted} == counted
    passes = folder.links.group_by("pass_name", "status").len().rows()
    expected = {(name, status): count for name, status, count in passes if name}
    found = {
        (row["pass"], status): row[status]
        for row in report["passes"]
        for status in ("linked", "review")
        if row[status]
    }
    assert found == expected
    assert f"{counted['linked']:,} linked" in process.stdout


def test_no_value_is_in_the_report_the_review_or_on_the_screen(town, done):
    folder, process = done
    report = (folder.out / "report.json").read_text(encoding="utf-8")
    names = set(town.delivery["row_id"]) | set(town.spine["person_id"])
    for text in values(town.delivery, town.spine) | names:
        assert text not in report
        assert text not in process.stdout + process.stderr
    review = pl.read_parquet(folder.out / "review.parquet")
    assert review.height == 8
    told = review.select(pl.col(pl.String).exclude("row_id", "person_id"))
    assert {word for column in told for word in column} <= WORDS
    assert list(review.schema)[-3:] == ["bits", "taken", "delivery"]
    raw = (folder.out / "review.parquet").read_bytes()
    assert not any(text.encode() in raw for text in values(town.delivery, town.spine))


def test_json_on_stdout_is_the_report(folder, town):
    process = folder.write(town.delivery, town.spine).run("--json")
    assert json.loads(process.stdout) == json.loads((folder.out / "report.json").read_text())


def test_duckdb_and_a_second_run_give_the_same_links(folder, town, done):
    folder.write(town.delivery, town.spine).run("--engine", "duckdb")
    assert folder.links.equals(done[0].links)
    folder.link()
    assert folder.links.equals(done[0].links)
    assert {path.name for path in folder.out.iterdir()} == FILES


def test_the_order_of_rows_and_the_key_change_nothing(folder, town, done):
    delivery = town.delivery.sample(fraction=1, shuffle=True, seed=8)
    spine = town.spine.sample(fraction=1, shuffle=True, seed=9)
    folder.write(delivery, spine, key=KEY[::-1]).link()
    assert folder.links.equals(done[0].links)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_spark_gives_the_same_links_and_logs_no_key(folder, town, done, monkeypatch):
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("NO JAVA: the engine spark was NOT tested")
    from pyspark.sql import SparkSession

    from enclave.linkage.engines import SparkEngine

    events = folder.root / "events"
    events.mkdir()
    options = {"spark.eventLog.enabled": "true", "spark.eventLog.dir": events.as_uri()}
    options |= {"spark.eventLog.compress": "false", "spark.sql.maxPlanStringLength": "1000000"}
    monkeypatch.chdir(folder.root)
    spine = town.spine.with_columns(
        pl.when(pl.col("valid_from") < DAY.replace(month=2)).then(None).otherwise("valid_from")
        .alias("valid_from")
    )  # fmt: skip
    folder.write(town.delivery, spine)
    folder.link("spark", make=lambda work: SparkEngine(work, options=options))
    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()
    assert folder.links.equals(done[0].links)
    assert {path.name for path in folder.out.iterdir()} == FILES
    logs = [path.read_bytes() for path in events.rglob("*") if path.is_file()]
    assert any(b"physicalPlanDescription" in log for log in logs)
    key = FileKey(folder.root / "key")
    keys = [KEY, *(key.subkey(f"keyed-hash/{one}").reveal() for one in ("bsn", "f_birth"))]
    for log in logs:
        for secret in keys:
            assert secret not in log
            assert secret.hex().encode() not in log.lower()
        # A bare number is a metric: some 20 ms of processor time look like a birth date.
        told = re.sub(rb"(?<=[:,\[])-?\d+(?=[,\]}])", b"", log)
        for text in values(town.delivery, spine):
            assert text.encode() not in told


ABSENT = pl.lit(None)
DELIVERIES = {
    "missing column": (5, lambda rows: rows.drop("postcode")),
    "numbers as numbers": (5, lambda rows: rows.with_columns(pl.col("bsn").cast(pl.Int64))),
    "moments": (5, lambda rows: rows.with_columns(pl.col("reference_date").cast(pl.Datetime))),
    "a name twice": (3, lambda rows: pl.concat([rows, rows.head(1)])),
    "a name missing": (
        3,
        lambda rows: rows.with_columns(
            pl.when(pl.int_range(pl.len()) > 0).then("row_id").alias("row_id")
        ),
    ),
    "no name at all": (3, lambda rows: rows.with_columns(row_id=ABSENT)),
    "empty": (5, lambda rows: rows.clear()),
    "all dates too early": (5, lambda rows: rows.with_columns(reference_date=pl.date(2001, 1, 1))),
    "all dates too late": (5, lambda rows: rows.with_columns(reference_date=pl.date(2061, 1, 1))),
    "no dates": (5, lambda rows: rows.with_columns(reference_date=ABSENT)),
}


def refused(folder, code, *more):
    """The command refuses with this code, without a value, and leaves nothing."""
    process = folder.run(*more, check=False)
    assert process.returncode == code, process.stderr
    assert "unexpected fault" not in process.stderr
    assert "Next:" in process.stderr
    for name in ("delivery", "spine"):
        try:
            shown = values(pl.read_parquet(folder.root / f"{name}.parquet"))
        except (pl.exceptions.PolarsError, OSError):
            shown = set()
        assert not [text for text in shown if text in process.stderr + process.stdout]
    assert not folder.out.exists() or not list(folder.out.iterdir())
    return process.stderr.replace("\n", " ")


@pytest.mark.parametrize(("code", "change"), DELIVERIES.values(), ids=DELIVERIES)
def test_a_wrong_delivery_is_refused(folder, town, code, change):
    message = refused(folder.write(change(town.delivery), town.spine), code)
    assert "--delivery" in message


def test_a_spine_with_many_shared_numbers_is_refused(folder, town):
    spine = town.spine.with_columns(
        pl.when(pl.int_range(pl.len()) % 9 == 0).then(pl.col("bsn").shift(1)).otherwise("bsn")
        .alias("bsn")
    )  # fmt: skip
    message = refused(folder.write(town.delivery, spine), 3)
    assert "belong to two or more" in message


def test_a_spine_without_names_is_refused(folder, town):
    spine = town.spine.with_columns(
        pl.when(pl.col("sex") == "M").then("person_id").alias("person_id")
    )
    message = refused(folder.write(town.delivery, spine), 3)
    assert "person_id missing" in message


def test_what_is_no_parquet_file_is_refused(folder, town):
    folder.write(town.delivery, town.spine)
    whole = (folder.root / "delivery.parquet").read_bytes()
    for content in (b"row_id;bsn\n1;2\n", b"", b"PAR1" + bytes(50) + b"PAR1", whole[:-200]):
        (folder.root / "delivery.parquet").write_bytes(content)
        with pytest.raises(EnclaveError, match="whole Parquet file") as caught:
            folder.link()
        assert caught.value.exit_code == 5
    (folder.root / "delivery.parquet").unlink()
    assert "--delivery" in refused(folder, 5)


def test_keys_and_engines_are_checked_first(folder, town):
    folder.write(town.delivery, town.spine, key=KEY[:31])
    assert KEY[:31].hex() not in refused(folder, 4)
    (folder.root / "key").write_bytes(KEY[:31].hex().encode())
    assert KEY[:8].hex() not in refused(folder, 4)
    (folder.root / "key").unlink()
    refused(folder, 5)
    assert "--engine" in refused(folder, 2, "--engine", "sqlite")


def test_a_reference_date_outside_the_spine_sends_links_by_address_to_review(folder, town):
    early = pl.int_range(pl.len()) % 2 == 0
    day = pl.when(early).then(pl.date(2001, 1, 1)).otherwise("reference_date")
    delivery = town.delivery.with_columns(day.alias("reference_date"))
    report = folder.write(delivery, town.spine).link()
    names = delivery.filter(early)["row_id"]
    links = folder.links.filter(pl.col("row_id").is_in(names.implode()), status="linked")
    assert set(links["pass_name"]) == {"BSN"}
    assert any(f"{len(names):,} rows" in finding for finding in report.findings)
    assert true_links(folder.links, town.truth)["right"].all()


@pytest.mark.parametrize("steps", [1, 37])
def test_a_shifted_column_of_numbers_is_named_and_links_nobody(folder, town, steps):
    rows = town.delivery.with_columns(
        pl.concat([town.delivery["bsn"][steps:], town.delivery["bsn"][:steps]])
    )
    report = folder.write(rows, town.spine).link()
    assert report.linked == 0
    assert report.review > 300
    assert any(
        "numbers agree where birth date and address do not" in one for one in report.findings
    )
    assert set(folder.links["status"]) <= {"review", "unlinked"}


def test_sex_the_other_way_round_is_named(folder, town):
    other = pl.when(pl.col("sex") == "M").then(pl.lit("V")).otherwise(pl.lit("M"))
    report = folder.write(town.delivery.with_columns(other.alias("sex")), town.spine).link()
    assert any("sex differs where numbers agree" in one for one in report.findings)
    assert set(folder.links.filter(status="linked")["pass_name"]) == {"BSN"}
    assert true_links(folder.links, town.truth)["right"].all()


def test_columns_of_nothing_link_by_what_is_left(folder, town):
    nothing = [ABSENT.alias(one) for one in IDENTIFIERS]
    only_bsn = town.delivery.with_columns(nothing[1:])
    folder.write(only_bsn, town.spine.with_columns(house_addition=ABSENT)).link()
    linked = true_links(folder.links, town.truth)
    assert linked["right"].all()
    assert linked.height == only_bsn["bsn"].count() - 10
    folder.write(town.delivery.with_columns(nothing), town.spine)
    report = folder.link()
    assert (report.linked, report.unlinked) == (0, town.delivery.height)


def test_categories_and_further_columns_change_nothing(folder, town, done):
    more = [
        pl.lit([1, 2]).alias("list"),
        pl.duration(days=1).alias("time"),
        pl.struct("bsn", "sex").alias("struct"),
        pl.lit(7).alias("pupil_row"),
        pl.lit(7).alias("f_birth"),
        pl.lit(7).alias("person"),
    ]
    frames = [
        one.with_columns(pl.col(pl.String).cast(pl.Categorical)).with_columns(more)
        for one in (town.delivery, town.spine)
    ]
    folder.write(*frames).link()
    assert folder.links.equals(done[0].links)


def test_numbers_written_in_other_ways_are_the_same_numbers(folder, town, done):
    bsn, code = pl.col("bsn"), pl.col("postcode")
    delivery = town.delivery.with_columns(
        bsn.str.slice(0, 4) + pl.lit(".") + bsn.str.slice(4),
        code.str.to_lowercase().str.slice(0, 4) + pl.lit(" ") + code.str.slice(4),
    )
    folder.write(delivery, town.spine).link()
    assert folder.links.equals(done[0].links)


def test_a_person_is_found_under_each_number_and_address(folder, town):
    two = town.spine.filter(pl.col("person_id").is_duplicated()).sort("person_id", "valid_from")
    changed = two.filter(pl.col("bsn").n_unique().over("person_id") == 2)
    rows = changed.select(
        (pl.col("person_id") + "/" + pl.col("bsn")).alias("row_id"),
        *IDENTIFIERS,
        pl.coalesce("valid_to", pl.lit(DAY)).alias("reference_date"),
        pl.col("valid_to").is_null().cast(pl.String).alias("delivery_id"),
    )
    folder.write(rows, town.spine).link()
    assert rows.height == 60
    links = folder.links
    assert links["status"].unique().to_list() == ["linked"]
    assert links["row_id"].str.split("/").list.first().equals(links["person_id"].rename("row_id"))


def test_the_same_person_twice_in_a_delivery_goes_to_review(folder, town):
    again = town.delivery.filter(pl.col("bsn").is_not_null()).head(5)
    more = again.with_columns(pl.col("row_id") + "-again")
    folder.write(pl.concat([town.delivery, more]), town.spine).link()
    twice = pl.concat([again["row_id"], more["row_id"]])
    links = folder.links.filter(pl.col("row_id").is_in(twice.implode()))
    assert links["status"].unique().to_list() == ["review"]
